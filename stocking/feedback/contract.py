"""The table in which each published list is held against what happened: its columns, their types and bounds."""

import pandera.polars as pa
import polars as pl

from stocking.lines import INSTANT, MANY, amount, units

FRESH, MATURE = "fresh", "mature"
STAGES = (FRESH, MATURE)
LISTING = ("session_id", "product_id")

SIMPLE = (
    "last_session", "category_mean", "anchor_category_mean", "exponential_mean", "days_of_cover", "newsvendor_normal",
)  # fmt: skip
"""The simple forecasts that stand beside ours, by the names that they have everywhere."""

TOLD = ("mean", "p10", "p50", "p90", "pinball3")
"""What is kept of each of them."""

QUANTILES = ("demand_p10", "demand_p25", "demand_p50", "demand_p75", "demand_p90", "demand_p95")
"""What a list tells of demand beside its mean."""


def simple(name: str, told: str) -> str:
    """The column of a simple forecast.

    >>> simple("last_session", "p50")
    'last_session_p50'
    """
    return f"{name}_{told}"


def _text(*, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.String, nullable=nullable)


def _instant(*, nullable: bool = False) -> pa.Column:
    return pa.Column(INSTANT, nullable=nullable)


def _share() -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(0.0, 1.0))


def _money() -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(-(MANY**2), MANY**2))


def _flag(*, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.Boolean, nullable=nullable)


LISTED = {
    "session_id": _text(),
    "product_id": _text(),
    **dict.fromkeys(("merchant_id", "supplier_id", "anchor_id", "room_id", "category", "title"), _text(nullable=True)),
    "scheduled_at": _instant(),
    "list_sha256": _text(),
    "cutoff": _instant(),
    "order_by": _instant(nullable=True),
    "in_time": _flag(),
    "predictor": _text(),
    "data_version": _text(),
}
"""Which listing, and which list says it: `in_time` to order by, or after that; `predictor` is the list's version."""

JUDGED = {
    "stage": pa.Column(pl.String, pa.Check.isin(list(STAGES))),
    "judged_at": _instant(),
    "over_known": _instant(),
    "is_new_product": _flag(),
}
"""`fresh`: the session is over. `mature`: its returns are in. Only what was known before `judged_at` was looked at."""

FORECAST = {
    "p_hit": _share(),
    "demand_mean": amount(),
    **{name: amount() for name in QUANTILES},
    "return_rate": _share(),
}
"""What the list said."""

OUTCOME = {
    "sales_units": units(),
    "demand_units": amount(),
    "censored": _flag(),
    "available_share": _share(),
    "returned_units": units(),
    "hit_bar_units": amount(nullable=True),
    "hit": _flag(nullable=True),
}
"""What happened, as `features.labels` tells it."""

UNITS = {
    "available_units": units(),
    "recommended_units": units(),
    "reserve_units": units(),
    "approved_units": units(nullable=True),
    "decided_at": _instant(nullable=True),
    "had_units": units(),
    "had_reserve_units": units(),
    "on_hand_units": units(nullable=True),
}
"""What the list recommended, what the merchant made of it (null: nothing), and what the listing had by that.

`on_hand_units` is what was counted of the product, for all sessions, as this one began.
"""

MONEY = {
    "price": amount(),
    "cost": amount(),
    "salvage": amount(),
    "returned_share": _share(),
    "return_handling": amount(),
    "reserve_fee": amount(),
    "met_units": amount(),
    "made_units": amount(),
    "left_units": amount(),
    "profit": _money(),
    "recommended_profit": _money(),
    "oracle_profit": _money(),
    "pinball3": amount(),
}
"""What it came to (`stocking.feedback.money`), and how far the forecast was off (mean pinball of p10, p50 and p90)."""

FEEDBACK = pa.DataFrameSchema(
    {
        **LISTED,
        **JUDGED,
        **FORECAST,
        **OUTCOME,
        **UNITS,
        **MONEY,
        **{simple(name, told): amount(nullable=True) for name in SIMPLE for told in TOLD},
    },
    unique=["list_sha256", *LISTING, "stage"],
    strict=True,
    ordered=True,
)
"""One row per list, listing and stage. A listing counts in one list only: the last that came in time."""

KEPT = pl.Schema({name: column.dtype.type for name, column in FEEDBACK.columns.items()})
"""The same as polars types: the table in which they are kept."""


def latest(kept: pl.DataFrame) -> pl.DataFrame:
    """Of each listing its last judgement, by session and product."""
    return kept.sort(*LISTING, "judged_at", "stage").unique(LISTING, keep="last", maintain_order=True)
