"""Goods that one session will not sell, for another one that could.

A listing under way spares what lies beyond a high quantile of its own demand; other listings of the same product, in
sessions at the same time or later, take it. The next unit is worth (m - s)·P(D > q) to whoever takes it and that much
less to whoever gives it (m and s as in `stocking.economics`); both fall with every unit, so that the greedy order, the
best taker's next slice against the cheapest giver's, gives the greatest total (Federgruen and Groenevelt (1986), "The
greedy procedure for resource allocation problems", Operations Research 34(6)). Slices reach from quantile to quantile
of the taker's demand; a slice that is used in part counts at its average, a little less than it is worth.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from stocking.acts.situation import Situation
from stocking.distribution import Numbers
from stocking.lines import LEVELS

POOL = ("merchant_id", "product_id")
MOVES = pl.Schema({
    "merchant_id": pl.String(),
    "product_id": pl.String(),
    "giver": pl.Int64(),
    "taker": pl.Int64(),
    "units": pl.Int64(),
    "value": pl.Float64(),
})  # fmt: skip
"""Whole units, money; `giver` and `taker` are rows of the situation's frame."""


def moves(now: Situation, spare_level: float) -> pl.DataFrame:
    """Units to move between listings of one product, greedily by value.

    Args:
        now: the listings, sessions still to come among them with their plan's demand.
        spare_level: the quantile of its own demand up to which a listing keeps its goods.

    Returns:
        `MOVES`, the best first.
    """
    spare = _spare(now, spare_level)
    given = _given(now, spare)
    if not given.height:
        return MOVES.to_frame()
    both = pl.concat([given, _wanted(now, spare, given.select(POOL))], how="diagonal")
    is_given = pl.col("taker").is_null()
    first = pl.when(is_given).then("worth").otherwise(-pl.col("worth"))
    return (
        both.sort(*POOL, is_given, first, "giver", "taker", "level")
        .with_columns(reach=pl.col("slice_units").cum_sum().over(*POOL, is_given))
        .sort(*POOL, "reach", is_given)
        .with_columns(
            pl.col("giver", "taker").backward_fill().over(POOL),
            cost=pl.when(is_given).then("worth").backward_fill().over(POOL),
            gain=pl.when(~is_given).then("worth").backward_fill().over(POOL),
            units=pl.col("reach") - pl.col("reach").shift(1, fill_value=0).over(POOL),
        )
        .filter(pl.col("units") > 0, pl.col("gain") > pl.col("cost"))
        .group_by(*POOL, "giver", "taker", maintain_order=True)
        .agg(pl.col("units").sum(), value=(pl.col("units") * (pl.col("gain") - pl.col("cost"))).sum().round(2))
        .sort("value", "giver", "taker", descending=[True, False, False])
    )  # fmt: skip


def reallocations(now: Situation, spare_level: float) -> pl.DataFrame:
    """Advice to move goods: each giver's best move, `units`, `to_session_id`, `by`, `value`, `score`, `reason`."""
    best = moves(now, spare_level).unique("giver", keep="first", maintain_order=True)
    takers = now.frame[best["taker"].to_list()]
    return now.frame[best["giver"].to_list()].with_columns(
        best["units"],
        best["value"],
        kind=pl.lit("reallocate"),
        to_session_id=takers["session_id"],
        to_product_id=takers["product_id"],
        score=takers["sell_out_chance"],
        by=pl.max_horizontal(takers["scheduled_at"], "cutoff"),
        reason=pl.lit(
            "These units will most likely stay unsold here, while another session will want more than it has."
        ),
    )


def _spare(now: Situation, spare_level: float) -> Numbers:
    """Whole units beyond what the listing itself is expected to need."""
    need = np.ceil(np.maximum(now.demand.inverse(np.full(len(now.sold), spare_level)), now.sold))
    spare: Numbers = np.nan_to_num(np.floor(now.goods) - need).clip(min=0.0)
    return spare


def _given(now: Situation, spare: Numbers) -> pl.DataFrame:
    """What each giver spares, in one slice: `slice_units` and `worth`, what keeping a unit is worth there."""
    kept = now.expected_sales(now.goods) - now.expected_sales(now.goods - spare)
    worth = np.nan_to_num(now.gain * kept / np.where(spare > 0.0, spare, 1.0))
    return now.frame.select(
        *POOL,
        giver=pl.int_range(pl.len(), dtype=pl.Int64),
        slice_units=pl.Series(spare.astype(np.int64)),
        worth=pl.Series(worth.round(6)),
    ).filter(pl.Series(now.is_under_way & (spare > 0.0)))


def _wanted(now: Situation, spare: Numbers, pools: pl.DataFrame) -> pl.DataFrame:
    """What each taker could use, slice by slice: `slice_units` and `worth`, what a unit is worth on average there."""
    is_over = now.values["ends"] == 0.0
    useful = pl.Series(~np.isnan(now.goods) & (now.gain > 0.0) & (spare == 0.0) & ~is_over)
    rows = now.frame.select(*POOL, taker=pl.int_range(pl.len(), dtype=pl.Int64)).filter(useful)
    takers = rows.join(pools, on=POOL, how="semi", nulls_equal=True, maintain_order="left")
    at = takers["taker"].to_numpy()
    reach, more = _slices(now, at)
    units = np.diff(reach, axis=1, prepend=0.0)
    worth = now.gain[at, None] * more / np.where(units > 0.0, units, 1.0)
    return (
        takers.select(pl.all().repeat_by(len(LEVELS)).explode(empty_as_null=True))
        .with_columns(
            level=pl.Series(np.tile(np.arange(len(LEVELS)), len(at))),
            slice_units=pl.Series(units.ravel().astype(np.int64)),
            worth=pl.Series(worth.ravel().round(6)),
        )
        .filter(pl.col("slice_units") > 0)
    )  # fmt: skip


def _slices(now: Situation, rows: npt.NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    """For some listings, level by level: units wanted beyond the goods up to it, and sales that the slice brings."""
    demand, goods = now.demand.some(rows), now.goods[rows]
    reach = np.floor(demand.spread(np.array(list(LEVELS.values()))) - goods[:, None]).clip(min=0.0)
    sales = [demand.expected_sales(goods + reach[:, place]) for place in range(len(LEVELS))]
    return reach, np.diff(np.stack(sales, axis=1), axis=1, prepend=demand.expected_sales(goods)[:, None])
