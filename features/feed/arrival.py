"""Rows as they arrive: when each was learnt of, which say that they happen later than now, and which come too late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import polars as pl

from features.contract import INSTANT
from features.contracts import TABLES, Tables
from features.feed.memory import SIGNS, Memory
from features.feed.settings import Feed
from features.known import FACTS

Clock = Literal["wall", "data"]
"""Whose time counts: `wall` that of arrival, `data`, for replays, that which the rows themselves tell."""

AHEAD = pl.Schema({"session_id": pl.String(), "rows": pl.Int64(), "most_seconds": pl.Float64()})
"""Of each session how many rows said that they happen later than they were there, and by how much at most."""

# When a row happened: of counted minutes their end, and that is not moved since it is part of their key.
_OWN: Mapping[str, pl.Expr] = MappingProxyType(
    {name: pl.col("ts") if name != "event_counts" else pl.col("minute") + timedelta(minutes=1) for name in FACTS}
)
_MOVABLE = ("events", "orders", "returns")
_HEARD = ("events", "event_counts", "orders")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Moment:
    """When a tick happens.

    Attributes:
        arrived: when its rows came in, on the clock that counts; for `data` what `data_clock.reached` says.
        before: the cutoff of the tick before, or the instant from which sessions are followed.
        clock: whose time counts.
    """

    arrived: datetime
    before: datetime
    clock: Clock

    @property
    def unfinished(self) -> datetime:
        """The first minute that is not over."""
        return self.before.replace(second=0, microsecond=0)


@dataclass(frozen=True, eq=False)
class Arrived:
    """The rows of a tick as they count.

    Attributes:
        tables: every table that was given, events that came too late taken out; of facts `received_at` is filled.
        too_late: events that happened too long before the newest of their session.
        ahead: `AHEAD`.
        delayed_rows: how many rows were learnt of when their minute was over, and count in the first that is not.
        memory: what is known of the feed after the tick.
    """

    tables: Tables
    too_late: pl.DataFrame
    ahead: pl.DataFrame
    delayed_rows: int
    memory: Memory


def arrive(tables: Tables, moment: Moment, memory: Memory, feed: Feed) -> Arrived:
    """Say of new rows when they were learnt of, by the rule of `features.live.Live`.

    A row was learnt of when it says so, else when it arrived, or later if it happened later; never in a minute that is
    over. On the `data` clock a row that does not say was learnt of when it happened. A row that says that it happened
    more than `max_skew_seconds` after it was there happened when it was there. Without events of a session before this
    tick none of its rows come too late: a room that was cut off tells all it has.

    Args:
        tables: new rows of landing tables, as their contracts say.
        moment: when, and after which cutoff.
        memory: what is known of the feed before the tick.
        feed: how patient we are.
    """
    dated = {name: _dated(frame, name, moment, feed) for name, frame in tables.items() if name in FACTS}
    late = _too_late(dated, memory, feed)
    whole = {name: frame if name not in dated else _plain(dated[name], frame) for name, frame in tables.items()}
    kept = {name: frame.filter(~late) if name == "events" and late.any() else frame for name, frame in whole.items()}
    heard = [dated[name].select("session_id", *_NOTED) for name in _HEARD if name in dated]
    return Arrived(
        tables=kept,
        too_late=whole["events"].filter(late) if "events" in whole else TABLES["events"].empty(),
        ahead=_ahead(heard),
        delayed_rows=sum(int(frame["_delayed"].sum()) for frame in dated.values()),
        memory=memory.joined(_signs(heard)),
    )


_NOTED = ("received_at", "_own", "_lead", "_ahead")


def _dated(frame: pl.DataFrame, table: str, moment: Moment, feed: Feed) -> pl.DataFrame:
    """The rows with `received_at` filled, and beside it what was found out on the way."""
    arrived, first = pl.lit(moment.arrived, INSTANT), pl.lit(moment.unfinished, INSTANT)
    skew = timedelta(seconds=feed.max_skew_seconds)
    there = pl.coalesce("_told", arrived)
    unsaid = pl.max_horizontal("_own", arrived) if moment.clock == "wall" else pl.col("_own")
    return (
        frame.with_columns(
            _own=_OWN[table],
            _told=pl.when(pl.col("received_at") > arrived + skew).then(arrived).otherwise("received_at"),
        )
        .with_columns(_lead=(pl.col("_own") - there) / _SECOND)
        .with_columns(_ahead=pl.col("_lead") > feed.max_skew_seconds)
        .with_columns(_own=pl.when("_ahead").then(there).otherwise("_own"))
        .with_columns(_learnt=pl.coalesce("_told", unsaid))
        .with_columns(_delayed=pl.col("_learnt") < first, received_at=pl.max_horizontal("_learnt", first))
    )


def _plain(dated: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    own = {"ts": pl.col("_own")} if "ts" in frame.columns else {}
    return dated.with_columns(**own).select(frame.columns)


def _too_late(dated: Mapping[str, pl.DataFrame], memory: Memory, feed: Feed) -> pl.Series:
    if "events" not in dated:
        return pl.Series(dtype=pl.Boolean)
    allowed = timedelta(minutes=feed.allowed_lateness_minutes)
    newest = memory.signs.select("session_id", "newest")
    return (
        dated["events"]
        .select("session_id", "_own")
        .join(newest, on="session_id", how="left", maintain_order="left")
        .select((pl.col("_own") < pl.col("newest") - allowed).fill_null(value=False))
        .to_series()
    )


def _ahead(heard: list[pl.DataFrame]) -> pl.DataFrame:
    parts = [frame.filter("_ahead").select("session_id", "_lead") for frame in heard]
    empty = pl.DataFrame(schema={"session_id": pl.String, "_lead": pl.Float64})
    return (
        pl.concat([empty, *parts])
        .group_by("session_id")
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("_lead").max().alias("most_seconds"))
        .sort("session_id")
    )


def _signs(heard: list[pl.DataFrame]) -> pl.DataFrame:
    if not heard:
        return pl.DataFrame(schema=SIGNS)
    return (
        pl.concat(heard)
        .group_by("session_id")
        .agg(
            pl.col("received_at").min().alias("first"),
            pl.col("received_at").max().alias("last"),
            pl.col("_own").max().alias("newest"),
            pl.col("_lead").median().implode().alias("leads_seconds"),
        )
        .select(list(SIGNS))
        .sort("session_id")
    )
