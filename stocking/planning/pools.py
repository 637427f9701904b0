"""What is ordered together: a product over all its sessions of the horizon, its demand summed up draw by draw.

What one session leaves the next one sells, so that one order for all of them can be smaller than the sum of orders for
each (risk pooling; Eppen (1979), "Effects of centralization on expected costs", Management Science 25(5)). Listings
of other terms, those that earn nothing, and those whose order a merchant has decided stay apart.

Sessions ask different prices, and scarce units go to the dearest. With margins m_1 >= m_2 >= ... over salvage, the last
of x units brings m_i where the demand of the i dearest sessions together reaches x and that of the dearer ones does
not. That is what a newsvendor of the dearest price m_1 would get from a demand that is, with the chance
(m_i - m_(i+1)) / m_1, that of the i dearest sessions: the mixture by which orders are decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.lines import LEVELS
from stocking.planning.scenarios import DRAWS, Shared, drawn
from stocking.planning.turns import Places
from stocking.policy import Policy

_DAY = 86_400_000_000
EARNS = pl.col("net_revenue") > pl.col("cost")
TERMS = ("merchant_id", "supplier_id", "least_units", "packed_units", "cost", "salvage")
KEY = ("product_id", *TERMS, "earns", "missed", "decided_in")
_CHANCES = np.array(list(LEVELS.values()))


@dataclass(frozen=True, eq=False)
class Pools:
    """All pools of a plan.

    Attributes:
        frame: one row a pool: `KEY`; `net_revenue`, that of the dearest session; `mean_revenue`, weighed by expected
            demand; `reserve_fee_rate`, `unit_l`, `daily_capacity_units`; its first session; `days` until it must be
            started.
        member: the pool of each listing.
        valued: demand of each pool as its order is decided by, at `net_revenue`.
        demand: of each pool, in units, at `mean_revenue`.
        draws: the same in each draw, one row a pool; zeros for pools of one session, unless the policy is cautious.
    """

    frame: pl.DataFrame
    member: Places
    valued: Demand
    demand: Demand
    draws: Numbers

    @classmethod
    def of(cls, lines: pl.DataFrame, policy: Policy) -> Self:
        """The pools of the listings, which are sorted by their ids and have their money, terms and dates.

        Where a reserve may stand in for goods, or the worst outcomes count, prices are even: both look at units.
        """
        marked = _marked(lines, policy)
        frame = marked.group_by(KEY, maintain_order=True).agg(*_of_a_pool())
        numbered = frame.select(KEY).with_row_index("pool")
        member = marked.join(numbered, on=KEY, how="left", nulls_equal=True, maintain_order="left")["pool"]
        places = member.cast(pl.Int64).to_numpy()
        valued, demand, draws = _summed(marked, places, policy)
        if policy.goods_by_mean:
            return cls(frame, places, valued, demand, draws)
        return cls(frame.with_columns(net_revenue="mean_revenue"), places, demand, demand, draws)


def _marked(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    mean = Demand.of(lines).mean
    return lines.with_columns(
        earns=EARNS,
        missed=pl.col("is_too_late") if policy.late_orders == "drop" else pl.lit(False),
        decided_in=pl.when(pl.col("approved_units").is_not_null()).then("session_id"),
        weight=pl.Series(mean, dtype=pl.Float64) + 1e-9,
        unit_l=pl.col("unit_volume_l").fill_null(policy.default_unit_volume_l),
        start_by=pl.coalesce("order_by", "scheduled_at"),
    )


def _of_a_pool() -> list[pl.Expr]:
    revenue = pl.col("net_revenue")
    mean = (revenue * pl.col("weight")).sum() / pl.col("weight").sum()
    in_time = pl.col("start_by").filter(pl.col("start_by") >= pl.col("cutoff")).min()
    days = ((in_time - pl.col("cutoff").first()).dt.total_microseconds() // _DAY + 1).fill_null(1)
    return [
        revenue.max(),
        mean.clip(revenue.min(), revenue.max()).alias("mean_revenue"),
        pl.col("reserve_fee_rate").first(),
        pl.col("unit_l", "daily_capacity_units").max(),
        pl.col("approved_units").max(),
        pl.col("scheduled_at", "cutoff").min(),
        pl.col("session_id").sort_by("scheduled_at", "session_id").first(),
        days.alias("days"),
    ]


def _summed(lines: pl.DataFrame, member: Places, policy: Policy) -> tuple[Demand, Demand, Numbers]:
    """Each pool's demand as it is valued, as units, and as units in each draw."""
    demand, sizes = Demand.of(lines), np.bincount(member)
    first = np.zeros(len(sizes), dtype=np.int64)
    first[member[::-1]] = np.arange(len(member))[::-1]
    valued, summed = demand.some(first), demand.some(first)
    draws, comes, after = np.zeros((len(sizes), DRAWS)), *_back(lines, member, policy)
    dearest_first = np.lexsort((-lines["net_revenue"].to_numpy(), member))
    needed = dearest_first[(sizes[member] > 1)[dearest_first] | (policy.cvar_level < 1.0)]
    weights = _weights(lines, member, dearest_first)
    for rows, units in drawn(demand, Shared.of(lines, policy), needed, member):
        for mine in _pool_by_pool(member[rows]):
            these, pool = rows[mine], member[rows[mine][0]]
            kept = _kept(units[mine], comes[these], after[these])
            draws[pool] = kept[-1]
            if len(these) > 1:
                summed.knots[pool], summed.tail_scale[pool] = _told(kept[-1:], np.ones(1))
                valued.knots[pool], valued.tail_scale[pool] = _told(kept, weights[these])
    return valued, summed, draws


def _weights(lines: pl.DataFrame, member: Places, dearest_first: Places) -> Numbers:
    """The chance of each listing in its pool's mixture: how much more a sale brings there than in the next dearest."""
    over = np.maximum((lines["net_revenue"] - lines["salvage"]).to_numpy(), 0.0)[dearest_first]
    last = np.append(member[dearest_first][1:] != member[dearest_first][:-1], True)
    weights = np.empty(len(over))
    weights[dearest_first] = np.maximum(over - np.where(last, 0.0, np.append(over[1:], 0.0)), 0.0)
    return weights


def _pool_by_pool(pools: Places) -> Iterator[slice]:
    """Where each pool's rows stand, rows of a pool being together."""
    ends = np.flatnonzero(np.append(np.diff(pools) != 0, True)) + 1
    return (slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True))


def _kept(units: Numbers, comes: Numbers, after: Numbers) -> Numbers:
    """The demand of the dearest, the two dearest … sessions in each draw, less what comes back in time for another."""
    reach = units.cumsum(axis=0)
    if not after.any():
        return reach
    back = np.minimum((units * comes[:, None]).sum(axis=0), (units * after[:, None]).sum(axis=0))
    total = reach[-1]
    kept: Numbers = reach * np.where(total > 0.0, 1.0 - back / np.where(total > 0.0, total, 1.0), 1.0)
    return kept


def _told(reach: Numbers, weights: Numbers) -> tuple[Numbers, float]:
    """Knots and tail of a mixture of draws, one row a part."""
    if weights.sum() <= 0.0:
        reach, weights = reach[-1:], np.ones(1)
    chance = np.repeat(weights / weights.sum() / reach.shape[1], reach.shape[1])
    values = reach.ravel()
    order = np.argsort(values, kind="stable")
    middle = chance[order].cumsum() - chance[order] / 2.0
    told = Demand.told(np.interp(_CHANCES, middle, values[order])[None, :], np.array([(values * chance).sum()]))
    return told.knots[0], float(told.tail_scale[0])


def _back(lines: pl.DataFrame, member: Places, policy: Policy) -> tuple[Numbers, Numbers]:
    """Which share of each listing's units comes back before a later session, and which listings can sell such units."""
    pause = pl.duration(microseconds=int(policy.return_delay_days * _DAY), time_unit="us")
    at = pl.col("scheduled_at")
    told = lines.with_columns(pool=pl.Series(member)).select(
        comes=pl.when(at + pause <= at.max().over("pool")).then("returned_share").otherwise(0.0),
        after=(at >= at.min().over("pool") + pause).cast(pl.Float64),
    )
    return told["comes"].to_numpy(), told["after"].to_numpy()
