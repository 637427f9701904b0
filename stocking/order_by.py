"""Until when an order can still be placed."""

import polars as pl

from stocking.policy import Policy

_MICROSECONDS_A_DAY = 86_400_000_000


def with_order_by(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Each listing with `order_by` = scheduled_at - lead time - handling, null where no lead time is known.

    `needed_by` = scheduled_at - handling is when goods must be in the house. `order_by` is given whether or not
    something should be ordered, and also when it lies before the cutoff (`is_too_late`).
    """
    default = pl.lit(policy.default_lead_time_days, pl.Float64)
    days = pl.col("lead_time_days").fill_null(default) + policy.handling_days
    return (
        lines
        .with_columns(
            order_by=pl.col("scheduled_at") - _span(days),
            needed_by=pl.col("scheduled_at") - _span(pl.lit(policy.handling_days)),
            lead_time_is_default=pl.col("lead_time_days").is_null(),
        )
        .with_columns(is_too_late=(pl.col("order_by") < pl.col("cutoff")).fill_null(value=False))
    )  # fmt: skip


def _span(days: pl.Expr) -> pl.Expr:
    return pl.duration(microseconds=(days * _MICROSECONDS_A_DAY).round().cast(pl.Int64), time_unit="us")
