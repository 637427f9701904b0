"""How many units a listing should have: the newsvendor, one listing at a time, all of them at once.

One unit too few forgoes m - c, one too many loses c - s (m, c and s as in `stocking.economics`). Expected profit of q
units

    profit(q) = (m - s)·E[min(D, q)] - (c - s)·q

is concave and greatest at q* = Q(ratio) with the critical ratio (m - c) / (m - s): Arrow, Harris and Marschak (1951),
"Optimal inventory policy", Econometrica 19(3); as a textbook rule in Silver, Pyke and Thomas (2017),
"Inventory and production management in supply chains", on style goods.

An order is 0 or a multiple of the pack of at least the minimum order. By concavity the best legal one is among three:
none, and the multiples next below and next above what is missing; their expected profits decide, a tie goes to the
smaller one.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.policy import Policy

_TIE_DECIMALS = 6
"""Profits that differ less are one and the same: the last bits of a sum must not decide between two orders."""


@dataclass(frozen=True, eq=False)
class Money:
    """Money per unit of n listings: what one sold earns, one stocked costs, one left over fetches (s <= c).

    >>> Money(np.array([9.0]), np.array([3.0]), np.array([1.0])).critical_ratio.tolist()  # (9 - 3) / (9 - 1)
    [0.75]
    """

    net_revenue: Numbers
    cost: Numbers
    salvage: Numbers

    @classmethod
    def of(cls, lines: pl.DataFrame) -> Self:
        """From the columns of `stocking.economics`."""
        return cls(*(lines[name].to_numpy() for name in ("net_revenue", "cost", "salvage")))

    @property
    def margin(self) -> Numbers:
        """What a unit earns when it is sold, its cost paid."""
        return self.net_revenue - self.cost

    @property
    def critical_ratio(self) -> Numbers:
        """The share of outcomes in which demand should be met; 0 where a sale earns nothing."""
        pays = self.margin > 0.0
        return np.where(pays, self.margin / np.where(pays, self.net_revenue - self.salvage, 1.0), 0.0)

    def expected_profit(self, demand: Demand, units: Numbers) -> Numbers:
        """Expected profit of a session that starts with so many units, each paid for at unit cost."""
        return (self.net_revenue - self.salvage) * demand.expected_sales(units) - (self.cost - self.salvage) * units


@dataclass(frozen=True, eq=False)
class OrderTerms:
    """What a supplier accepts, for n listings: the smallest order and the units in a pack (at least 1)."""

    least: Numbers
    pack: Numbers

    def not_below(self, units: Numbers) -> Numbers:
        """The smallest order of at least so many units."""
        return np.ceil(np.maximum(units, np.maximum(self.least, 1.0)) / self.pack) * self.pack

    def below(self, units: Numbers) -> Numbers:
        """The greatest order of at most so many units; 0 where that is below the smallest order."""
        packs = np.floor(units / self.pack) * self.pack
        return np.where(packs >= self.not_below(np.ones_like(packs)), packs, 0.0)

    def near(self, units: Numbers) -> tuple[Numbers, Numbers]:
        """The orders next below (or the smallest one) and next above so many units."""
        return self.not_below(np.floor(units / self.pack) * self.pack), self.not_below(units)


def optimal_units(demand: Demand, money: Money, ceiling: float) -> Numbers:
    """The newsvendor's q*, not rounded, at most the `ceiling` quantile of demand.

    >>> from stocking.lines import LEVELS
    >>> steady = Demand.of(pl.DataFrame({name: [100.0 * u] for name, u in LEVELS.items()} | {"demand_mean": [50.0]}))
    >>> optimal_units(steady, Money(np.array([9.0]), np.array([3.0]), np.array([1.0])), 0.98).round(3).tolist()
    [75.0]
    """
    ratio = money.critical_ratio
    return np.where(ratio > 0.0, demand.inverse(np.minimum(ratio, ceiling)), 0.0)


def best_order(demand: Demand, money: Money, wanted: tuple[Numbers, Numbers], terms: OrderTerms) -> Numbers:
    """The legal order of the greatest expected profit, `wanted` being (units at hand, optimal total)."""
    at_hand, total = wanted
    missing = (total - at_hand).clip(min=0.0)
    below, above = terms.near(missing)
    orders = np.stack([np.zeros_like(missing), below, above])
    profits = np.stack([money.expected_profit(demand, at_hand + order) for order in orders]).round(_TIE_DECIMALS)
    best = np.take_along_axis(orders, profits.argmax(axis=0)[None], axis=0)[0]
    return np.where(missing > 0.0, best, 0.0)


def with_target(lines: pl.DataFrame, policy: Policy, demand: Demand | None = None) -> pl.DataFrame:
    """Each listing with `optimal_units` (not rounded) and `target_units`, the best whole number of units to have.

    Their demand is that of the frame's forecast, unless another is given.
    """
    demand, money = demand or Demand.of(lines), Money.of(lines)
    total = optimal_units(demand, money, policy.service_level_max)
    nothing, one = np.zeros_like(total), np.ones_like(total)
    target = best_order(demand, money, (nothing, total), OrderTerms(one, one))
    return lines.with_columns(optimal_units=total, target_units=pl.Series(target.astype(np.int64)))


def with_order_terms(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Each listing with `least_units` and `packed_units`, the policy's where its supplier's are not known (flagged)."""
    return lines.with_columns(
        least_units=pl.col("min_order_units").fill_null(policy.default_min_order_units),
        packed_units=pl.col("pack_units").fill_null(policy.default_pack_units),
        terms_are_default=pl.col("min_order_units").is_null() | pl.col("pack_units").is_null(),
    )


def numbers(lines: pl.DataFrame, name: str) -> Numbers:
    """A column of units to calculate with."""
    return lines[name].cast(pl.Float64).to_numpy()
