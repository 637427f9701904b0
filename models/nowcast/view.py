"""What is seen of a listing while its session runs: the live features beside what was forecast before."""

import polars as pl

from models.dataset import LISTING
from models.grid import QUANTILES

PLANNED = {
    "plan_mean": "demand_mean",
    "plan_p10": "demand_p10",
    "plan_p50": "demand_p50",
    "plan_p90": "demand_p90",
    "plan_p_hit": "p_hit",
}
"""Columns of the plan's forecast that the nowcast reads, by the names that they have there."""

SO_FAR = {"sold": "listing_units_ever", "carts": "listing_carts_ever", "clicks": "listing_clicks_ever"}
WAS = {name: f"was_{name}" for name in (*QUANTILES, "demand_mean")}
"""What was forecast of a listing before its session, by the names that the columns have there."""
OPEN, TO_PLAN = "listing_minutes_open", "_to_plan"


def view(features: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """Feature rows within sessions, as a nowcast reads them.

    Args:
        features: session_id, product_id, cutoff and a column each of `seen.SEEN`, or more.
        plan: session_id, product_id, `FORECAST` and `hit_bar_units`, one row a listing: what was forecast before.

    Returns:
        The rows in their order with the columns of `PLANNED`, what came so far over what was planned (all Float32),
        and `sold_units`, `hit_bar_units` and the plan's demand as `WAS` names it (Float64).

    Raises:
        ValueError: a listing has no plan.
    """
    was = {ours: pl.col(name) for name, ours in WAS.items()}
    wanted = plan.select(*LISTING, "hit_bar_units", **{ours: pl.col(theirs) for ours, theirs in PLANNED.items()}, **was)
    told = features.drop(WAS.values(), strict=False).join(wanted, on=LISTING, how="left", maintain_order="left")
    if told["plan_mean"].null_count():
        raise ValueError(f"{told['plan_mean'].null_count()} of {told.height} rows are of listings without a plan")
    shares = {f"{name}{TO_PLAN}": pl.col(column) / (pl.col("plan_mean") + 1) for name, column in SO_FAR.items()}
    return told.with_columns(sold_units=pl.col(SO_FAR["sold"]).cast(pl.Float64), **shares).with_columns(
        pl.col(*PLANNED, *shares).cast(pl.Float32)
    )
