"""The lines that count, held against what happened: one row of the feedback each."""

from datetime import datetime

import polars as pl

from stocking.economics import NET_REVENUE, with_economics
from stocking.feedback.contract import FEEDBACK, KEPT, LISTING, MATURE, SIMPLE, simple
from stocking.feedback.money import came_to
from stocking.lines import INSTANT, checked
from stocking.policy import Policy

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_DEMAND = pl.col("demand_units")
_HAPPENED = (
    "over_known", "sales_units", "demand_units", "censored", "available_share", "returned_units", "hit_bar_units",
    "hit",
)  # fmt: skip
_MADE = ("stage", "judged_at", "returned_share", "met_units", "made_units", "left_units", "profit",
         "recommended_profit", "oracle_profit", "pinball3")  # fmt: skip
LINE = tuple(
    name for name in KEPT.names() if name not in {*_HAPPENED, *_MADE, *(simple(one, "pinball3") for one in SIMPLE)}
)
"""The columns of the feedback that stay as they are, whenever a line is judged."""


def priced(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Lines that count, as `LINE`: with what a unit costs and fetches by what was known as the list was made.

    Args:
        lines: `stocking.feedback.counted.LINE` with anchor_id, room_id, is_new_product, unit_cost, salvage_value and
            reserve_fee_rate, `on_hand_units`, and the simple forecasts without their losses.
        policy: what the business accepts; it fills in what is not known.
    """
    fee = pl.col("reserve_fee_rate").fill_null(0.0) * pl.col("cost")
    return (
        lines.pipe(with_economics, policy)
        .with_columns(reserve_fee=fee, predictor="model_version", is_new_product=_flag("is_new_product"))
        .select(pl.col(name).cast(KEPT[name]) for name in LINE)
    )  # fmt: skip


def judged(lines: pl.DataFrame, happened: pl.DataFrame, moment: datetime, policy: Policy) -> pl.DataFrame:
    """The lines beside what was known of them before a moment, as `stocking.feedback.contract.FEEDBACK`.

    Until its returns are in, a listing's share of returns is the one forecast, or what has come back if that is more;
    afterwards it is what came back.

    Args:
        lines: `LINE`.
        happened: of the same listings, with `stage`: what `features.labels` told before the moment.
        moment: before which everything was known.
        policy: of which `reserve_wait_share` is read.
    """
    back = (pl.col("returned_units") / pl.col("sales_units")).clip(0.0, 1.0)
    so_far = pl.when(pl.col("sales_units") > 0).then(back)
    share = pl.when(stage=MATURE).then(pl.coalesce(so_far, "return_rate"))
    losses = {simple(name, "pinball3"): _pinball({level: simple(name, level) for level in LEVELS}) for name in SIMPLE}
    rows = (
        lines.join(happened.select(*LISTING, "stage", *_HAPPENED), on=LISTING, maintain_order="left")
        .with_columns(
            judged_at=pl.lit(moment).cast(INSTANT),
            returned_share=share.otherwise(pl.max_horizontal(so_far, "return_rate")),
            pinball3=_pinball({level: f"demand_{level}" for level in LEVELS}),
            **losses,
        )
        .with_columns(net_revenue=NET_REVENUE)
        .pipe(came_to, policy.reserve_wait_share)
    )
    return checked(rows.select(pl.col(name).cast(kind) for name, kind in KEPT.items()).rechunk(), FEEDBACK)


def with_on_hand(lines: pl.DataFrame, begun: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    """The lines with `on_hand_units`: what was last counted of the product as its session began, null if never.

    Args:
        lines: session_id and product_id among others.
        begun: session_id, product_id and `begins`.
        stock: product_id, as_of, received_at (null: as it was counted) and on_hand_units.
    """
    counts = stock.with_columns(known=pl.max_horizontal("as_of", "received_at")).sort("known", "as_of", "on_hand_units")
    found = (
        lines.select(LISTING)
        .join(begun, on=LISTING, how="left", maintain_order="left")
        .sort("begins")
        .join_asof(
            counts.select("product_id", "known", "on_hand_units"),
            left_on="begins",
            right_on="known",
            by="product_id",
            strategy="backward",
            check_sortedness=False,
        )
    )
    return lines.join(found.select(*LISTING, "on_hand_units"), on=LISTING, how="left", maintain_order="left")


def _pinball(columns: dict[str, str]) -> pl.Expr:
    """The mean loss of the quantiles in these columns: each unit short costs the level, each too many the rest."""
    off = {level: _DEMAND - pl.col(column) for level, column in columns.items()}
    lost = [pl.max_horizontal(LEVELS[level] * by, (LEVELS[level] - 1) * by) for level, by in off.items()]
    total = lost[0] + lost[1] + lost[2]
    return pl.when(pl.all_horizontal(pl.col(column).is_not_null() for column in columns.values())).then(
        total / len(lost)
    )


def _flag(name: str) -> pl.Expr:
    return pl.col(name).fill_null(value=False)
