"""Who may count on the goods of a product that are already there or on their way: its pools, or single listings.

A product's stock is handed out once: they take their turn by scheduled time, each up to what it should have, so the
earliest, which an order is least likely to reach in time, is served first. What no session of the horizon should
have stays in the warehouse: sold later it saves buying a unit, so it is worth its cost there, and less in a session
that will not sell it. The list says how much that is.
"""

import polars as pl

SUPPLY = pl.col("on_hand_units").fill_null(0) + pl.col("inbound_units").fill_null(0)
"""Of a product in `stock`: what is there and what is on its way, in units."""


def with_available(lines: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    """Each row with `available_units`, at most its `target_units`; a product's sum never exceeds its stock.

    Also `stock_is_known`, and `surplus_units` of the product that no session of the horizon should have.
    """
    supply = stock.select(
        "product_id",
        supply_units=SUPPLY,
        stock_is_known=pl.lit(True),
    )
    turn = pl.col("target_units").cum_sum().over("product_id", order_by=["scheduled_at", "session_id"])
    left = (pl.col("supply_units") - (turn - pl.col("target_units"))).clip(lower_bound=0)
    wanted = pl.col("target_units").sum().over("product_id")
    return (
        lines
        .join(supply, on="product_id", how="left", maintain_order="left")
        .with_columns(pl.col("supply_units").fill_null(0), pl.col("stock_is_known").fill_null(value=False))
        .with_columns(
            available_units=pl.min_horizontal("target_units", left),
            surplus_units=(pl.col("supply_units") - wanted).clip(lower_bound=0),
        )
    )  # fmt: skip
