"""What was ordered and what came back, by session, product and minute of learning."""

import polars as pl

from features.contracts import Tables
from features.entities import depth
from features.known import at, facts, versions
from features.ledger import minute_of

DAY = 24 * 60  # minutes
MONEY = 10_000  # money is kept in ten-thousandths, as whole numbers
MOST = 1e14  # of one order, in ten-thousandths: many such still add up without running over
MEASURES = ("orders", "units", "revenue", "returned", "matured", "matured_returned", "debut_units")
REVENUE = ((pl.col("unit_price") * MONEY).round() * pl.col("units")).clip(0, MOST).cast(pl.Int64)
"""What an order brings, in ten-thousandths."""

_PLACE = ("session_id", "product_id", "depth", "minute")


def trade(tables: Tables, maturity_days: int, debuts: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of ids, `depth` of discount, minute and some of `MEASURES`.

    Args:
        tables: the landing tables.
        maturity_days: after so many days most returns of an order are in.
        debuts: session_id, product_id and minute of each product's first showing.
    """
    orders = _orders(tables, maturity_days)
    returns = facts(tables["returns"], "returns").select(
        "order_id", minute_of(pl.col("known_at")).alias("return_minute"), pl.col("units").alias("returned")
    )
    returned = orders.select("order_id", *_PLACE, "ripe").join(returns, on="order_id")
    came_back = pl.max_horizontal("minute", "return_minute")
    # Units sold before the showing was known to be the first count from when it was.
    first = orders.join(debuts.select("session_id", "product_id", debut="minute"), on=["session_id", "product_id"])
    return [
        orders.select(*_PLACE, "viewer_id", "units", orders=pl.lit(1, pl.Int64), revenue=REVENUE),
        orders.select(*_PLACE[:-1], minute="ripe", matured="units"),
        returned.select(*_PLACE[:-1], "returned", minute=came_back),
        returned.select(*_PLACE[:-1], minute=pl.max_horizontal("ripe", "return_minute"), matured_returned="returned"),
        first.select(*_PLACE[:-1], debut_units="units", minute=pl.max_horizontal("minute", "debut")),
    ]


def _orders(tables: Tables, maturity_days: int) -> pl.DataFrame:
    orders = facts(tables["orders"], "orders")
    products = versions(tables["products"], "products").select("product_id", "known_at", "list_price")
    # Ripe from the next midnight on: a day more or less is nothing here, and whole days make few buckets.
    ripe = ((pl.col("minute") + maturity_days * DAY).floordiv(DAY) + 1) * DAY
    return (
        orders.with_columns(minute=minute_of(pl.col("known_at")), cutoff=pl.col("known_at"))
        .drop("known_at")
        .pipe(at, products, ("product_id",))
        .with_columns(depth("unit_price"), ripe=ripe)
    )
