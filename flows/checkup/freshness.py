"""Whether the landing tables go on coming, and none comes from the future."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.checkup.finding import Finding, Kind
from flows.checkup.settings import Checkup


@dataclass(frozen=True)
class Newest:
    """The newest row of a landing table.

    Attributes:
        known_at: when it was learnt of; None where the table is empty.
        received_at: the newest instant of arrival that a row tells; None where none does.
        required: whether the table must be there.
    """

    known_at: datetime | None
    received_at: datetime | None
    required: bool


def freshness_findings(newest: Mapping[str, Newest], now: datetime, limits: Checkup) -> Iterator[Finding]:
    """Tables that stopped coming, that never came though they must, and rows that were received in the future."""
    for name, one in newest.items():
        hours = limits.fresh_hours.get(name)
        if one.known_at is None:
            if one.required:
                yield Finding(Kind.NOT_DELIVERED, f"{name}: no row was ever taken in, and the table must be there")
        elif hours is not None and now - one.known_at > timedelta(hours=hours):
            age = (now - one.known_at) / timedelta(hours=1)
            yield Finding(Kind.TABLE_OLD, f"{name}: the newest row is {age:.0f} h old, expected at most {hours:g}")
        if one.received_at is not None and one.received_at > now + timedelta(seconds=limits.clock_seconds):
            told = f"{name}: a row says it was received at {one.received_at.isoformat()}, which has not come yet"
            yield Finding(Kind.FUTURE_ROWS, told)
