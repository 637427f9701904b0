from dataclasses import replace

import numpy as np
import pytest
from joint_problems import drawn

from stocking.planning.allocation import allocate
from stocking.planning.risk import cautious, worst


def outcomes(problem, draws, orders):
    items, total = problem.items, np.zeros(draws.shape[1])
    for item in range(len(items)):
        revenue, cost, salvage = (
            part[item] for part in (items.money.net_revenue, items.money.cost, items.money.salvage)
        )
        for units, sign in ((items.at_hand[item] + orders[item], 1), (items.at_hand[item], -1)):
            sold = np.minimum(draws[item], units)
            total += sign * (revenue * sold + salvage * (units - sold) - cost * units)
    return total


def tail(values, level):
    return np.sort(values)[: round(level * len(values))].mean()


@pytest.fixture(scope="module")
def several():
    """Twelve products whose demand rises and falls together."""
    problem = drawn(4, 12, tight=0.7, packs=False)
    mood, own = np.random.default_rng(1).random(200), np.random.default_rng(2).random((12, 200))
    return problem, problem.items.demand.drawn((0.7 * mood + 0.3 * own).clip(0.001, 0.999))


def test_a_cautious_plan_is_better_in_the_worst_outcomes_and_orders_less(several):
    problem, draws = several
    bold, shy = allocate(problem), cautious(problem, draws, 0.2)
    assert tail(outcomes(problem, draws, shy.orders), 0.2) > tail(outcomes(problem, draws, bold.orders), 0.2)
    assert shy.orders.sum() < bold.orders.sum()
    assert problem.fits(shy.orders).all()


def test_its_gain_is_the_mean_of_the_worst_outcomes_and_near_its_bound(several):
    problem, draws = several
    shy = cautious(problem, draws, 0.2)
    assert shy.gain == pytest.approx(tail(outcomes(problem, draws, shy.orders), 0.2))
    assert shy.gap < 0.06


def test_no_plan_nearby_is_better_by_more_than_the_gap(several):
    problem, draws = several
    shy, draw = cautious(problem, draws, 0.2), np.random.default_rng(5)
    others = (np.rint(shy.orders * draw.uniform(0.7, 1.3, 12)) for _ in range(300))
    found = max(tail(outcomes(problem, draws, one), 0.2) for one in others if problem.fits(one).all())
    assert found <= shy.bound


def test_all_outcomes_together_are_the_mean(several):
    values = outcomes(*several, np.ones(12))
    assert worst(1.0, values) @ values == pytest.approx(values.mean())


def test_weights_of_the_worst_share_sum_to_one():
    assert worst(0.3, np.arange(7.0)).sum() == pytest.approx(1.0)


def test_one_product_alone_gets_the_newsvendor_of_the_worst_share():
    problem = drawn(9, 1, tight=5.0, packs=False)
    draws = problem.items.demand.drawn(((np.arange(400) + 0.5) / 400)[None, :])
    plans = range(int(problem.items.high[0]) + 1)
    best = max(tail(outcomes(problem, draws, np.array([float(units)])), 0.5) for units in plans)
    alone = replace(problem, limits=problem.limits + 1e9)
    assert cautious(alone, draws, 0.5).gain == pytest.approx(best, rel=0.01)
