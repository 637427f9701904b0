"""When a listing had nothing left to sell."""

import polars as pl

from features.contracts import Tables
from features.episodes import shown
from features.known import facts

LISTING = ("session_id", "product_id")


def outages(tables: Tables) -> pl.DataFrame:
    """One row per spell without stock: ids, `from_ts`, `until_ts` (null: to the end) and `known_at` of its beginning.

    A spell begins with a `sold_out` event, or with the order that reaches `units_offered`, and ends with a `restock`.
    """
    turns = (
        changes(tables, shown(tables))
        .sort(*LISTING, "ts", "out", "known_at")
        .with_columns(before=pl.col("out").shift(1).over(LISTING))
        .filter(pl.col("before").is_null() | (pl.col("before") != pl.col("out")))
    )
    return (
        turns.with_columns(until_ts=pl.col("ts").shift(-1).over(LISTING))
        .filter("out")
        .select(*LISTING, "known_at", "until_ts", from_ts="ts")
    )


def changes(tables: Tables, showings: pl.DataFrame) -> pl.DataFrame:
    """Every word of stock running out (`out`) or coming back, of what was `shown`: ids, `ts`, `known_at`, `out`."""
    caps = reached(tables, showings).unique(LISTING, keep="first", maintain_order=True)
    return pl.concat([_events(tables), _counts(tables), caps])


def first_known(tables: Tables, showings: pl.DataFrame) -> pl.DataFrame:
    """One row per listing `shown` that ever ran out: ids and `capped_known`, when we first learnt of it."""
    return (
        pl.concat([_events(tables), _counts(tables), reached(tables, showings)])
        .filter("out")
        .group_by(LISTING)
        .agg(pl.col("known_at").min().alias("capped_known"))
    )


def _events(tables: Tables) -> pl.DataFrame:
    return (
        facts(tables["events"].filter(pl.col("kind").is_in(["sold_out", "restock"])), "events")
        .filter(pl.col("product_id").is_not_null())
        .select(*LISTING, "ts", "known_at", out=pl.col("kind") == "sold_out")
    )


def _counts(tables: Tables) -> pl.DataFrame:
    return (
        facts(tables["event_counts"].filter(pl.col("kind").is_in(["sold_out", "restock"])), "event_counts")
        .filter(pl.col("product_id").is_not_null(), pl.col("count") > 0)
        .select(*LISTING, "known_at", ts="minute", out=pl.col("kind") == "sold_out")
        .select(*LISTING, "ts", "known_at", "out")
    )


def reached(tables: Tables, showings: pl.DataFrame) -> pl.DataFrame:
    """Orders by which, in the order of learning, a listing had sold its `units_offered`."""
    caps = showings.filter(pl.col("units_offered").is_not_null()).select(*LISTING, "units_offered", "shown_known")
    return (
        facts(tables["orders"], "orders")
        .join(caps, on=LISTING)
        .sort("known_at", "order_id")
        .with_columns(running=pl.col("units").cum_sum().over(LISTING))
        .filter(pl.col("running") >= pl.col("units_offered"))
        # which cap counted is known with the showing
        .select(*LISTING, "ts", known_at=pl.max_horizontal("known_at", "shown_known"), out=pl.lit(True))
    )
