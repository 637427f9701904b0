"""A plan for any number of listings: at the prices of what is short, then whole packs, then what is left is filled.

Everybody's best legal order at the prices fits nearly; the steps of packs that lose least for what they free are taken
back until it fits, and then those that gain most for what they take are added while they fit. What remains is measured:
the dual bound says how far the plan can lie below the best.
"""

import numpy as np
import numpy.typing as npt

from stocking.distribution import Numbers
from stocking.planning.prices import bound, worth
from stocking.planning.problem import SLACK, Problem, Solution, allowed

_PASSES = 12
_ENOUGH = 1e-6
_STRIDE = 0.2
_TRIED = (1.0, 0.95, 1.05, 1.15)
_FEW = 20_000  # items, of which several roundings are tried


def allocate(problem: Problem) -> Solution:
    """Orders that keep to every limit, their gain, and the bound.

    The items' `low` orders must fit; `stocking.planning.limits` sees to it.
    """
    value = worth(problem)
    most = bound(problem, value)
    chosen = _chosen(problem, value)
    if chosen is not problem:
        value = worth(chosen)
        most = min(most, bound(problem, value))
    tried = _TRIED if len(problem.items) <= _FEW else _TRIED[:1]
    plans = [_rounded(chosen, chosen.prices(value), scale) for scale in tried]
    orders = max(plans, key=chosen.gain)
    return Solution(orders, chosen.gain(orders), most, value)


def _rounded(problem: Problem, prices: Numbers, scale: float) -> Numbers:
    """Legal orders that fit, from those that are best at prices a little off: whole packs shift what is short."""
    return filled(problem, fitted(problem, problem.items.legal(prices * scale)), prices)


def fitted(problem: Problem, orders: Numbers) -> Numbers:
    """The orders with steps taken back, those first that lose least for what they free, until everything fits."""
    while not problem.fits(orders).all():
        less = _lowered(problem, orders)
        freed = _weight(problem, orders) * (orders - less)
        lost = problem.items.gain(orders) - problem.items.gain(less)
        able = np.flatnonzero((less < orders) & (freed > 0.0))
        ranked = able[np.argsort(lost[able] / freed[able], kind="stable")]
        if not len(ranked):
            raise ValueError("the least orders do not fit: found limits below what must be ordered")
        orders = _taken(problem, orders, less, ranked)
    return orders


def _lowered(problem: Problem, orders: Numbers) -> Numbers:
    """Each order a step lower: a pack, or `_STRIDE` of what is missing where that is more."""
    items, used = problem.items, problem.used(orders)
    missing = ((used - problem.limits) / np.maximum(used, SLACK)).clip(min=0.0)
    share = (problem.uses.T > 0.0).multiply(missing[None, :]).max(axis=1).toarray().ravel()
    packs = np.floor(orders * share * _STRIDE / items.terms.pack) * items.terms.pack
    less = orders - packs
    fine = (packs > items.terms.pack) & (less >= items.low) & (less >= items.terms.not_below(np.ones_like(less)))
    return np.where(fine, less, items.step_down(orders))


def filled(problem: Problem, orders: Numbers, prices: Numbers) -> Numbers:
    """The orders with steps added, those first that gain most for what they take, while they fit."""
    for _ in range(_PASSES):
        more = problem.items.step_up(orders)
        gained = problem.items.gain(more) - problem.items.gain(orders)
        able = np.flatnonzero((more > orders) & (gained > _ENOUGH))
        taken = (prices + _ENOUGH)[able] * (more - orders)[able]
        ranked = able[np.argsort(-gained[able] / taken, kind="stable")]
        better = _taken(problem, orders, more, ranked)
        if (better == orders).all():
            break
        orders = better
    return orders


def _chosen(problem: Problem, value: Numbers) -> Problem:
    """The problem with those items closed that a full group has no place for, the best at these prices first."""
    if not len(problem.places):
        return problem
    items = problem.items
    surplus = items.surplus(problem.prices(value))
    places, closed = problem.places.copy(), np.zeros(len(items), dtype=bool)
    groups = problem.groups.tocsc()
    for item in np.lexsort((-surplus, items.low <= 0.0)):
        mine = groups.indices[groups.indptr[item] : groups.indptr[item + 1]]
        if items.low[item] <= 0.0 and (surplus[item] <= 0.0 or (places[mine] < 1).any()):
            closed[item] = bool(len(mine))
        else:
            places[mine] -= 1
    return problem.without(closed)


def _weight(problem: Problem, orders: Numbers) -> Numbers:
    """What a unit of each item takes of the resources that do not suffice, each as a share of what is missing."""
    short = np.flatnonzero(~problem.fits(orders))
    missing = problem.used(orders)[short] - problem.limits[short]
    weight: Numbers = problem.uses[short].T @ (1.0 / missing)
    return weight


def _taken(problem: Problem, orders: Numbers, steps: Numbers, ranked: npt.NDArray[np.int64]) -> Numbers:
    """The orders with steps taken one after the other: those up while they fit, those down while something is short."""
    uses = problem.uses.tocsc()
    place, resource, amount = uses.indptr.tolist(), uses.indices.tolist(), uses.data.tolist()
    left = (allowed(problem.limits) - problem.used(orders)).tolist()
    taken, change = orders.copy(), (steps - orders).tolist()
    for item in ranked.tolist():
        mine, units = range(place[item], place[item + 1]), change[item]
        if units > 0.0:
            able = all(amount[one] * units <= left[resource[one]] for one in mine)
        else:
            able = any(left[resource[one]] < 0.0 for one in mine)
        if able:
            taken[item] = steps[item]
            for one in mine:
                left[resource[one]] -= amount[one] * units
    return taken
