"""The plan as a problem: from listings, stock and policy to pools, items, resources and what reserving offers."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import polars as pl

from stocking.availability import with_available
from stocking.distribution import Numbers
from stocking.planning.limits import Limits, limits_of
from stocking.planning.pools import Pools
from stocking.planning.problem import Items, Problem
from stocking.policy import Policy
from stocking.reserve import Offer
from stocking.units import Money, OrderTerms, numbers, with_target


@dataclass(frozen=True, eq=False)
class Posed:
    """A plan before it is solved.

    Attributes:
        pools: what is ordered together.
        frame: one row a pool: the pools' frame with `target_units`, the best to have, and `available_units`,
            `surplus_units` and `stock_is_known`.
        problem: the decision about goods; its items are the pools.
        limits: the resources and places, each with whose it is.
        offer: what reserving material brings and costs.
    """

    pools: Pools
    frame: pl.DataFrame
    problem: Problem
    limits: Limits
    offer: Offer

    @classmethod
    def of(cls, lines: pl.DataFrame, stock: pl.DataFrame, policy: Policy) -> Self:
        """From listings with their money, terms and dates, sorted by their ids.

        Raises:
            InfeasibleError: what must be ordered or kept does not fit the limits.
        """
        pools = Pools.of(lines, policy)
        frame = with_available(with_target(pools.frame, policy, pools.valued), stock)
        items = _as_decided(_items(pools, frame, policy), frame)
        limits = limits_of(lines, pools, items.at_hand, policy)
        limits.refuse(items.low)
        problem = Problem(items, limits.uses, limits.amounts, limits.groups, limits.places)
        return cls(pools, frame, problem, limits, Offer.of(frame.with_columns(net_revenue="mean_revenue"), policy))


def _items(pools: Pools, frame: pl.DataFrame, policy: Policy) -> Items:
    terms = OrderTerms(numbers(frame, "least_units"), numbers(frame, "packed_units"))
    at_hand, money = numbers(frame, "available_units"), Money.of(frame)
    able = (money.margin > 0.0) & ~frame["missed"].to_numpy()

    def up_to(level: float) -> Numbers:
        missing = (pools.demand.inverse(np.full(len(at_hand), level)) - at_hand).clip(min=0.0)
        return np.where(able & (missing > 0.0), terms.not_below(missing), 0.0)

    high = up_to(policy.service_level_max)
    wanted = min(policy.service_level_min, policy.service_level_max)
    least = up_to(wanted) if wanted > 0.0 else np.zeros(len(at_hand))
    return Items(pools.valued, money, at_hand, terms, np.minimum(least, high), high)


def _as_decided(items: Items, frame: pl.DataFrame) -> Items:
    """The items with the orders that merchants have decided: these, whatever else would be best."""
    units = frame["approved_units"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    decided, exactly = ~np.isnan(units), np.nan_to_num(units)
    least = np.where(decided, 0.0, items.terms.least)
    return replace(
        items,
        terms=OrderTerms(least, np.where(decided, np.maximum(exactly, 1.0), items.terms.pack)),
        low=np.where(decided, exactly, items.low),
        high=np.where(decided, exactly, items.high),
    )
