"""What a plan came to, session after session: what one leaves the next one sells, what is short is made if reserved.

Goods at hand are there from the beginning. All orders are placed at once, so they are there for the first session that
an order reaches in time; what is ordered for a session before that is taken to arrive just for it. Of the buyers whom a
session has no goods for, a share waits; for them as many units are made as were reserved. What the last session of a
product leaves fetches its salvage.
"""

import numpy as np
import pandera.polars as pa
import polars as pl

from stocking.distribution import Numbers
from stocking.lines import INSTANT, MANY, amount, checked, units

PLAYED = pa.DataFrameSchema(
    {
        "session_id": pa.Column(pl.String),
        "product_id": pa.Column(pl.String),
        "scheduled_at": pa.Column(INSTANT),
        "is_too_late": pa.Column(pl.Boolean),
        "available_units": units(),
        "recommended_units": units(),
        "reserve_units": units(),
        "demand_units": amount(),
        "net_revenue": pa.Column(pl.Float64, pa.Check.in_range(-MANY, MANY)),
        "cost": amount(),
        "salvage": amount(),
        "reserve_fee_rate": amount(nullable=True),
    },
    unique=["session_id", "product_id"],
    strict=False,
)
"""What `played` reads: a plan's lines with their money (`stocking.economics`) and the demand that came."""


def played(lines: pl.DataFrame, wait_share: float) -> pl.DataFrame:
    """What each line sold, had made and left, and what it earned.

    Args:
        lines: `PLAYED`, in any order.
        wait_share: of the buyers without goods, who wait until they are made.

    Returns:
        The lines by product and time, with `had_units` (goods as the session begins), `sold_units`, `made_units`,
        `left_units` (of the product, at its last session), `profit` and `oracle_profit` (money; every unit paid for at
        unit cost, those at hand too).

    >>> one = {"session_id": ["S1", "S2"], "product_id": ["P", "P"], "available_units": [4, 0], "reserve_units": [0, 2],
    ...        "recommended_units": [6, 0], "demand_units": [7.0, 5.0], "reserve_fee_rate": [0.1, 0.1],
    ...        "is_too_late": [False, False], "net_revenue": [10.0, 10.0], "cost": [4.0, 4.0], "salvage": [1.0, 1.0],
    ...        "scheduled_at": pl.Series(["2024-01-01", "2024-01-02"]).str.to_datetime("%F", time_zone="UTC")}
    >>> played(pl.DataFrame(one), wait_share=0.5).select("sold_units", "made_units", "profit").rows()
    [(7.0, 0.0, 42.0), (3.0, 1.0, 23.2)]
    """
    turn = checked(lines, PLAYED).sort("product_id", "scheduled_at", "session_id")
    last = (turn["product_id"] != turn["product_id"].shift(-1)).fill_null(value=True)
    had, sold, left = _carried(turn, last.to_numpy())
    demand, reserved = turn["demand_units"].to_numpy(), turn["reserve_units"].to_numpy()
    made = np.minimum(reserved, wait_share * (demand - sold))
    units = {"had_units": had, "sold_units": sold, "made_units": made, "left_units": left}
    margin, fee = pl.col("net_revenue") - pl.col("cost"), pl.col("reserve_fee_rate").fill_null(0.0) * pl.col("cost")
    return turn.with_columns(pl.Series(name, values) for name, values in units.items()).with_columns(
        profit=margin * (pl.col("sold_units") + pl.col("made_units"))
        - (pl.col("cost") - pl.col("salvage")) * pl.col("left_units")
        - fee * pl.col("reserve_units"),
        oracle_profit=(margin * pl.col("demand_units")).clip(lower_bound=0.0),
    )


def _carried(turn: pl.DataFrame, last: np.ndarray) -> tuple[Numbers, Numbers, Numbers]:
    """Units had and sold line by line, and left where a product is shown for the last time."""
    demand, ordered = turn["demand_units"].to_list(), _arriving(turn).to_list()
    at_hand = turn.select(pl.col("available_units").sum().over("product_id")).to_series().to_list()
    had, sold, left = np.zeros(turn.height), np.zeros(turn.height), np.zeros(turn.height)
    begins, have = True, 0.0
    for line, ends in enumerate(last.tolist()):
        have = (at_hand[line] if begins else have) + ordered[line]
        had[line], sold[line] = have, min(demand[line], have)
        have -= sold[line]
        left[line] = have if ends else 0.0
        begins = ends
    return had, sold, left


def _arriving(turn: pl.DataFrame) -> pl.Series:
    """The units that arrive for each session: those of the first one in time are all that any later one has ordered."""
    units, late = pl.col("recommended_units"), pl.col("is_too_late")
    first = ~late & (~late).cum_sum().over("product_id").eq(1)
    in_time = units.filter(~late).sum().over("product_id")
    return turn.select(pl.when(late).then(units).when(first).then(in_time).otherwise(0).alias("units")).to_series()
