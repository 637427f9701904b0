"""What the supplier can do: lead time, lots, and capacity against what has been sold."""

import polars as pl

from features.feature import Feature
from features.vocabulary import days_between, max_last, ratio, total

_amount = (0, 1e9, "units", "unknown")
_ratio = (0, 1e6, "ratio", "unknown")

SUPPLY = (
    Feature("lead_time_days", "its supplier's lead time", pl.col("lead_time_days"), 0, 3650, "days", "unknown",
        "Days from an order to its delivery."),
    Feature("lead_slack_days", "days to spare before it must be ordered",
        days_between("scheduled_at", "cutoff") - pl.col("lead_time_days"), -7300, 3650, "days", "unknown",
        "Days until the session less the supplier's lead time."),
    Feature("min_order_units", "its supplier's minimum order", pl.col("min_order_units"), *_amount,
        "Smallest order that the supplier accepts."),
    Feature("min_order_to_peak", "the minimum order against its best",
        ratio(pl.col("min_order_units"), max_last("product", "units", 7)), *_ratio,
        "Smallest order over the best of its last seven showings."),
    Feature("daily_capacity_units", "its supplier's capacity", pl.col("daily_capacity_units"), *_amount,
        "Units that the supplier makes in a day."),
    Feature("capacity_to_peak", "capacity against its best",
        ratio(pl.col("daily_capacity_units"), max_last("product", "units", 7)), *_ratio,
        "The supplier's daily capacity over the best of its last seven showings."),
    Feature("supplier_load_7d", "how busy its supplier is",
        ratio(total("supplier", "units", "7d"), pl.col("daily_capacity_units") * 7), *_ratio,
        "Units sold of the supplier's products in 7 days over what it can make in them."),
    Feature("reserve_fee_rate", "what reserving material costs", pl.col("reserve_fee_rate"), 0, 1, "share", "unknown",
        "Share of unit cost to reserve raw material."),
)
