"""The one model of the joint decision: what is chosen, what it brings, and what it must keep to.

Choose orders q_1 … q_n (units, each of one product) to

    maximise    sum_i f_i(h_i + q_i) - f_i(h_i)        f_i(x) = (m_i - s_i)·E[min(D_i, x)] - (c_i - s_i)·x
    subject to  sum_i a_ri·q_i <= b_r                   for each shared resource r (money, litres, a supplier's days)
                q_i = 0, or a multiple of the pack of at least the least order, low_i <= q_i <= high_i
                at most k_g of the items of group g have q_i > 0

with h_i units at hand and m, c, s as in `stocking.economics`. Each f_i is concave. `stocking.planning.allocation`
solves it for size, `stocking.planning.exact` to proof; neither is known to the other.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stocking.distribution import Demand, Numbers
from stocking.units import Money, OrderTerms, best_order

SLACK = 1e-11
"""By which share of a limit sums may differ from it, being sums of decimals."""

NOTHING = 1e-9
"""Money of a unit below which there is none: prices have four decimals."""


def allowed(limits: Numbers) -> Numbers:
    """What sums may come to that are to keep to these limits."""
    return limits * (1.0 + SLACK) + SLACK


def gap(gain: float, bound: float) -> float:
    """How far a gain may lie below the best possible, as a share of that."""
    return max(0.0, bound - gain) / bound if bound > 0.0 else 0.0


@dataclass(frozen=True, eq=False)
class Items:
    """What can be ordered, n items: their demand, money, units at hand, order terms and bounds (units).

    `low` is 0 or a legal order, and so is `high`, which is nowhere below it.
    """

    demand: Demand
    money: Money
    at_hand: Numbers
    terms: OrderTerms
    low: Numbers
    high: Numbers

    def __len__(self) -> int:
        return len(self.at_hand)

    def some(self, places: npt.NDArray[np.int64]) -> Self:
        """The items at these places."""
        money, terms = self.money, self.terms
        return replace(
            self,
            demand=self.demand.some(places),
            money=Money(money.net_revenue[places], money.cost[places], money.salvage[places]),
            at_hand=self.at_hand[places],
            terms=OrderTerms(terms.least[places], terms.pack[places]),
            low=self.low[places],
            high=self.high[places],
        )

    def beside(self, others: Self) -> Self:
        """These items and the others behind them."""

        def both(these: Numbers, those: Numbers) -> Numbers:
            return np.concatenate([these, those])

        mine, theirs = self.money, others.money
        demand = Demand(
            both(self.demand.knots, others.demand.knots), both(self.demand.tail_scale, others.demand.tail_scale)
        )
        return replace(
            self,
            demand=demand,
            money=Money(
                both(mine.net_revenue, theirs.net_revenue),
                both(mine.cost, theirs.cost),
                both(mine.salvage, theirs.salvage),
            ),
            at_hand=both(self.at_hand, others.at_hand),
            terms=OrderTerms(both(self.terms.least, others.terms.least), both(self.terms.pack, others.terms.pack)),
            low=both(self.low, others.low),
            high=both(self.high, others.high),
        )

    def gain(self, orders: Numbers) -> Numbers:
        """What each order adds to expected profit."""
        return self.money.expected_profit(self.demand, self.at_hand + orders) - self._before

    @cached_property
    def _before(self) -> Numbers:
        """Expected profit of what is at hand."""
        return self.money.expected_profit(self.demand, self.at_hand)

    def slope(self, orders: Numbers) -> Numbers:
        """What one more unit would add to expected profit, at these orders."""
        money = self.money
        return (money.net_revenue - money.salvage) * (1.0 - self.demand.cdf(self.at_hand + orders)) - (
            money.cost - money.salvage
        )

    def wanted(self, prices: Numbers) -> Numbers:
        """The orders, in parts of units, that gain most where each unit costs so much more."""
        money = self.money
        spread, lost = money.net_revenue - money.salvage, money.cost - money.salvage + prices
        ratio = np.where(spread > NOTHING, 1.0 - lost / np.where(spread > NOTHING, spread, 1.0), lost < 0.0)
        reach = np.where(ratio > 0.0, self.demand.inverse(ratio.clip(0.0, 1.0 - 1e-9)), 0.0)
        return (reach - self.at_hand).clip(self.low, self.high)

    def legal(self, prices: Numbers) -> Numbers:
        """The legal orders that gain most where each unit costs so much more."""
        money = Money(self.money.net_revenue, self.money.cost + prices, self.money.salvage)
        total = self.at_hand + self.wanted(prices)
        best = best_order(self.demand, money, (self.at_hand, total), self.terms)
        above = np.where(best > self.high, self.terms.below(self.high), best)
        return np.maximum(above, self.low)

    def surplus(self, prices: Numbers) -> Numbers:
        """What the best legal orders gain where each unit costs so much more, that paid."""
        orders = self.legal(prices)
        return self.gain(orders) - prices * orders

    def allows(self, orders: Numbers) -> npt.NDArray[np.bool_]:
        """Which of the orders, whole packs all of them, are legal."""
        least = self.terms.not_below(np.ones_like(orders))
        allows: npt.NDArray[np.bool_] = (
            ((orders == 0.0) | (orders >= least)) & (orders >= self.low) & (orders <= self.high)
        )
        return allows

    def step_up(self, orders: Numbers) -> Numbers:
        """The next greater legal order of each item; the order itself where there is none."""
        more = np.where(orders > 0.0, orders + self.terms.pack, self.terms.not_below(np.ones_like(orders)))
        return np.where(more <= self.high, more, orders)

    def step_down(self, orders: Numbers) -> Numbers:
        """The next smaller legal order of each item; the order itself where there is none."""
        less = np.where(orders > self.terms.not_below(np.ones_like(orders)), orders - self.terms.pack, 0.0)
        return np.where(less >= self.low, less, orders)


@dataclass(frozen=True, eq=False)
class Problem:
    """Items, the resources that they share, and how many items of a group may be ordered.

    Attributes:
        items: n of them.
        uses: r x n, what one unit of each item takes of each resource, never negative.
        limits: what there is of each resource (r).
        groups: g x n, ones where an item is of a group.
        places: how many items of each group may be ordered (g).
    """

    items: Items
    uses: sparse.csr_array
    limits: Numbers
    groups: sparse.csr_array
    places: Numbers

    def gain(self, orders: Numbers) -> float:
        """What the orders together add to expected profit."""
        return float(self.items.gain(orders).sum())

    def used(self, orders: Numbers) -> Numbers:
        """What the orders take of each resource."""
        used: Numbers = self.uses @ orders
        return used

    def fits(self, orders: Numbers) -> npt.NDArray[np.bool_]:
        """Which resources suffice for the orders."""
        fits: npt.NDArray[np.bool_] = self.used(orders) <= allowed(self.limits)
        return fits

    def prices(self, worth: Numbers) -> Numbers:
        """What a unit of each item costs in resources, where one unit of each resource is worth so much."""
        prices: Numbers = self.uses.T @ worth
        return prices

    def counted(self, orders: Numbers) -> npt.NDArray[np.bool_]:
        """Which groups have no more items ordered than they may."""
        counted: npt.NDArray[np.bool_] = self.groups @ (orders > 0.0).astype(np.float64) <= self.places
        return counted

    def without(self, closed: npt.NDArray[np.bool_]) -> Self:
        """The same, but of these items nothing may be ordered."""
        return replace(self, items=replace(self.items, high=np.where(closed, 0.0, self.items.high)))


@dataclass(frozen=True, eq=False)
class Solution:
    """Orders, what they gain, and a bound that no orders can exceed.

    Attributes:
        orders: units of each item.
        gain: expected profit that they add.
        bound: an upper bound of it over all legal orders.
        worth: what one more unit of each resource would gain.
    """

    orders: Numbers
    gain: float
    bound: float
    worth: Numbers

    @property
    def gap(self) -> float:
        """How far the gain may lie below the best possible, as a share of that."""
        return gap(self.gain, self.bound)
