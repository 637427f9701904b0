"""Follows all sessions under way, tick by tick: what their listings will have sold, and whom to tell what.

All that a tick comes to follows from the rows of the ticks up to it, from what was planned when sessions were opened,
and from earlier alerts. So after a kill the kept ticks are handed over again, and what was told before is neither told
twice nor forgotten.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from features.feed.health import HEALTH, health
from features.feed.skew import skewed
from flows.config import Config
from flows.underway.outputs import Outputs
from flows.underway.roster import Roster
from flows.underway.settings import Underway
from flows.underway.told import arrivals
from flows.underway.upkeep import Condition, upkeep
from flows.watching.tick import Head, Tick
from stocking.acts.advise import ALERTS, Moment, advise
from stocking.acts.audiences import HISTORY, Board
from stocking.acts.sell_out import sell_outs

_AT_REST = ("over", "missing")


@dataclass(frozen=True, eq=False)
class Looked:
    """What one tick came to: every listing's nowcast beside its plan, and new alerts."""

    listings: pl.DataFrame
    alerts: pl.DataFrame


@dataclass(eq=False)
class Watcher:
    """All sessions that are followed.

    Attributes:
        roster: which ones.
        outputs: what was told at each tick.
        alerts: all that were told before.
        last: the tick before the next one; None before the first.
        health: of each session that is followed (`HEALTH`).
    """

    roster: Roster
    outputs: Outputs
    alerts: pl.DataFrame
    last: Head | None = None
    health: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HEALTH))
    _history: list[pl.DataFrame] = field(default_factory=list)
    _listings: pl.DataFrame | None = None

    @cached_property
    def config(self) -> Config:
        """The configuration as it was when the watch began."""
        return self.roster.planning.site.settings()

    @property
    def settings(self) -> Underway:
        """How sessions are followed."""
        return self.config.live

    def take(self, tick: Tick, before: datetime) -> None:
        """Take up a tick's rows, and open the sessions that are to be followed from now on.

        Args:
            tick: its rows.
            before: the cutoff of the tick before it.
        """
        self.roster.take(tick, before)

    def look(self, tick: Tick) -> Looked:
        """What is to be told at a tick."""
        cutoff, number = tick.head.cutoff, tick.head.number
        now = self._condition(tick.head)
        self.health, upkept = now.health, self._upkeep(tick.head, now)
        listings = self.roster.told(cutoff)
        if not listings.height:
            return Looked(pl.DataFrame(), upkept)
        rest = self.health.filter(pl.col("state").is_in(_AT_REST))["session_id"]
        active = listings.filter(~pl.col("session_id").is_in(rest.implode()))
        moment = Moment(number, active, arrivals(self.roster.serving.predictor))
        told = advise(moment, self.alerts, self.settings.acts, self.config.policy)
        return Looked(listings, pl.concat([told, upkept]))

    def keep(self, tick: Tick, looked: Looked) -> None:
        """Remember what was told, when it has been told."""
        self.alerts = pl.concat([self.alerts, looked.alerts]).unique("alert_id", keep="first", maintain_order=True)
        if looked.listings.height:
            self._remember(looked.listings.select(HISTORY.names()))
            self._listings = looked.listings
        self.outputs.keep(tick.head.number, looked.listings)
        self.last = tick.head

    def pass_over(self, tick: Tick) -> None:
        """A tick whose results were told before a restart: only what follows from it is kept up."""
        self.health = self._condition(tick.head).health
        self.roster.advance(tick.head.cutoff)
        told = self.outputs.read(tick.head.number)
        if told.height:
            self._remember(told.select(HISTORY.names()))
        self.last = tick.head

    def settle(self) -> int:
        """Stop to follow what is over; the number of the last tick that nothing needs any more."""
        return self.roster.settle(set(self.health.filter(state="over")["session_id"]))

    def forget(self, number: int) -> None:
        """Drop what was kept of the ticks up to one."""
        self.outputs.forget(number)
        self.roster.openings.forget(number)

    def board(self) -> Board | None:
        """What pages are made of; None before anything was told."""
        if self._listings is None:
            return None
        mine = self._listings["session_id"].unique()
        now = sell_outs(self._listings, arrivals(self.roster.serving.predictor), self.config.policy)
        alerts = self.alerts.filter(pl.col("session_id").is_null() | pl.col("session_id").is_in(mine.implode()))
        return Board(alerts, now, pl.concat(self._history))

    def _condition(self, head: Head) -> Condition:
        """How each session that is followed now was after a tick, and whose clock was wrong."""
        sessions, feed = self.roster.at(head.cutoff), self.settings.feed
        found = health(sessions, head.memory, head.cutoff, feed)
        running = found.filter(state="running").select("session_id", "room_id")
        clocks = skewed(sessions, head.memory, feed)
        return Condition(found, clocks.join(running, on="room_id", maintain_order="left"))

    def _upkeep(self, head: Head, now: Condition) -> pl.DataFrame:
        if now.spells.is_empty():
            return ALERTS.to_frame()
        before = self._condition(self.last) if self.last else Condition.nothing()
        rest = timedelta(minutes=self.settings.acts.cool_down_minutes)
        return upkeep((before, now), (head.number, head.cutoff), self.alerts, rest)

    def _remember(self, told: pl.DataFrame) -> None:
        self._history.append(told)
        if len(self._history) > 2 * self.settings.history_points:
            self._history = [*self._history[:-1:2], told]
