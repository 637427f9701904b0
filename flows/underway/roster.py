"""Which sessions are followed: opened when they come near, and anew when they begin or their line-up grows.

What was planned for a session was known when it was opened. So it is opened a second time in the first minute after its
planned start, and again when a product is added: then plan, goods and line-up are those known by then.

What is opened at a tick follows from that tick's number, the minute of the one before, and the plans that came up to
it; what was planned and known then is kept (`Openings`), so that after a restart the same is followed.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import polars as pl

from features.contracts import Tables
from features.known import known_at
from flows.serving import Serving
from flows.underway.before import PLANS, minute_of
from flows.underway.group import Group
from flows.underway.openings import Openings
from flows.underway.planned import Planning, due, listings_now, session_ends
from flows.underway.service import Service
from flows.watching.tick import Tick
from models.dataset import LISTING

LOG = logging.getLogger("baokuan.watch")
LOOK = timedelta(minutes=5)
"""How often is looked for sessions that begin soon, unless plans come in."""

Earlier = Callable[[int, Sequence[str]], Tables]


@dataclass(eq=False)
class Roster:
    """The sessions that are followed.

    Attributes:
        planning: the home, the predictor that serves when the watch begins, the settings of features.
        ahead: sessions that begin within so long are followed.
        lateness: how long before the newest of its session an event may have happened and still counts.
        plans: the tables of `PLANS` as they are known; those that come in are added.
        earlier: rows of the ticks before one, as tables, events only of some sessions: what the lake may not have yet.
        service: who forecasts.
        openings: what sessions were opened with.
        groups: sessions that are followed together; each session is in one of them.
    """

    planning: Planning
    ahead: timedelta
    lateness: timedelta
    plans: Tables
    earlier: Earlier
    service: Service
    openings: Openings
    groups: list[Group] = field(default_factory=list)
    _asked: datetime | None = None  # the minute for which changes were looked for last, since sessions were opened
    _cutoffs: dict[int, datetime] = field(default_factory=dict)

    @property
    def serving(self) -> Serving:
        """Who forecasts the sessions that were opened last."""
        return self.groups[-1].serving if self.groups else self.planning.serving

    @property
    def sessions(self) -> list[str]:
        """Ids of all that are followed."""
        return sorted(session for group in self.groups for session in group.sessions)

    def take(self, tick: Tick, before: datetime) -> None:
        """Take up a tick's rows, and open the sessions that are to be followed, or followed anew, from now on.

        Args:
            tick: its rows.
            before: the cutoff of the tick before it.
        """
        new = {name: frame for name, frame in tick.tables.items() if name in PLANS and frame.height}
        self.plans = {
            name: pl.concat([frame, new[name]]) if name in new else frame for name, frame in self.plans.items()
        }
        wanted: set[str] = set()
        if new or not self.groups or _stretch(before) != _stretch(tick.head.cutoff):
            wanted |= self._near_start(before)
        if new or self._stirs(minute_of(before)):
            wanted |= self._changed(minute_of(before))
        self._asked = minute_of(before)
        self._cutoffs[tick.head.number] = tick.head.cutoff
        self._open(tick.head.number, before, wanted)
        for group in self.groups:
            group.take(tick.tables)
            group.forget(tick.head, self.lateness)

    def told(self, cutoff: datetime) -> pl.DataFrame:
        """Every listing that is followed, with its nowcast and what was planned; nothing where none is."""
        told = [group.told(cutoff) for group in self.groups]
        return pl.concat(told).sort(LISTING) if told else pl.DataFrame()

    def advance(self, cutoff: datetime) -> None:
        """Go on to a cutoff without telling anything."""
        for group in self.groups:
            group.live.advance(cutoff)

    def settle(self, over: Collection[str]) -> int:
        """Stop to follow what is over; the number of the last tick that nothing needs any more.

        What was learnt of in the very minute with which a group begins came with the ticks before it: they are needed,
        too, also those of this minute, with which the next group may begin.
        """
        self._drop(over)
        last = max(self._cutoffs)
        begins = min([minute_of(self._cutoffs[last]), *(group.opened for group in self.groups)])
        self._cutoffs = {number: cutoff for number, cutoff in self._cutoffs.items() if cutoff >= begins}
        return min(self._cutoffs) - 1

    def at(self, cutoff: datetime) -> pl.DataFrame:
        """The sessions that are followed, as they are known at a cutoff: plan, start and end."""
        plans = {"sessions": self.plans["sessions"].filter(pl.col("session_id").is_in(self.sessions))}
        return session_ends(plans, cutoff, self.planning.sensing).select(
            "session_id", "room_id", "scheduled_at", "ends", "started_at", "ended_at"
        )

    def _near_start(self, before: datetime) -> set[str]:
        """Sessions that run or begin soon, with a line-up, and are not followed."""
        moments = (minute_of(before), before)  # known by the minute with which a group begins, and not over since
        found = [due(self.plans, one, self.ahead, self.planning.sensing) for one in moments]
        new = set(found[0]) & set(found[1]) - set(self.sessions)
        return set(listings_now(self.plans, sorted(new), moments[0])["session_id"]) if new else set()

    def _changed(self, begins: datetime) -> set[str]:
        """Sessions that are followed and should have begun since they were opened, or have products more since."""
        if not self.groups:
            return set()
        held = pl.concat([
            group.listings.select(*LISTING, was="scheduled_at", opened=pl.lit(group.opened, pl.Datetime("us", "UTC")))
            for group in self.groups
        ])  # fmt: skip
        now = listings_now(self.plans, self.sessions, begins).join(held, on=LISTING, how="left")
        is_settled = (pl.col("was") == pl.col("scheduled_at")) & (pl.col("was") <= pl.col("opened"))
        has_begun = (pl.col("scheduled_at") <= begins) & ~is_settled
        return set(now.filter(pl.col("was").is_null() | has_begun)["session_id"])

    def _stirs(self, begins: datetime) -> bool:
        """Whether any plan began to be known, or any session to be due, since changes were looked for last."""
        last = self._asked
        if last is None or last == begins:
            return last is None
        moments = {"sessions": (known_at("sessions"), pl.col("scheduled_at")), "lineups": (known_at("lineups"),)}
        return any(
            self.plans[name].select(pl.any_horizontal(one.is_between(last, begins).any() for one in told)).item()
            for name, told in moments.items()
        )

    def _open(self, number: int, before: datetime, wanted: set[str]) -> None:
        opened = self.openings.read(number)
        new = sorted(wanted if opened is None else wanted - opened.sessions)
        if not new and opened is None:
            return
        more = self.earlier(number, self._near([*new, *(opened.sessions if opened else ())]))
        if new:
            LOG.info("opening %d sessions, from %s on", len(new), before.isoformat())
            group = Group.of(new, before, self._planned_by(self.service.now(minute_of(before))), more)
            self.openings.keep(number, group)
            self._add(group)
        if opened is not None:
            serving = self.service.former(opened.served, minute_of(before))
            self._add(Group.again(opened.kept, before, self._planned_by(serving), more))

    def _planned_by(self, serving: Serving) -> Planning:
        return replace(self.planning, serving=serving)

    def _add(self, group: Group) -> None:
        self._drop(group.sessions)
        self.groups.append(group)
        self._asked = None

    def _drop(self, sessions: Collection[str]) -> None:
        rest = [group.without(sessions) for group in self.groups]
        self.groups = [group for group in rest if group.sessions]

    def _near(self, sessions: Sequence[str]) -> list[str]:
        """The sessions of the same rooms and anchors: what viewers did there matters, too."""
        plans = self.plans["sessions"].select("session_id", "room_id", "anchor_id").unique()
        mine = plans.filter(pl.col("session_id").is_in(list(sessions)))
        same = [pl.col(name).is_in(mine[name].drop_nulls().implode()) for name in ("room_id", "anchor_id")]
        return plans.filter(pl.any_horizontal(same).fill_null(value=False))["session_id"].unique().sort().to_list()


def _stretch(instant: datetime) -> int:
    return int(instant.timestamp()) // int(LOOK.total_seconds())
