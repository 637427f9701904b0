"""What shared resources are worth: the prices at which everybody, asking for what pays, asks for no more than there is.

The Lagrangian dual of the joint decision

    g(w) = sum_i max over q_i [f_i(h_i + q_i) - f_i(h_i) - (A'w)_i·q_i] + b'w,   w >= 0

bounds every plan from above, whatever w; its least value is the tightest such bound (Everett (1963), "Generalized
Lagrange multiplier method", Operations Research 11(3)). With orders in parts of units g is convex and smooth, and
L-BFGS-B finds its minimum. Prices only lower what is asked for, so only resources that fall short when all is free can
have one.
"""

import numpy as np
from scipy.optimize import minimize

from stocking.distribution import Numbers
from stocking.planning.problem import SLACK, Problem, allowed
from stocking.planning.turns import place_in_group

_ROUNDS = 200
_STEADY = 1e-12


def worth(problem: Problem) -> Numbers:
    """What one unit of each resource is worth to the plan, in money: one number a resource, 0 where it suffices."""
    free = problem.used(problem.items.wanted(np.zeros(len(problem.items))))
    short = np.flatnonzero(free > allowed(problem.limits))
    found = np.zeros(len(problem.limits))
    if len(short):
        found[short] = _least(problem, short, free[short])
    return found


def bound(problem: Problem, worth: Numbers) -> float:
    """No legal plan gains more: the dual with whole packs, and with the best of each group only.

    An item of several groups counts in the first of them; that can only raise the bound.
    """
    surplus = problem.items.surplus(problem.prices(worth))
    return float(_best_of_groups(problem, surplus).sum() + problem.limits @ worth)


def _best_of_groups(problem: Problem, surplus: Numbers) -> Numbers:
    """Each item's surplus, 0 where its group has enough better ones; orders that must be placed always count."""
    if not len(problem.places):
        return surplus
    must = problem.items.low > 0.0
    mine = np.where(problem.groups.sum(axis=0) > 0, np.asarray(problem.groups.argmax(axis=0)).ravel(), -1)
    place = place_in_group(np.lexsort((-surplus, ~must, mine)), mine)
    kept = (mine < 0) | (place < problem.places[mine]) | must
    return np.where(kept, surplus, 0.0)


def _least(problem: Problem, short: np.ndarray, free: Numbers) -> Numbers:
    """Where the dual is least over the prices of the short resources.

    In parts of what is asked for when all is free, so that resources of any size and unit weigh alike.
    """
    scale = np.maximum(free, SLACK)
    uses, limits = problem.uses[short], problem.limits[short] / scale
    size = max(1.0, problem.gain(problem.items.wanted(np.zeros(len(problem.items)))))

    def dual(scaled: Numbers) -> tuple[float, Numbers]:
        prices = uses.T @ (scaled * size / scale)
        orders = problem.items.wanted(prices)
        value = problem.items.gain(orders).sum() - prices @ orders
        return value / size + limits @ scaled, limits - (uses @ orders) / scale

    start = np.zeros(len(short))
    options = {"maxiter": _ROUNDS, "ftol": _STEADY, "gtol": 1e-7, "maxcor": 20}
    found = minimize(dual, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(short), options=options)
    return np.asarray(found.x) * size / scale
