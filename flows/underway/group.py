"""Sessions that are followed together: their features kept up tick by tick, and what was planned for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from features.bursts import Bursts, counting, excess
from features.contracts import TABLES, Tables
from features.known import known_at
from features.live import Live
from features.table import Ready
from flows.serving import Serving
from flows.underway.before import known_before, minute_of
from flows.underway.planned import Planning, planned
from flows.underway.told import told
from flows.watching.tick import Head
from models.dataset import LISTING

FOLLOWED = ("events", "orders", "event_counts")
LASTING = "lasting"


@dataclass(frozen=True, eq=False)
class Group:
    """Sessions opened at one instant.

    Attributes:
        sessions: their ids.
        opened: the instant; what was learnt of from its minute on is handed over by `take`.
        live: their features.
        bursts: which orders count.
        plan: of each listing (`planned`).
        serving: the predictor that forecasts them, to the end.
    """

    sessions: tuple[str, ...]
    opened: datetime
    live: Live
    bursts: Bursts
    plan: pl.DataFrame
    serving: Serving

    @classmethod
    def of(cls, sessions: Sequence[str], opened: datetime, planning: Planning, more: Tables) -> "Group":
        """Open sessions, with all that is known of them.

        Args:
            sessions: ids, known at that instant.
            opened: when; its minute is the first that is followed.
            planning: the predictor in service.
            more: rows of landing tables that the lake may not have yet; those of that minute are taken up, too.
        """
        tables, bursts = _known(opened, planning, more)
        plan = planned(Ready.of(tables, planning.sensing), list(sessions), minute_of(opened), planning)
        return cls._opened((plan, plan.select(LISTING), tables, bursts), opened, planning, more)

    @classmethod
    def again(cls, kept: pl.DataFrame, opened: datetime, planning: Planning, more: Tables) -> "Group":
        """Open sessions as they were opened before a restart, by whoever forecast them, whatever the lake got since.

        Args:
            kept: `kept` of the group that was opened then.
            opened: when that was.
            planning: the predictor that was in service then.
            more: as for `of`.
        """
        plan, listings = kept.drop(LASTING), kept.select(*LISTING, LASTING).unnest(LASTING)
        return cls._opened((plan, listings, *_known(opened, planning, more)), opened, planning, more)

    @property
    def kept(self) -> pl.DataFrame:
        """The plan with a column more, the features that stay as they were at the opening."""
        return self.plan.with_columns(self.live.lasting.drop(LISTING).to_struct(LASTING))

    @classmethod
    def _opened(
        cls,
        known: tuple[pl.DataFrame, pl.DataFrame, Tables, Bursts],
        opened: datetime,
        planning: Planning,
        more: Tables,
    ) -> "Group":
        (plan, listings, tables, bursts), begins = known, minute_of(opened)
        live = Live.opened(tables, listings, begins, planning.sensing)
        group = cls(tuple(plan["session_id"].unique().sort()), begins, live, bursts, plan, planning.serving)
        group.take({name: more[name].filter(known_at(name) >= begins) for name in FOLLOWED if name in more})
        return group

    def without(self, sessions: Collection[str]) -> "Group":
        """The same, but that nothing is told of some sessions any more."""
        return replace(self, sessions=tuple(one for one in self.sessions if one not in sessions))

    def take(self, tables: Tables) -> None:
        """Take up a tick's rows; what other sessions than these did matters where it is of their rooms and viewers."""
        events, orders, counts = (tables.get(name, TABLES[name].empty()) for name in FOLLOWED)
        self.live.add(self.live.encode(events, self.bursts.counting(orders), counts))

    def forget(self, head: Head, lateness: timedelta) -> None:
        """Let go of the ids of events so old that they would come too late now, in whichever of its sessions.

        Of sessions that were not heard of nothing comes too late, but nothing came either.

        Args:
            head: of the tick that was taken up.
            lateness: how long before the newest of its session an event may have happened and still counts.
        """
        newest = head.memory.signs.filter(self._mine)["newest"].to_list()
        self.live.forget_before(min([head.cutoff, *newest]) - lateness)

    def told(self, cutoff: datetime) -> pl.DataFrame:
        """Every listing of its sessions with its nowcast and what was planned (`told`)."""
        features = self.live.refresh(cutoff).filter(self._mine)
        return told(features, self.listings, self.serving.predictor)

    @property
    def listings(self) -> pl.DataFrame:
        """What was planned for its sessions."""
        return self.plan.filter(self._mine)

    @property
    def _mine(self) -> pl.Expr:
        return pl.col("session_id").is_in(self.sessions)


def _known(opened: datetime, planning: Planning, more: Tables) -> tuple[Tables, Bursts]:
    """What was known before the minute of an instant, of orders those that count, and bursts as they were then."""
    tables, most = known_before(planning.site, minute_of(opened), more), planning.site.settings().plausible.burst_orders
    orders = tables["orders"]
    return {**tables, "orders": counting(orders, excess(orders, most))}, Bursts(orders, most)
