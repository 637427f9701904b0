"""What the streams come to: evidence of a change, kind by kind, and alarms of which few are false."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from models.drift.betting import capital, gaps, together
from models.drift.settings import Monitoring
from models.drift.streams import FEATURES, KINDS

EVIDENCE = pl.Schema({"kind": pl.String(), "stream": pl.String(), "day": pl.Date(), "evidence": pl.Float64()})


@dataclass(frozen=True)
class Alarm:
    """A kind of drift that was seen.

    Attributes:
        kind: features, calibration, coverage or feed.
        since: the day on which there was evidence enough.
        evidence: the greatest so far; that of an unchanging world ever reaches c with a chance of 1 / c at most.
        streams: those that show it, the strongest first.
    """

    kind: str
    since: date
    evidence: float
    streams: tuple[str, ...]


def needed(settings: Monitoring) -> float:
    """The evidence from which on a kind is told: all kinds together are to be wrong no more often than is allowed."""
    return len(KINDS) / settings.false_alarm_share


def evidence(streams: pl.DataFrame, begins: date, settings: Monitoring) -> pl.DataFrame:
    """The evidence that each stream, and each kind as a whole, has changed since a day.

    Args:
        streams: `models.drift.streams.STREAMS`.
        begins: the first day that is watched; earlier ones are what it is compared with, the latest `reference_days`.
        settings: how closely.

    Returns:
        `EVIDENCE` for each watched day, stream by stream; the rows of a whole kind have no stream. Streams with too few
        days before are left out; on a day on which a stream says nothing its evidence stays.
    """
    kept = streams.filter(pl.col("day") >= pl.lit(begins) - pl.duration(days=settings.reference_days))
    each = [
        _one(str(kind), str(stream), rows.sort("day"), begins, settings)
        for (kind, stream), rows in kept.partition_by("kind", "stream", as_dict=True, maintain_order=True).items()
        if rows.filter(pl.col("day") < begins).height >= settings.least_days
    ]
    told = pl.concat([pl.DataFrame(schema=EVIDENCE), *each])
    return pl.concat([told, *(_whole(kind, told.filter(kind=kind)) for kind in KINDS)]).sort(
        "kind", "stream", "day", nulls_last=False
    )


def alarms(told: pl.DataFrame, psi: pl.DataFrame, settings: Monitoring) -> tuple[Alarm, ...]:
    """The kinds whose evidence ever sufficed. Features must also have moved by more than hardly.

    Args:
        told: what `evidence` gave.
        psi: `models.drift.streams.PSI`.
        settings: what suffices.
    """
    far = psi.filter("steady", pl.col("psi") >= settings.psi_moved).height > 0
    whole = told.filter(pl.col("stream").is_null(), pl.col("evidence") >= needed(settings))
    kinds = [kind for kind in KINDS if whole.filter(kind=kind).height and (far or kind != FEATURES)]
    return tuple(_alarm(kind, whole.filter(kind=kind), told.filter(kind=kind)) for kind in kinds)


def _alarm(kind: str, whole: pl.DataFrame, told: pl.DataFrame) -> Alarm:
    since = whole.select(pl.col("day").min()).item()
    strongest = (
        told.filter(pl.col("stream").is_not_null(), pl.col("day") <= since)
        .group_by("stream")
        .agg(pl.col("evidence").max())
        .filter(pl.col("evidence") > 1.0)
        .sort("evidence", "stream", descending=[True, False])
    )
    return Alarm(kind, since, whole.select(pl.col("evidence").max()).item(), tuple(strongest["stream"].head(3)))


def _one(kind: str, stream: str, rows: pl.DataFrame, begins: date, settings: Monitoring) -> pl.DataFrame:  # noqa: PLR0913, PLR0917 - internal
    reference = rows.filter(pl.col("day") < begins).height
    fallen = gaps(rows["score"].to_numpy(), reference, f"{kind} {stream}")
    found = capital(fallen, reference, settings.jump_share, two_sided=kind != FEATURES)
    days = rows["day"].tail(rows.height - reference)
    return pl.DataFrame({"kind": kind, "stream": stream, "day": days, "evidence": found}, schema=EVIDENCE)


def _whole(kind: str, told: pl.DataFrame) -> pl.DataFrame:
    """The kind's capital: dealt out between its streams, each going on from where it last was."""
    if not told.height:
        return told.select(EVIDENCE.names())
    wide = told.pivot("stream", index="day", values="evidence").sort("day")
    filled = wide.with_columns(pl.exclude("day").forward_fill().fill_null(1.0))
    total = together([filled[name].to_numpy() for name in filled.columns if name != "day"])
    return pl.DataFrame(
        {
            "kind": kind,
            "stream": pl.Series([None] * wide.height, dtype=pl.String),
            "day": wide["day"],
            "evidence": total,
        },
        schema=EVIDENCE,
    )
