"""Orders as no person makes them: so many by one viewer in a minute that most of them should not count."""

import polars as pl

from features.known import facts

_BURST = ("viewer_id", "session_id", "product_id", "minute")


def excess(orders: pl.DataFrame, most: int) -> pl.DataFrame:
    """The orders of one viewer for one listing beyond so many in a minute, the earliest known counting first.

    Whether an order counts depends on orders known before it alone, so that nothing is known too early. Orders without
    a viewer are nobody's burst.

    Returns:
        order_id, viewer_id, session_id, product_id and `minute` of each such order once.
    """
    of_a_minute = orders.filter(pl.col("viewer_id").is_not_null()).with_columns(minute=pl.col("ts").dt.truncate("1m"))
    many = of_a_minute.group_by(_BURST).len().filter(pl.col("len") > most)
    if many.is_empty():
        return of_a_minute.clear().select("order_id", *_BURST)
    return (
        facts(of_a_minute.join(many, on=_BURST, how="semi").drop("minute"), "orders")
        .with_columns(minute=pl.col("ts").dt.truncate("1m"))
        .sort("known_at", "order_id")
        .filter(pl.int_range(pl.len()).over(_BURST) >= most)
        .select("order_id", *_BURST)
    )


def counting(orders: pl.DataFrame, too_many: pl.DataFrame) -> pl.DataFrame:
    """The orders that count: all but the `excess`."""
    return orders.join(too_many, on="order_id", how="anti", maintain_order="left") if too_many.height else orders
