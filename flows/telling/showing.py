"""An alert as Prefect shows it: an event, and a row of a page. Ids and titles out of the data are text, never more."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flows.summaries import escaped, plain

Row = Mapping[str, Any]
_MOST_LETTERS = 200
_LABELS = ("session_id", "product_id", "merchant_id", "supplier_id", "anchor_id", "to_session_id", "to_product_id")
_PAYLOAD = ("alert_id", "tick", "cutoff", "units", "by", "minute_low", "minute_mid", "minute_high", "value", "reason")
_COLUMNS = ("cutoff", "kind", "session_id", "product_id", "units", "by", "value", "reason")


def event(row: Row) -> dict[str, Any]:
    """An alert as the arguments of Prefect's `emit_event`.

    The resource's id is made of a digest, so that no id can pose as another resource; what it stands for is in labels.
    """
    labels = {f"baokuan.{name}": _short(row[name]) for name in _LABELS if row[name] is not None}
    thing = json.dumps([row["session_id"], row["product_id"]])
    name = " / ".join(_short(row[part]) for part in ("session_id", "product_id") if row[part] is not None)
    return {
        "event": f"baokuan.alert.{row['kind']}",
        "resource": {
            "prefect.resource.id": f"baokuan.listing.{hashlib.sha256(thing.encode()).hexdigest()[:16]}",
            "prefect.resource.name": name or "feed",
            **labels,
        },
        "payload": {name: _told(row[name]) for name in _PAYLOAD},
        "id": uuid5(NAMESPACE_URL, f"baokuan.alert.{row['alert_id']}"),
    }


def latest(rows: Iterable[Row]) -> str:
    """A page with a table of alerts, the last one first."""
    lines = [f"| {' | '.join(escaped(_told(row[name]) or '') for name in _COLUMNS)} |" for row in reversed([*rows])]
    head = [f"| {' | '.join(name.removesuffix('_id') for name in _COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    return "\n".join(["# The latest alerts", "", *head, *lines])


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return _short(value) if isinstance(value, str) else value


def _short(value: str) -> str:
    return plain(value)[:_MOST_LETTERS]
