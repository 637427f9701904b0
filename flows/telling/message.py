"""An alert as another system gets it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

Cut = Callable[[pl.DataFrame], pl.DataFrame]
"""From all alerts of a tick, the rows and columns that an audience may see; `ENVELOPE` always stays."""

ENVELOPE = ("alert_id", "kind", "cutoff")


class CutError(ValueError):
    """A cut that leaves too little of an alert to send it."""


@dataclass(frozen=True)
class Message:
    """One alert on its way.

    Attributes:
        name: the alert's id, by which a receiver knows a repetition.
        tick: when it was told.
        body: canonical JSON: sorted keys, no spaces, ASCII; the same alert always gives the same bytes.
    """

    name: str
    tick: int
    body: bytes


def messages(tick: int, cut: pl.DataFrame) -> list[Message]:
    """What is sent of a tick's alerts, one message each."""
    return [Message(row["alert_id"], tick, _body(row)) for row in cut.iter_rows(named=True)]


def tried(cut: Cut, alerts: pl.Schema) -> Cut:
    """The cut, if it leaves what every message needs.

    Raises:
        CutError: it does not.
    """
    left = cut(pl.DataFrame(schema=alerts)).columns
    if missing := [name for name in ENVELOPE if name not in left]:
        raise CutError(f"the cut leaves {left}, expected also {missing}")
    return cut


def _body(row: dict[str, Any]) -> bytes:
    told = {name: _plain(value) for name, value in row.items()}
    content = {"type": f"baokuan.alert.{row['kind']}", "timestamp": told["cutoff"], "data": told}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value
