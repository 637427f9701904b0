"""Everything that happened, added up by session, product and minute of learning."""

from collections.abc import Mapping

import polars as pl

from features.entities import DEPARTMENT
from features.known import at, facts, versions
from features.ledger import minute_of

DAY = 24 * 60  # minutes
MONEY = 10_000  # money is kept in ten-thousandths, as whole numbers

MEASURE_OF_KIND = {
    "enter": "enters",
    "leave": "leaves",
    "view": "views",
    "like": "likes",
    "comment": "comments",
    "share": "shares",
    "follow": "follows",
    "gift": "gifts",
    "product_click": "clicks",
    "add_to_cart": "carts",
    "sold_out": "sellouts",
}
ENGAGEMENT = tuple(MEASURE_OF_KIND.values())
TRADE = ("orders", "units", "revenue", "returned", "matured", "matured_returned")
_PLACE = ("session_id", "product_id", "minute")


def buckets(tables: Mapping[str, pl.DataFrame], maturity_days: int) -> pl.DataFrame:
    """One row per session, product (null for the whole room) and minute: Int64 sums of every measure.

    The minute is that in which the row became known, so a look-up before a cutoff can't see what was learnt later.
    """
    parts = [_events(tables["events"]), _counts(tables["event_counts"]), *_trade(tables, maturity_days)]
    return (
        pl.concat([p for p in parts if p.height] or parts, how="diagonal")
        .group_by(_PLACE)
        .agg(pl.col(c).sum() if c in _columns(parts) else pl.lit(0, pl.Int64).alias(c) for c in ENGAGEMENT + TRADE)
        .sort(_PLACE)
    )


def _columns(parts: list[pl.DataFrame]) -> set[str]:
    kept = [p for p in parts if p.height] or parts
    return {c for p in kept for c in p.columns}


def _events(events: pl.DataFrame) -> pl.DataFrame:
    counted = (
        facts(events, "events")
        .lazy()
        .filter(pl.col("kind").is_in(list(MEASURE_OF_KIND)))
        .group_by("session_id", "product_id", "kind", minute_of(pl.col("known_at")).alias("minute"))
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .collect()
    )
    return _spread(counted)


def _counts(counts: pl.DataFrame) -> pl.DataFrame:
    # A count is known when its minute has ended, so it belongs to the minute before its instant of knowledge.
    minute = minute_of(pl.col("known_at") - pl.duration(microseconds=1)).alias("minute")
    known = facts(counts, "event_counts").filter(pl.col("kind").is_in(list(MEASURE_OF_KIND)))
    return _spread(known.select("session_id", "product_id", "kind", minute, "count"))


def _spread(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.group_by(_PLACE).agg(
        pl.col("count").filter(pl.col("kind") == kind).sum().cast(pl.Int64).alias(measure)
        for kind, measure in MEASURE_OF_KIND.items()
    )


def _trade(tables: Mapping[str, pl.DataFrame], maturity_days: int) -> list[pl.DataFrame]:
    orders = facts(tables["orders"], "orders").with_columns(minute=minute_of(pl.col("known_at")))
    # Ripe from the next midnight on: a day more or less is nothing here, and whole days make few buckets.
    ripe = ((pl.col("minute") + maturity_days * DAY).floordiv(DAY) + 1) * DAY
    returns = facts(tables["returns"], "returns").select(
        "order_id", minute_of(pl.col("known_at")).alias("return_minute"), pl.col("units").alias("returned")
    )
    returned = orders.select("order_id", "session_id", "product_id", "minute").join(returns, on="order_id")
    money = (pl.col("unit_price") * MONEY).round().cast(pl.Int64) * pl.col("units")
    return [
        orders.select(*_PLACE, orders=pl.lit(1, pl.Int64), units=pl.col("units"), revenue=money),
        orders.select("session_id", "product_id", ripe.alias("minute"), pl.col("units").alias("matured")),
        returned.select(
            "session_id", "product_id", pl.max_horizontal("minute", "return_minute").alias("minute"), "returned"
        ),
        returned.select(
            "session_id",
            "product_id",
            pl.max_horizontal(ripe, "return_minute").alias("minute"),
            pl.col("returned").alias("matured_returned"),
        ),
    ]


def placed(rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows of (session_id, product_id, minute) with the room, anchor, category … that they belong to.

    These are the ids known in the row's own minute, else those first known afterwards; `session_minute`,
    `product_minute` and `both_minute` say from when on the row counts for what hangs on its session or its product.
    """
    sessions = versions(tables["sessions"], "sessions").select(
        "session_id", "known_at", "room_id", "anchor_id", "scheduled_at"
    )
    products = versions(tables["products"], "products").select(
        "product_id", "known_at", "category", "supplier_id", "merchant_id"
    )
    return (
        rows.pipe(_named, sessions, "session_id")
        .pipe(_named, products, "product_id")
        .with_columns(
            DEPARTMENT,
            both_minute=pl.max_horizontal("session_minute", "product_minute"),
        )
    )


def _named(rows: pl.DataFrame, history: pl.DataFrame, key: str) -> pl.DataFrame:
    minute = f"{key.removesuffix('_id')}_minute"
    first = history.group_by(key).agg(minute_of(pl.col("known_at").min()).alias(minute))
    instant = pl.from_epoch((pl.col(minute) + 1) * 60, time_unit="s").cast(pl.Datetime("us", "UTC"))
    return (
        rows.join(first, on=key, how="left", maintain_order="left")
        .with_columns(pl.max_horizontal("minute", minute).alias(minute))
        .with_columns(cutoff=instant)
        .pipe(at, history, (key,))
        .drop("cutoff")
    )
