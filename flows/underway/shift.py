"""A watch at work: every tick is kept, acted on, told and shown, in this order."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from features.quarantine import QUARANTINE
from flows.lake import Lake
from flows.site import Site
from flows.telling.telling import Teller
from flows.underway.boards import quickly, write_pages, write_tables
from flows.underway.watcher import Watcher
from flows.watching.aside import set_aside
from flows.watching.batch import Batch, Source, SourceAwayError
from flows.watching.handing_over import hand_over
from flows.watching.journal import Journal
from flows.watching.tick import Tick
from flows.watching.ticking import Ticking
from stocking.acts.page import Status

LOG = logging.getLogger("baokuan.watch")
SINCE = "since"
NOTHING = Batch("", {}, pl.DataFrame(schema=QUARANTINE))
MOST_IDLES = 3
"""Pages say that their figures are old when the last tick was so many times `idle_seconds` ago."""


@dataclass(frozen=True)
class Clock:
    """Where time comes from: the time of day, a clock that never goes back, and a rest."""

    now: Callable[[], datetime]
    steady: Callable[[], float]
    rest: Callable[[float], None]


@dataclass(eq=False)
class Shift:
    """A watch that has begun.

    Attributes:
        site: its home.
        out: where tables and pages are written.
        journal: every tick, kept before it is acted on.
        ticking: how batches become ticks.
        watcher: the sessions.
        teller: the ways to people.
        sources: where rows come from.
        ticks: how many were acted on since the start.
        alerts: how many were told.
    """

    site: Site
    out: Path
    journal: Journal
    ticking: Ticking
    watcher: Watcher
    teller: Teller
    sources: Sequence[Source]
    ticks: int = 0
    alerts: int = 0
    _shown: float | None = None
    _latest: Tick | None = None
    _away: dict[int, str] = field(default_factory=dict)
    _turn: int = 0

    def go_on(self) -> None:
        """Hand over what was kept before: what was not yet told is told now."""
        before, gone = self.journal.dropped.cutoff if self.journal.dropped else None, 0
        for tick in self.journal.ticks():
            self.watcher.take(tick, before or datetime.fromisoformat(tick.head.notes[SINCE]))
            if self.watcher.outputs.has(tick.head.number):
                self.watcher.pass_over(tick)
            else:
                self._act(tick)
            gone, before = self.watcher.settle(), tick.head.cutoff
        self._hand_over(gone)
        if self.journal.last:
            LOG.info("going on after tick %d, %s", self.journal.last.number, self.journal.last.cutoff.isoformat())

    def follow(self, clock: Clock) -> None:
        """Work on every batch as it comes; on the wall's clock for ever, on that of the data until there is no more."""
        live = self.watcher.settings
        last = clock.steady()
        while True:
            batch = self._polled(clock)
            now = clock.steady()
            if batch is None and self.ticking.clock == "data" and not any(one.waiting() for one in self.sources):
                return self._show_last(clock)
            if batch is None and (self.ticking.clock == "data" or now - last < live.idle_seconds):
                clock.rest(live.poll_seconds)
                continue
            self.work(batch or NOTHING, clock)
            last = now

    def work(self, batch: Batch, clock: Clock) -> None:
        """Keep a batch as a tick, then act on it."""
        before = self.journal.last
        notes = {} if before else {SINCE: self.ticking.since.isoformat()}
        tick = self.ticking.tick(batch, before, clock.now(), notes)
        self.journal.begin(tick)
        self.watcher.take(tick, before.cutoff if before else self.ticking.since)
        self.journal.commit()
        self._act(tick)
        self._latest = tick
        self.show(tick, clock)
        self._hand_over(self.watcher.settle())

    def _hand_over(self, gone: int) -> None:
        """Give the lake the ticks that nothing needs any more, up to one: what is opened next looks for them there."""
        if gone > (self.journal.dropped.number if self.journal.dropped else 0):
            hand_over(self.journal, gone, Lake(self.site.made()))
            self.journal.forget(gone)
        self.watcher.forget(gone)

    def show(self, tick: Tick, clock: Clock) -> None:
        """Write tables at every tick, then pages, not more often than they are read."""
        live, now = self.watcher.settings, clock.steady()
        board = self.watcher.board()
        if board is None:
            return
        write_tables(board, self.out, quickly)
        if self._shown is not None and now - self._shown < live.page_seconds:
            return
        write_pages(board, self._status(tick, clock), self.out, quickly)
        self._shown = now

    def _status(self, tick: Tick, clock: Clock) -> Status:
        live, market = self.watcher.settings, self.watcher.config.market
        late = timedelta(seconds=MOST_IDLES * live.idle_seconds)
        is_behind = self.ticking.clock == "wall" and clock.now() - tick.head.cutoff > late
        return Status(
            tick=tick.head.number, cutoff=tick.head.cutoff, feed=feed_in_words(self.watcher),
            is_stale=bool(self._away) or is_behind, refresh_seconds=live.page_seconds, timezone=market.timezone,
            currency=market.currency,
        )  # fmt: skip

    def _show_last(self, clock: Clock) -> None:
        """What the last tick came to, however soon it followed the one before."""
        self._shown = None
        if self._latest:
            self.show(self._latest, clock)

    def _act(self, tick: Tick) -> None:
        set_aside(tick, Lake(self.site.made()))
        looked = self.watcher.look(tick)
        self.teller.tell(tick.head.number, looked.alerts)
        self.watcher.keep(tick, looked)
        self.ticks, self.alerts = self.ticks + 1, self.alerts + looked.alerts.height

    def _polled(self, clock: Clock) -> Batch | None:
        """What one source has; on the wall's clock the next one is asked first then, so that a busy one starves none.

        A replay asks in the same order always: after a kill nobody knows whose turn it was.
        """
        count = len(self.sources)
        for place in ((self._turn + step) % count for step in range(count)):
            found = self._asked(place, clock)
            if found is not None:
                self._turn = (place + 1) % count if self.ticking.clock == "wall" else 0
                return found
        return None

    def _asked(self, place: int, clock: Clock) -> Batch | None:
        """What a source has; one that is away is told of once, and on pages until it is back."""
        try:
            found = self.sources[place].poll(clock.steady())
        except SourceAwayError as error:
            if str(error) != self._away.get(place):
                LOG.warning("%s; asking again", error)
            self._away[place] = str(error)
            return None
        self._away.pop(place, None)
        return found


def feed_in_words(watcher: Watcher) -> str:
    """How many sessions are in which state."""
    counted = watcher.health.group_by("state").len().sort("state")
    return ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counted.iter_rows()) or "no sessions due"
