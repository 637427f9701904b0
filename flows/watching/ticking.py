"""From a batch to the tick that is kept: when it is, which of its rows count, and what is known of the feed then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.feed.arrival import Arrived, Clock, Moment, arrive
from features.feed.data_clock import reached
from features.feed.memory import Memory
from features.feed.settings import Feed
from flows.watching.batch import Batch
from flows.watching.tick import Head, Tick


@dataclass(frozen=True)
class Ticking:
    """By which clock ticks follow each other.

    Attributes:
        feed: how patient we are.
        clock: `wall`, or `data` for replays.
        since: the instant from which sessions are followed: no cutoff lies before it.
    """

    feed: Feed
    clock: Clock
    since: datetime

    def tick(self, batch: Batch, last: Head | None, now: datetime, notes: Mapping[str, Any] | None = None) -> Tick:
        """The next tick.

        Its cutoff is the instant at which its rows arrived, or up to which they tell; it never goes back. Nothing in it
        depends on anything but the arguments.

        Args:
            batch: what is new.
            last: the tick before; None for the first.
            now: the time, which a replay does not ask for.
            notes: whatever is to be found again with the tick, as JSON takes it; what was found out about its rows is
                added: `too_late_rows`, `delayed_rows`, and `ahead` (session, rows, most seconds).
        """
        before = self.since if last is None else last.cutoff
        arrived = max(now, before) if self.clock == "wall" else reached(batch.tables, before)
        memory = Memory.nothing() if last is None else last.memory
        came = arrive(batch.tables, Moment(arrived, before, self.clock), memory, self.feed)
        head = Head(
            number=1 if last is None else last.number + 1,
            cutoff=arrived,
            arrived=arrived,
            clock=self.clock,
            name=batch.name,
            files=batch.files,
            cursors=batch.cursors,
            memory=came.memory,
            notes={**(notes or {}), **_noted(came)},
        )
        return Tick(head, came.tables, came.too_late, batch.bad)


def _noted(came: Arrived) -> dict[str, Any]:
    return {
        "too_late_rows": came.too_late.height,
        "delayed_rows": came.delayed_rows,
        "ahead": [list(row) for row in came.ahead.rows()],
    }
