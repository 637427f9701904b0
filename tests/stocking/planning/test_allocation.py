import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joint_problems import drawn, legal

from stocking.distribution import Demand
from stocking.planning.allocation import allocate, fitted
from stocking.planning.exact import Effort, prove

DRAWN = st.builds(
    drawn,
    st.integers(0, 10_000),
    st.integers(1, 24),
    tight=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.5]),
    packs=st.booleans(),
    most=st.sampled_from([None, 1, 2]),
)
thoroughly = settings(max_examples=25, deadline=None)


def is_legal(problem, orders):
    items = problem.items
    packed = np.isclose(orders / items.terms.pack, np.rint(orders / items.terms.pack))
    return packed & ((orders == 0) | (orders >= items.terms.least)) & (orders <= items.high) & (orders >= items.low)


@thoroughly
@given(DRAWN)
def test_no_limit_is_broken_and_every_order_is_legal(problem):
    found = allocate(problem)
    assert problem.fits(found.orders).all()
    assert problem.counted(found.orders).all()
    assert is_legal(problem, found.orders).all()


@thoroughly
@given(DRAWN)
def test_the_gain_is_what_the_orders_gain_and_the_bound_is_above_it(problem):
    found = allocate(problem)
    assert found.gain == pytest.approx(problem.gain(found.orders))
    assert found.gain >= 0.0
    assert found.bound >= found.gain - 1e-6 * max(1.0, found.gain)


@pytest.mark.parametrize("most", [None, 1])
@pytest.mark.parametrize("seed", range(6))
def test_no_legal_plan_at_all_exceeds_the_bound_and_the_solver_finds_the_best(seed, most):
    problem = drawn(seed, 3, tight=0.4, most=most)
    plans = (np.array(plan) for plan in itertools.product(*(legal(problem.items, item)[:40] for item in range(3))))
    best = max(problem.gain(plan) for plan in plans if problem.fits(plan).all() and problem.counted(plan).all())
    found, proven = allocate(problem), prove(problem, Effort(seconds=10.0, gap=1e-4))
    assert found.bound >= best - 1e-6
    assert proven.gain == pytest.approx(best, rel=1e-3)
    assert proven.bound >= best - 1e-6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.2, 0.6]), st.sampled_from([None, 2]))
def test_the_solver_keeps_to_the_limits_and_is_never_worse_than_the_allocation(seed, tight, most):
    problem = drawn(seed, 16, tight=tight, most=most)
    found, proven = allocate(problem), prove(problem, Effort(seconds=2.0))
    assert problem.fits(proven.orders).all()
    assert problem.counted(proven.orders).all()
    assert is_legal(problem, proven.orders).all()
    assert proven.gain >= found.gain
    assert proven.bound <= found.bound + 1e-9 * found.bound


def test_without_packs_prices_alone_leave_next_to_nothing():
    problem = drawn(1, 2_000, tight=0.5, packs=False)
    assert allocate(problem).gap < 0.002


def test_where_nothing_is_short_every_item_gets_its_own_best_order():
    problem = drawn(3, 50, tight=10.0)
    found = allocate(problem)
    assert found.orders.tolist() == problem.items.legal(np.zeros(50)).tolist()
    assert found.worth.tolist() == [0.0] * 6
    assert found.gap == pytest.approx(0.0, abs=1e-9)


@thoroughly
@given(st.integers(0, 10_000))
def test_only_what_falls_short_is_worth_anything(seed):
    problem = drawn(seed, 20, tight=0.5)
    suffices = problem.used(problem.items.wanted(np.zeros(20))) <= problem.limits
    worth = allocate(problem).worth
    assert (worth >= 0.0).all()
    assert (worth[suffices] == 0.0).all()
    assert worth.max() > 0.0


@thoroughly
@given(st.integers(0, 10_000))
def test_more_of_everything_never_lowers_the_bound(seed):
    assert allocate(drawn(seed, 20, tight=0.6)).bound >= allocate(drawn(seed, 20, tight=0.3)).bound - 1e-6


def test_what_is_far_too_much_is_taken_back_in_few_rounds():
    one = drawn(2, 6, tight=0.5, packs=False)
    huge = replace(one.items, demand=Demand(one.items.demand.knots * 1e7, one.items.demand.tail_scale * 1e7))
    huge = replace(huge, high=np.floor(huge.demand.inverse(np.full(6, 0.98))))
    problem = replace(one, items=huge, limits=one.limits * 1e6)
    orders = fitted(problem, huge.high)
    assert problem.fits(orders).all()
    assert problem.gain(orders) > 0.0


def test_a_solvers_answer_is_checked_before_it_is_taken():
    items = drawn(3, 4, tight=0.5).items
    assert items.allows(items.terms.not_below(np.ones(4))).all()
    assert not items.allows(items.high + items.terms.pack).any()
    forced = replace(items, low=items.terms.not_below(np.ones(4)))
    assert not forced.allows(np.zeros(4)).any()
