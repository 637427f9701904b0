"""Follows all sessions under way, tick by tick: what their listings will have sold, and whom to tell what.

All that a tick comes to follows from the rows of the ticks up to it and from earlier alerts. So after a kill the kept
ticks are handed over again, and what was told before is neither told twice nor forgotten.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile

import polars as pl

from features.contracts import Tables
from features.feed.health import HEALTH, health
from features.feed.skew import skewed
from flows.config import Config
from flows.underway.group import Group
from flows.underway.outputs import Outputs
from flows.underway.planned import Planning, due, session_ends
from flows.underway.settings import Underway
from flows.underway.told import arrivals
from flows.underway.upkeep import upkeep
from flows.watching.tick import Tick
from stocking.acts.advise import Moment, advise
from stocking.acts.audiences import HISTORY, Board
from stocking.acts.sell_out import sell_outs

LOG = logging.getLogger("baokuan.watch")
LOOK = timedelta(minutes=5)
"""How often is looked for sessions that begin soon, unless plans come in."""

PLANS = ("sessions", "lineups", "products", "suppliers", "stock")
_AT_REST = ("over", "missing")
Earlier = Callable[[int, Sequence[str]], Tables]


@dataclass(frozen=True, eq=False)
class Looked:
    """What one tick came to: every listing's nowcast beside its plan, and new alerts."""

    listings: pl.DataFrame
    alerts: pl.DataFrame


@dataclass(eq=False)
class Watcher:
    """All sessions that are followed.

    Attributes:
        planning: the home, the predictor in service, the settings of features.
        plans: the tables of `PLANS` as they are known; those that come in are added.
        earlier: rows of the ticks before one, as tables, events only of some sessions: what the lake may not have yet.
        outputs: what was told at each tick.
        alerts: all that were told before.
        groups: sessions that are followed together, with the tick from which on.
        health: of each session that is followed (`HEALTH`).
    """

    planning: Planning
    plans: Tables
    earlier: Earlier
    outputs: Outputs
    alerts: pl.DataFrame
    groups: list[tuple[int, Group]] = field(default_factory=list)
    health: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HEALTH))
    _over: set[str] = field(default_factory=set)
    _history: list[pl.DataFrame] = field(default_factory=list)
    _listings: pl.DataFrame | None = None
    _sessions: pl.DataFrame = field(default_factory=pl.DataFrame)

    @cached_property
    def config(self) -> Config:
        """The configuration as it was when the watch began."""
        return self.planning.site.settings()

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
        new = {name: frame for name, frame in tick.tables.items() if name in PLANS and frame.height}
        self.plans = {
            name: pl.concat([frame, new[name]]) if name in new else frame for name, frame in self.plans.items()
        }
        if new or not self.groups or _stretch(before) != _stretch(tick.head.cutoff):
            self._open(tick.head.number, before)
        for _, group in self.groups:
            group.take(tick.tables)

    def look(self, tick: Tick) -> Looked:
        """What is to be told at a tick."""
        cutoff, number = tick.head.cutoff, tick.head.number
        self._look_after(tick)
        if not self.groups:
            return Looked(pl.DataFrame(), self._upkeep(tick))
        every = pl.concat([group.told(cutoff) for _, group in self.groups])
        listings = every.filter(~pl.col("session_id").is_in(self._over))
        rest = self.health.filter(pl.col("state").is_in(_AT_REST))["session_id"]
        active = listings.filter(~pl.col("session_id").is_in(rest.implode()))
        moment = Moment(number, active, arrivals(self.planning.serving.predictor))
        told = advise(moment, self.alerts, self.settings.acts, self.config.policy)
        return Looked(listings, pl.concat([told, self._upkeep(tick)]))

    def keep(self, tick: Tick, looked: Looked) -> None:
        """Remember what was told, when it has been told."""
        self.alerts = pl.concat([self.alerts, looked.alerts]).unique("alert_id", keep="first", maintain_order=True)
        if looked.listings.height:
            self._remember(looked.listings.select(HISTORY.names()))
            self._listings = looked.listings
        self.outputs.keep(tick.head.number, looked.listings)

    def pass_over(self, tick: Tick) -> None:
        """A tick whose results were told before a restart: only what follows from it is kept up."""
        self._look_after(tick)
        for _, group in self.groups:
            group.live.advance(tick.head.cutoff)
        told = self.outputs.read(tick.head.number)
        if told.height:
            self._remember(told.select(HISTORY.names()))

    def settle(self, tick: Tick) -> int:
        """Stop to follow what is over; the number of the last tick that nothing needs any more.

        Each session by itself: after a restart those that were opened together may be others.
        """
        self._over |= set(self.health.filter(state="over")["session_id"])
        self.groups = [(first, group) for first, group in self.groups if not set(group.sessions) <= self._over]
        self._over &= {session for _, group in self.groups for session in group.sessions}
        return min((first for first, _ in self.groups), default=tick.head.number + 1) - 1

    def board(self) -> Board | None:
        """What pages are made of; None before anything was told."""
        if self._listings is None:
            return None
        mine = self._listings["session_id"].unique()
        now = sell_outs(self._listings, arrivals(self.planning.serving.predictor), self.config.policy)
        alerts = self.alerts.filter(pl.col("session_id").is_null() | pl.col("session_id").is_in(mine.implode()))
        return Board(alerts, now, pl.concat(self._history))

    def _open(self, number: int, before: datetime) -> None:
        ahead = timedelta(hours=self.settings.ahead_hours)
        known = {session for _, group in self.groups for session in group.sessions}
        begins = before.replace(second=0, microsecond=0)  # what a group knows of, too
        found = due(self.plans, begins, ahead, self.planning.sensing)
        listed = set(self.plans["lineups"]["session_id"])
        new = sorted(one for one in found if one not in known and one in listed)
        if new:
            LOG.info("following %d sessions more, from %s on", len(new), before.isoformat())
            more = self.earlier(number, self._near(new))
            self.groups.append((number, Group.of(new, before, self.planning, more)))

    def _near(self, sessions: Sequence[str]) -> list[str]:
        """The sessions of the same rooms and anchors: what viewers did there matters, too."""
        plans = self.plans["sessions"].select("session_id", "room_id", "anchor_id").unique()
        mine = plans.filter(pl.col("session_id").is_in(list(sessions)))
        same = [pl.col(name).is_in(mine[name].drop_nulls().implode()) for name in ("room_id", "anchor_id")]
        return plans.filter(pl.any_horizontal(same).fill_null(value=False))["session_id"].unique().sort().to_list()

    def _look_after(self, tick: Tick) -> None:
        """How each session that is followed is at a tick."""
        self._sessions = self._followed(tick.head.cutoff)
        self.health = health(self._sessions, tick.head.memory, tick.head.cutoff, self.settings.feed)

    def _upkeep(self, tick: Tick) -> pl.DataFrame:
        clocks = skewed(self._sessions, tick.head.memory, self.settings.feed)
        running = self.health.filter(state="running").select("session_id", "room_id")
        skew = clocks.join(running, on="room_id", maintain_order="left")
        return upkeep(self.health, skew, (tick.head.number, tick.head.cutoff), self.alerts)

    def _followed(self, cutoff: datetime) -> pl.DataFrame:
        wanted = [one for _, group in self.groups for one in group.sessions if one not in self._over]
        plans = {"sessions": self.plans["sessions"].filter(pl.col("session_id").is_in(wanted))}
        return session_ends(plans, cutoff, self.planning.sensing).select(
            "session_id", "room_id", "scheduled_at", "ends", "started_at", "ended_at"
        )

    def _remember(self, told: pl.DataFrame) -> None:
        self._history.append(told)
        if len(self._history) > 2 * self.settings.history_points:
            self._history = [*self._history[:-1:2], told]


def rows_before(ticks: Iterable[Tick], number: int, sessions: Sequence[str]) -> dict[str, pl.DataFrame]:
    """All rows of the ticks before one, by table: events of some sessions only, plans of that tick, too."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for tick in takewhile(lambda one: one.head.number <= number, ticks):
        told = [name for name in tick.tables if tick.head.number < number or name in PLANS]
        for name, rows in ((name, tick.tables[name]) for name in told):
            of_these = rows.filter(pl.col("session_id").is_in(list(sessions))) if name == "events" else rows
            parts.setdefault(name, []).append(of_these)
    return {name: pl.concat(frames) for name, frames in parts.items()}


def _stretch(instant: datetime) -> int:
    return int(instant.timestamp()) // int(LOOK.total_seconds())
