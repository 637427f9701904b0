"""Rows delivered twice: the same again changes nothing, another version is kept, and no action counts twice."""

from datetime import timedelta

import polars as pl

from features.contract import TableContract
from features.known import known_at
from features.quarantine import FAULTS
from features.raw import ROW

PAIR = ("session_id", "kind")
OVERLAP = "events has this session and kind already"
GRACE = timedelta(days=1)


def new_rows(delivered: pl.DataFrame, there: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """The delivered rows that are not there yet, each once; a row is the same only if all its columns are.

    Only rows that share a key are compared whole, which is rarely any.
    """
    key, columns = list(contract.key), list(contract.columns)
    repeated = delivered.select(key).is_duplicated().any()
    once = delivered.unique(columns, keep="first", maintain_order=True) if repeated else delivered
    same_key = there.select(columns).join(once.select(key), on=key, how="semi", nulls_equal=True)
    if same_key.is_empty():
        return once
    return once.join(same_key, on=columns, how="anti", nulls_equal=True, maintain_order="left")


def counted_twice(counts: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """Faults for the numbered rows of event_counts that raw events have too."""
    return (
        counts.filter(overlapping(counts, raw))
        .select(ROW, pl.lit("kind").alias("column"), pl.col("kind").alias("value"), pl.lit(OVERLAP).alias("reason"))
        .cast(FAULTS)
    )


def first_known(events: pl.LazyFrame) -> pl.LazyFrame:
    """The sessions and kinds that raw events are there for, each with the instant `known_at` of the first of them."""
    return events.group_by(PAIR).agg(known_at("events").min())


def overlapping(counts: pl.DataFrame, raw: pl.DataFrame) -> pl.Series:
    """For each row of event_counts whether raw events of its session and kind were known at most `GRACE` after it.

    The usual delay of a feed does not make the same actions count twice; but a raw event that is learnt of weeks later
    takes nothing back that was known before it: that would be a leak.
    """
    since = raw.select(*PAIR, pl.col("known_at").alias("since"))
    return (
        counts.select(*PAIR, known_at("event_counts"))
        .join(since, on=PAIR, how="left", maintain_order="left")
        .select((pl.col("since") <= pl.col("known_at") + GRACE).fill_null(value=False))
        .to_series()
    )
