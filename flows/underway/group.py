"""Sessions that are followed together: their features kept up tick by tick, and what was planned for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.contracts import TABLES, Tables
from features.known import known_at
from features.live import Live
from features.table import Ready
from flows.serving import Serving
from flows.underway.before import known_before
from flows.underway.planned import Planning, planned
from flows.underway.told import told
from models.dataset import LISTING

FOLLOWED = ("events", "orders", "event_counts")


@dataclass(frozen=True, eq=False)
class Group:
    """Sessions opened at one instant.

    Attributes:
        sessions: their ids.
        opened: the instant; what was learnt of from its minute on is handed over by `take`.
        live: their features.
        plan: of each listing (`planned`).
        serving: the predictor that forecasts them, to the end.
    """

    sessions: tuple[str, ...]
    opened: datetime
    live: Live
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
        begins = opened.replace(second=0, microsecond=0)
        tables = known_before(planning.site, begins, more)
        plan = planned(Ready.of(tables, planning.sensing), list(sessions), begins, planning)
        live = Live.opened(tables, plan.select(LISTING), begins, planning.sensing)
        group = cls(tuple(sessions), begins, live, plan, planning.serving)
        group.take({name: more[name].filter(known_at(name) >= begins) for name in FOLLOWED if name in more})
        return group

    def take(self, tables: Tables) -> None:
        """Take up a tick's rows; what other sessions than these did matters where it is of their rooms and viewers."""
        events, orders, counts = (tables.get(name, TABLES[name].empty()) for name in FOLLOWED)
        self.live.add(self.live.encode(events, orders, counts))

    def told(self, cutoff: datetime) -> pl.DataFrame:
        """Every listing with its nowcast and what was planned (`told`)."""
        return told(self.live.refresh(cutoff), self.plan, self.serving.predictor)
