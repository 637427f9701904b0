import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.censoring import quantiles
from models.grid import LEVELS


def test_without_cut_offs_they_are_plain_quantiles():
    values = np.arange(1.0, 101.0)
    found = quantiles(values, np.zeros(100, dtype=bool), np.ones(100), np.array([0.05, 0.5, 0.98]))
    assert found.tolist() == [5.0, 50.0, 98.0]


def test_cut_off_values_are_not_taken_for_small_ones():
    draw = np.random.default_rng(0)
    demand, stock = draw.exponential(10, 20_000), draw.exponential(20, 20_000)
    sales, sold_out = np.minimum(demand, stock), demand > stock
    found = quantiles(sales, sold_out, np.ones(20_000), np.array([0.5, 0.75]))
    assert np.allclose(found, [10 * np.log(2), 10 * np.log(4)], rtol=0.05)
    assert quantiles(sales, np.zeros_like(sold_out), np.ones(20_000), np.array([0.5]))[0] < 0.75 * found[0]


def test_a_weight_of_two_is_a_row_given_twice():
    values, cut = np.array([3.0, 1.0, 2.0]), np.array([False, True, False])
    twice = quantiles(np.append(values, 3.0), np.append(cut, False), np.ones(4), np.array(LEVELS))
    assert quantiles(values, cut, np.array([2.0, 1.0, 1.0]), np.array(LEVELS)).tolist() == twice.tolist()


def test_nobody_knows_the_levels_beyond_the_largest_values_that_were_cut_off():
    values, cut = np.arange(1.0, 11.0), np.arange(10) >= 7
    found = quantiles(values, cut, np.ones(10), np.array([0.5, 0.7, 0.75, 0.98]))
    assert found[:2].tolist() == [5.0, 7.0]
    assert np.isnan(found[2:]).all()


@given(st.lists(st.tuples(st.floats(-50, 50), st.booleans()), min_size=1, max_size=40))
def test_they_rise_with_the_level_and_are_values_that_were_seen(rows):
    values, cut = np.array([value for value, _ in rows]), np.array([sold_out for _, sold_out in rows])
    found = quantiles(values, cut, np.ones(len(values)), np.array(LEVELS))
    known = found[np.isfinite(found)]
    assert (np.diff(known) >= 0).all()
    assert set(known.tolist()) <= set(values.tolist())
    assert np.isnan(found[len(known) :]).all()
