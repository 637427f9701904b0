"""Orders as no person makes them: so many by one viewer in a minute that most of them should not count."""

from datetime import timedelta

import polars as pl

from features.known import facts

RECENT = timedelta(hours=1)
"""So long before the newest order others are remembered that may belong to one burst with it."""
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
    few = of_a_minute.join(many, on=_BURST, how="semi").drop("minute")
    return _beyond(_in_turn(few), most)


def counting(orders: pl.DataFrame, too_many: pl.DataFrame) -> pl.DataFrame:
    """The orders that count: all but the `excess`."""
    return orders.join(too_many, on="order_id", how="anti", maintain_order="left") if too_many.height else orders


class Bursts:
    """The same while orders come in, batch by batch: of a burst the first that were handed over count."""

    def __init__(self, orders: pl.DataFrame, most: int) -> None:
        """Some are known already.

        Args:
            orders: as the landing table has them.
            most: so many of a burst count.
        """
        self._most = most
        self._recent = _in_turn(orders.filter(pl.col("ts") >= pl.col("ts").max() - RECENT))

    def counting(self, orders: pl.DataFrame) -> pl.DataFrame:
        """Those of new orders that count; what was handed over before counts or not, as it did then."""
        if orders.is_empty():
            return orders
        new = _in_turn(orders).join(self._recent, on="order_id", how="anti", maintain_order="left")
        both = pl.concat([self._recent, new])
        self._recent = both.filter(pl.col("minute") >= pl.col("minute").max() - RECENT)
        return counting(orders, _beyond(both, self._most))


def _beyond(in_turn: pl.DataFrame, most: int) -> pl.DataFrame:
    return in_turn.filter(pl.int_range(pl.len()).over(_BURST) >= most)


def _in_turn(orders: pl.DataFrame) -> pl.DataFrame:
    """Each order with a viewer once, the earliest known first: order_id and its burst."""
    return (
        facts(orders.filter(pl.col("viewer_id").is_not_null()), "orders")
        .sort("known_at", "order_id")
        .select("order_id", "viewer_id", "session_id", "product_id", minute=pl.col("ts").dt.truncate("1m"))
    )
