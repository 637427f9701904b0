"""Who sees what of the feedback: the operator all of it, a merchant its own listings and of them what concerns it."""

from collections.abc import Iterator

import polars as pl

MERCHANT = (
    "session_id", "product_id", "category", "title", "scheduled_at", "cutoff", "in_time", "stage", "judged_at",
    "is_new_product", "p_hit", "demand_mean", "demand_p10", "demand_p50", "demand_p90", "return_rate", "sales_units",
    "demand_units", "censored", "returned_units", "hit", "available_units", "recommended_units", "reserve_units",
    "approved_units", "decided_at", "had_units", "price", "met_units", "made_units", "left_units", "profit",
    "recommended_profit", "oracle_profit",
)  # fmt: skip
"""The columns of a merchant's own listings that its page is made from; nothing else reaches it.

Left out are the bar of a hit and the simple forecasts, which rest on other merchants' sales, and names of others.
"""


def shares(rows: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """Each merchant's id (None: not known) with its rows and `MERCHANT`, by id, the unknown last."""
    for own in rows.sort("merchant_id", nulls_last=True, maintain_order=True).partition_by(
        "merchant_id", maintain_order=True
    ):
        yield own["merchant_id"][0], own.select(MERCHANT)
