import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.plan import stocking_list
from stocking.units import (
    Money,
    OrderTerms,
    best_order,
    optimal_units,
)

STEPS = st.lists(st.integers(0, 12), min_size=8, max_size=8)
PRICES = st.tuples(st.integers(1, 30), st.integers(1, 20), st.integers(0, 20))
TERMS = st.tuples(st.integers(0, 40), st.integers(1, 12))


def demand_of(steps):
    quantiles = np.cumsum(steps).astype(float)
    return Demand.of(
        pl.DataFrame(
            {name: [value] for name, value in zip(LEVELS, quantiles, strict=True)} | {"demand_mean": [quantiles[3]]}
        )
    )


def money_of(prices):
    revenue, cost, salvage = prices
    return Money(*(np.array([float(value)]) for value in (revenue, cost, min(cost, salvage))))


def ordered(demand, money, at_hand, terms):
    total = optimal_units(demand, money, ceiling=0.999999)
    least, pack = (np.array([float(value)]) for value in terms)
    return int(best_order(demand, money, (np.array([float(at_hand)]), total), OrderTerms(least, pack))[0])


def profit(demand, money, units):
    return money.expected_profit(demand, np.array([float(units)]))[0]


def summed_profit(demand, money, units):
    """Profit added up demand by demand: sell what there is, pay for all of it, get the salvage of the rest."""
    chance = (np.arange(5_000) + 0.5) / 5_000
    wanted = np.array([demand.inverse(np.array([level]))[0] for level in chance])
    sold = np.minimum(wanted, units)
    return (sold * money.net_revenue + (units - sold) * money.salvage - units * money.cost).mean()


def test_expected_profit_is_the_sum_over_all_demands():
    demand, money = demand_of([2, 1, 3, 4, 5, 6, 3, 2]), money_of((9, 4, 1))
    for units in (0, 3, 10, 20, 40):
        assert profit(demand, money, units) == pytest.approx(summed_profit(demand, money, units), abs=0.02)


@given(STEPS, PRICES, st.integers(0, 60), TERMS)
def test_no_legal_order_earns_more(steps, prices, at_hand, terms):
    demand, money = demand_of(steps), money_of(prices)
    least, pack = terms
    legal = [0, *(units for units in range(pack, 200 + pack, pack) if units >= least)]
    best = max(profit(demand, money, at_hand + units) for units in legal)
    chosen = ordered(demand, money, at_hand, terms)
    assert profit(demand, money, at_hand + chosen) >= best - 1e-3 * max(1.0, abs(best))


@given(STEPS, PRICES, st.integers(0, 60), TERMS)
def test_an_order_is_nothing_or_whole_packs_of_at_least_the_minimum(steps, prices, at_hand, terms):
    least, pack = terms
    order = ordered(demand_of(steps), money_of(prices), at_hand, terms)
    assert order == 0 or (order >= least and order % pack == 0)


@given(STEPS, PRICES, st.integers(1, 10), st.integers(0, 60))
def test_a_better_margin_never_means_fewer_units(steps, prices, more, at_hand):
    revenue, cost, salvage = prices
    demand = demand_of(steps)
    before = ordered(demand, money_of((revenue, cost, salvage)), at_hand, (0, 1))
    after = ordered(demand, money_of((revenue + more, cost, min(salvage, cost))), at_hand, (0, 1))
    assert after >= before


@given(STEPS, PRICES, st.integers(0, 60), st.integers(1, 30))
def test_more_at_hand_never_means_a_larger_order(steps, prices, at_hand, more):
    demand, money = demand_of(steps), money_of(prices)
    assert ordered(demand, money, at_hand + more, (0, 1)) <= ordered(demand, money, at_hand, (0, 1))


def test_the_best_stock_is_the_quantile_at_the_critical_ratio(lines, policy):
    demand, money = Demand.of(lines()), Money(*np.array([[10.0], [4.0], [2.0]]))
    assert money.critical_ratio[0] == pytest.approx(6 / 8)
    assert optimal_units(demand, money, policy.service_level_max)[0] == pytest.approx(75)


def test_cheap_units_stop_at_the_highest_service_level(lines):
    riskless = Money(*np.array([[10.0], [4.0], [4.0]]))
    assert riskless.critical_ratio[0] == 1
    assert optimal_units(Demand.of(lines()), riskless, 0.9)[0] == pytest.approx(90)


@pytest.mark.parametrize("revenue", [3.0, 4.0])
def test_a_sale_that_earns_nothing_is_not_prepared_for(lines, revenue):
    assert optimal_units(Demand.of(lines()), Money(*np.array([[revenue], [4.0], [2.0]])), 0.98)[0] == 0


ORDERS = [
    ({}, 0, 75),
    ({"pack_units": 10}, 0, 70),
    ({"pack_units": 10}, 20, 50),
    ({"pack_units": 20}, 0, 80),
    ({"min_order_units": 100}, 0, 100),
    ({"min_order_units": 100}, 40, 0),
    ({"min_order_units": 100}, 60, 0),
    ({"min_order_units": 25, "pack_units": 10}, 55, 30),
    ({}, 75, 0),
    ({}, 90, 0),
]


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_that_earns_most_is_recommended(lines, stock, policy, order):
    terms, held, expected = order
    assert stocking_list(lines(terms), stock(P1=(held, 0)), policy)["recommended_units"].to_list() == [expected]
