"""What a run reads: all landing tables of a home, and the version that names exactly this content."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from features.bursts import counting, excess
from features.contracts import TABLES, Tables
from features.known import known_at
from flows.condensing import Condensing
from flows.lake import Lake
from flows.moments import Ahead
from flows.site import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Data:
    """The lake as one run saw it.

    Attributes:
        tables: every landing table, all versions of all rows; of the events what `features.condensed` keeps, of the
            orders those that count.
        version: digest of everything ingested.
        digests: the same for each table.
        versions: of each Delta table.
        excess: orders that do not count, since one viewer made too many in a minute (`features.bursts`).
    """

    tables: Tables
    version: str
    digests: Mapping[str, str]
    versions: Mapping[str, int]
    excess: pl.DataFrame = field(default_factory=lambda: excess(TABLES["orders"].empty(), 1))

    def newest(self) -> datetime:
        """The first moment at which every row is known; the epoch where there is none."""
        told = ((name, self.tables[name]) for name in TABLES)
        return max((first_known(name, frame) for name, frame in told if frame.height), default=EPOCH)


@dataclass(frozen=True)
class Stretch:
    """The time from a cutoff on that a forecast is made for."""

    cutoff: datetime
    horizon: timedelta

    def ahead(self) -> Ahead:
        """The same, to hand to another flow."""
        return Ahead(as_of=self.cutoff, horizon=self.horizon)

    def training_days(self) -> float:
        """How far ahead a predictor must learn to look for it: at least a day, at most ninety."""
        return min(max(self.horizon / timedelta(days=1), 1.0), 90.0)


def first_known(table: str, frame: pl.DataFrame) -> datetime:
    """The first cutoff at which all rows of a table count: a stock count at its own instant, the rest just after."""
    last: datetime = frame.select(known_at(table).max()).item()
    return last if table == "stock" else last + timedelta(microseconds=1)


def read_data(site: Site) -> Data:
    """All tables of the lake, with the events condensed."""
    lake = Lake(site.made())
    files = [path for paths in lake.parts("events").values() for path in paths]
    events = Condensing(site.made(), site.settings().comments).events(files)
    tables = lake.tables([name for name in TABLES if name != "events"])
    too_many = excess(tables["orders"], site.settings().plausible.burst_orders)
    orders = {"orders": counting(tables["orders"], too_many)}
    return Data({**tables, **events, **orders}, lake.data_version(), lake.digests(), lake.versions(), too_many)


def stretch_as_scheduled(ahead: Ahead) -> Stretch:
    """From the cutoff named, else from the moment that this run was scheduled for: a late run keeps its own day."""
    return Stretch(instant_as_scheduled(ahead.as_of), ahead.horizon)


def instant_as_scheduled(as_of: datetime | None) -> datetime:
    """The instant named, else the moment that this run was scheduled for."""
    from prefect import runtime

    planned = as_of or runtime.flow_run.scheduled_start_time
    return datetime.fromtimestamp(planned.timestamp(), UTC)


def stretch_of_data(ahead: Ahead, data: Data) -> Stretch:
    """From the cutoff named, else from the moment after the newest row.

    A run of a deployment, however late it comes, knows nothing after the moment for which it was scheduled.
    """
    from prefect import runtime

    newest = data.newest()
    known = min(newest, instant_as_scheduled(None)) if runtime.deployment.id else newest
    return Stretch(ahead.as_of or known, ahead.horizon)
