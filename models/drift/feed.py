"""How much came in and in which shape, table by table and day by day."""

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import polars as pl

from features.known import ALWAYS, known_at
from models.drift.streams import FEED, STREAMS, day_of, long

LEAST_SHARE = 0.05
LATER = ("started_at", "ended_at")
"""Facts that come true after their row was told: of the latest rows they are empty, as they must be."""


def feed(tables: Mapping[str, pl.LazyFrame], until: datetime, timezone: str) -> pl.DataFrame:
    """The feed as streams: a table that falls silent, prices a hundred times too high, a column no longer filled.

    Of each table `rows` (the logarithm of their number; a day without any has none), `unknown` (the share of fields
    that are empty) and each number that it tells (the logarithm of its median).

    Args:
        tables: landing tables by name.
        until: rows learnt of before this instant count, up to the last whole day before it.
        timezone: whose midnight a day has; a row is of the day on which it was learnt of.

    Returns:
        `models.drift.streams.STREAMS`, from the first day of each table on.
    """
    found = [_daily(name, frame, until, timezone) for name, frame in tables.items()]
    return pl.concat([pl.DataFrame(schema=STREAMS), *found])


def _daily(name: str, table: pl.LazyFrame, until: datetime, timezone: str) -> pl.DataFrame:
    schema = table.collect_schema()
    numbers = [column for column, dtype in schema.items() if dtype.is_numeric()]
    unknown = pl.mean_horizontal(pl.col(column).is_null().cast(pl.Float64) for column in schema if column not in LATER)
    daily = (
        table.with_columns(known_at(name), _unknown=unknown)
        .filter(pl.col("known_at") > ALWAYS, pl.col("known_at") < until)
        .group_by(day=pl.col("known_at").dt.convert_time_zone(timezone).dt.date())
        .agg(
            pl.len().cast(pl.Float64).log1p().alias("rows"),
            pl.col("_unknown").mean().alias("unknown"),
            *(pl.col(column).cast(pl.Float64).median().log1p().alias(column) for column in numbers),
        )
        .collect()
    )
    whole = _without_gaps(daily, until, timezone)
    return long(whole.rename({column: f"{name}: {column}" for column in daily.columns if column != "day"}), FEED)


def _without_gaps(daily: pl.DataFrame, until: datetime, timezone: str) -> pl.DataFrame:
    """Every day from the first on, up to the last that is over."""
    last = day_of(until, timezone) - timedelta(days=1)
    days = daily.select(pl.date_range(pl.col("day").min(), pl.lit(last))) if daily.height else daily.select("day")
    return (
        days.rename({days.columns[0]: "day"})
        .join(daily, on="day", how="left")
        .with_columns(pl.col("rows").fill_null(0.0))
    )


def unlike(streams: pl.DataFrame, begins: date, factor: float) -> pl.DataFrame:
    """The streams with what lies within a factor of what is usual, either way, taken for usual: 0.

    Trade goes up and down, and that is no fault of the feed. Shares of empty fields may differ by `LEAST_SHARE`.

    Args:
        streams: what `feed` gave.
        begins: what was learnt of before this day tells what is usual: its median.
        factor: greater than 1.
    """
    usual = streams.filter(pl.col("day") < begins).group_by("stream").agg(pl.col("score").median().alias("usual"))
    is_share = pl.col("stream").str.ends_with(": unknown")
    allowed = pl.when(is_share).then(LEAST_SHARE).otherwise(math.log(factor))
    off = pl.col("score") - pl.col("usual")
    told = streams.join(usual, on="stream", maintain_order="left")
    return told.with_columns(score=off.sign() * (off.abs() - allowed).clip(lower_bound=0.0)).select(STREAMS.names())
