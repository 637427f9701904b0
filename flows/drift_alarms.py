"""How drift is told: each kind once for each predictor, as an event of Prefect's from which training can start."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import polars as pl
from prefect.events import emit_event

from flows.summaries import plain
from flows.version import Version
from models.drift.alarms import Alarm


def new_alarms(alarms: tuple[Alarm, ...], before: pl.DataFrame, predictor: str) -> tuple[Alarm, ...]:
    """The alarms of kinds that were not told of this predictor before.

    Args:
        alarms: of this look.
        before: findings of earlier ones (`models.drift.told.MONITOR`).
        predictor: that was looked at.
    """
    told = set(before.filter("alarm", predictor=predictor)["kind"])
    return tuple(one for one in alarms if one.kind not in told)


def tell(alarm: Alarm, version: Version, as_of: datetime) -> None:
    """Emit `baokuan.drift.KIND`; the same alarm of the same predictor always has the same id."""
    emit_event(
        f"baokuan.drift.{alarm.kind}",
        resource={
            "prefect.resource.id": f"baokuan.predictor.{version.number}",
            "prefect.resource.name": plain(version),
        },
        payload={
            "kind": alarm.kind,
            "predictor": plain(version),
            "since": alarm.since.isoformat(),
            "as_of": as_of.isoformat(),
            "evidence": round(alarm.evidence, 1),
            "streams": [plain(one)[:200] for one in alarm.streams],
        },
        id=uuid5(NAMESPACE_URL, f"baokuan.drift {version} {version.digest} {alarm.kind}"),
    )
