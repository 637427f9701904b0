"""What a run reads: all landing tables of a home, and the version that names exactly this content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from features.contracts import Tables
from features.known import known_at
from flows.lake import Lake
from flows.moments import Ahead
from flows.site import Site


@dataclass(frozen=True, eq=False)
class Data:
    """The lake as one run saw it.

    Attributes:
        tables: every landing table, all versions of all rows.
        version: digest of everything ingested.
        digests: the same for each table.
        versions: of each Delta table.
    """

    tables: Tables
    version: str
    digests: Mapping[str, str]
    versions: Mapping[str, int]

    def newest(self) -> datetime:
        """The moment after the newest row was learnt of; the epoch where there is none."""
        seen = [frame.select(known_at(name).max()).item() for name, frame in self.tables.items() if frame.height]
        return max((one for one in seen if one), default=datetime(1970, 1, 1, tzinfo=UTC)) + timedelta(microseconds=1)


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


def read_data(site: Site) -> Data:
    """All tables of the lake."""
    lake = Lake(site.made())
    return Data(lake.tables(), lake.data_version(), lake.digests(), lake.versions())


def stretch_as_scheduled(ahead: Ahead) -> Stretch:
    """From the cutoff named, else from the moment that this run was scheduled for: a late run keeps its own day."""
    from prefect import runtime

    planned = ahead.as_of or runtime.flow_run.scheduled_start_time
    return Stretch(datetime.fromtimestamp(planned.timestamp(), UTC), ahead.horizon)


def stretch_of_data(ahead: Ahead, data: Data) -> Stretch:
    """From the cutoff named, else from the moment after the newest row."""
    return Stretch(ahead.as_of or data.newest(), ahead.horizon)
