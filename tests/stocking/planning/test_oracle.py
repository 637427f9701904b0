"""stockpyl's newsvendors, written by others, agree with ours for one product alone."""

import warnings

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import uniform

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.plan import planned
from stocking.units import Money, optimal_units

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings have backslashes that Python 3.12 will refuse
    from stockpyl.newsvendor import newsvendor_continuous, newsvendor_discrete, newsvendor_normal

CASES = [(0.5, 2.0, 60.0, 12.0), (3.0, 1.5, 120.0, 40.0), (1.0, 9.0, 40.0, 5.0)]


@pytest.mark.parametrize("case", CASES)
def test_normal_demand(case):
    holding, stockout, mean, deviation = case
    best, _ = newsvendor_normal(holding, stockout, mean, deviation)
    quantiles = mean + deviation * ndtri(np.array(list(LEVELS.values())))
    money = Money(np.array([10.0 + stockout]), np.array([10.0]), np.array([10.0 - holding]))
    ours = optimal_units(Demand.told(quantiles[None, :], np.array([mean])), money, 0.98)[0]
    assert ours == pytest.approx(best, abs=0.05 * deviation)  # ours is straight between its quantiles


@pytest.mark.parametrize(("price", "best_units"), [(6.0, 50), (8.0, 67), (12.0, 80)])
def test_demand_spread_evenly(lines, stock, policy, price, best_units):
    stockpyls, _ = newsvendor_continuous(holding_cost=2.0, stockout_cost=price - 4.0, demand_distrib=uniform(0, 100))
    line = planned(lines({"price": price}), stock(P1=(0, 0)), policy).lines.row(0, named=True)
    assert line["recommended_units"] == best_units == round(stockpyls)


def test_whole_units_of_a_counted_demand(lines, stock, policy):
    chances = dict.fromkeys(range(100), 0.01)
    best, _ = newsvendor_discrete(holding_cost=2.0, stockout_cost=6.0, demand_pmf=chances)
    line = planned(lines(), stock(P1=(0, 0)), policy).lines.row(0, named=True)
    assert line["recommended_units"] == pytest.approx(best, abs=1)
