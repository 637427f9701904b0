"""Instants and spans of time as people write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_SPANS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=3660)
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class MomentError(ValueError):
    """A text that is no instant, or no span of time."""


def instant(text: str) -> datetime:
    """The instant that a text names, in UTC.

    Raises:
        MomentError: no ISO 8601 date and time, no offset, or not between 1970 and 2200.

    >>> instant("2024-06-19T00:00:00+08:00").isoformat()
    '2024-06-18T16:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MomentError(f"{text!r} is no instant: write it like 2024-06-19T00:00:00+08:00") from None
    if moment.utcoffset() is None:
        raise MomentError(f"{text!r} has no offset: write 2024-06-19T00:00:00+08:00, or end it with Z for UTC")
    if not _FIRST <= moment <= _LAST:
        raise MomentError(f"{text!r} is not between 1970 and 2200")
    return moment.astimezone(UTC)


def span(text: str) -> timedelta:
    """The span of time that a text names: 7d, 36h, 90m or 2w.

    Raises:
        MomentError: another spelling, nothing, or more than ten years.

    >>> span("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    match = re.fullmatch(r"([0-9]{1,9})([mhdw])", text)
    if not match:
        raise MomentError(f"{text!r} is no span of time: write it like 7d, 36h or 90m")
    length = min(int(match[1]), _LONGEST // timedelta(minutes=1)) * _SPANS[match[2]]
    if not timedelta() < length <= _LONGEST:
        raise MomentError(f"{text!r} is not between a minute and ten years")
    return length


def _read(value: object) -> object:
    return span(value) if isinstance(value, str) and re.fullmatch(r"[0-9]+[a-z]", value) else value


Span = Annotated[timedelta, BeforeValidator(_read), Field(gt=timedelta(), le=_LONGEST)]


class Ahead(BaseModel):
    """The stretch of time a list is made for: from the cutoff on, as long as the horizon.

    Attributes:
        horizon: how far ahead, as 7d or 36h.
        as_of: the cutoff; none means the moment for which the run was scheduled.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon: Span
    as_of: AwareDatetime | None = None
