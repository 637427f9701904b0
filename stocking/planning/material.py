"""Raw material in reserve, pool by pool: what it is worth for its fee, within the money that the goods leave.

The reserve's profit is a newsvendor's (`stocking.reserve`), so that what allocates goods allocates material, too.
"""

from dataclasses import replace

import numpy as np
import polars as pl
from scipy import sparse

from stocking.distribution import Numbers
from stocking.planning.allocation import allocate, fitted
from stocking.planning.posed import Posed
from stocking.planning.problem import Items, Problem, Solution
from stocking.units import OrderTerms


def reserved(posed: Posed, orders: Numbers, ceiling: float) -> Numbers:
    """Whole units to reserve beyond the goods of each pool, those that lie in the warehouse for no session included."""
    items = posed.problem.items
    have = items.at_hand + orders + posed.frame["surplus_units"].to_numpy()
    left = posed.limits.amounts - posed.problem.used(orders)
    material = _material(posed, have, ceiling)
    return allocate(Problem(material, fees(posed), left.clip(min=0.0), *_no_groups(len(orders)))).orders


def instead(posed: Posed, ceiling: float) -> Solution:
    """Orders of goods where material can stand ready in their place: both are chosen at once, as items of one problem.

    The gain and its bound are of both together.
    """
    problem, n = posed.problem, len(posed.problem.items)
    goods = replace(problem.items, money=posed.offer.instead_of(problem.items.money))
    material = _material(posed, problem.items.at_hand, ceiling)
    beside = np.maximum(material.high, problem.items.high)  # packs may reach past it
    material = replace(material, high=np.where(posed.offer.gain > 0.0, beside, 0.0))
    paid = fees(posed)
    uses = sparse.csr_array(sparse.hstack([problem.uses - paid, paid], format="csr"))
    groups = sparse.csr_array(sparse.hstack([problem.groups, sparse.csr_array(problem.groups.shape)], format="csr"))
    both = allocate(Problem(goods.beside(material), uses, problem.limits, groups, problem.places))
    return replace(both, orders=fitted(problem, both.orders[:n]))


def _material(posed: Posed, have: Numbers, ceiling: float) -> Items:
    """The material as items: single units, beyond what there is, up to the ceiling of demand."""
    demand, n = posed.pools.demand, len(posed.problem.items)
    beyond = np.floor(demand.inverse(np.full(n, ceiling)) - have).clip(min=0.0)
    ones, none = np.ones(n), np.zeros(n)
    declined = posed.frame.select(pl.col("approved_units").eq_missing(0)).to_series().to_numpy()
    offered = np.where((posed.offer.gain > 0.0) & ~declined, beyond, none)
    return Items(demand, posed.offer.money, have, OrderTerms(ones, ones), none, offered)


def fees(posed: Posed) -> sparse.csr_array:
    """What reserving a unit takes of each resource: its fee of the budget, nothing of the others."""
    share = posed.offer.fee / np.maximum(posed.problem.items.money.cost, 1e-12)
    return sparse.csr_array(posed.limits.money @ sparse.diags_array(share))


def _no_groups(items: int) -> tuple[sparse.csr_array, Numbers]:
    return sparse.csr_array((0, items)), np.zeros(0)
