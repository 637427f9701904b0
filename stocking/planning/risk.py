"""The same plan for a cautious merchant: the worst outcomes count, not all of them.

Conditional value at risk at level a is the mean of the worst share a of the outcomes (Rockafellar and Uryasev (2000),
"Optimization of conditional value-at-risk", Journal of Risk 2(3)); equally, the least mean over all weights that put at
most 1/a on an outcome. So the plan and the weights play against each other: the plan is best against the weights that
the outcomes had on average so far, the weights move to the outcomes in which it fared worst (fictitious play; Brown
(1951), "Iterative solution of games by fictitious play"). The best plan met is kept. Whatever the weights, the best
plan against them earns at least as much as any plan's conditional value at risk: that is the bound, as far as the
distributions that stand for the weighted draws are exact.
"""

from dataclasses import replace

import numpy as np

from stocking.distribution import Demand, Numbers
from stocking.lines import LEVELS
from stocking.planning.allocation import allocate
from stocking.planning.problem import Problem, Solution

_ROUNDS = 16


def cautious(problem: Problem, draws: Numbers, level: float) -> Solution:
    """Orders by the mean over the worst share `level` of the draws; gain and bound are of that, too.

    Args:
        problem: the joint decision.
        draws: demand of each item in each draw, n x s.
        level: between 0 and 1.
    """
    weights = np.full(draws.shape[1], 1.0 / draws.shape[1])
    best = Solution(problem.items.low, -np.inf, np.inf, np.zeros(len(problem.limits)))
    order = np.argsort(draws, axis=1, kind="stable")
    values = np.take_along_axis(draws, order, axis=1)
    for step in range(_ROUNDS):
        seen = replace(problem, items=replace(problem.items, demand=_weighted(values, weights[order])))
        found = allocate(seen)
        outcomes = _outcomes(problem, draws, found.orders)
        gain = float(worst(level, outcomes) @ outcomes)
        if gain > best.gain:
            best = replace(found, gain=gain, bound=best.bound)
        best = replace(best, bound=min(best.bound, found.bound))
        weights += 2.0 / (step + 3.0) * (worst(level, outcomes) - weights)
    return replace(best, bound=max(best.bound, best.gain))


def worst(level: float, outcomes: Numbers) -> Numbers:
    """The weights of the worst share of the outcomes.

    >>> worst(0.5, np.array([4.0, 1.0, 3.0, 2.0])).tolist()
    [0.0, 0.5, 0.0, 0.5]
    """
    each = 1.0 / (level * len(outcomes))
    place = np.empty(len(outcomes), dtype=np.int64)
    place[np.argsort(outcomes, kind="stable")] = np.arange(len(outcomes))
    return (1.0 - place * each).clip(0.0, each)


def _outcomes(problem: Problem, draws: Numbers, orders: Numbers) -> Numbers:
    """What the orders add to profit in each draw."""
    money, hand = problem.items.money, problem.items.at_hand[:, None]
    more = np.minimum(draws, hand + orders[:, None]) - np.minimum(draws, hand)
    spread = money.net_revenue - money.salvage
    total: Numbers = (spread[:, None] * more - ((money.cost - money.salvage) * orders)[:, None]).sum(axis=0)
    return total


def _weighted(values: Numbers, weights: Numbers) -> Demand:
    """Each item's distribution where its sorted draws weigh so much."""
    reach = weights.cumsum(axis=1)
    at = [(reach < level - 1e-12).sum(axis=1).clip(max=values.shape[1] - 1) for level in LEVELS.values()]
    quantiles = np.column_stack([values[np.arange(len(values)), one] for one in at])
    return Demand.told(quantiles, (values * weights).sum(axis=1))
