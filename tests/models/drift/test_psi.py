from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drift.psi import Bins, binned, by_day, index, moved


def test_the_index_is_the_sum_over_bins_of_what_they_gained_times_its_logarithm():
    told = index(np.array([[30, 70]]), np.array([0.5, 0.5]))[0]
    assert told == pytest.approx(-0.2 * np.log(0.6) + 0.2 * np.log(1.4))


def test_a_number_has_bins_of_as_many_rows_each_and_one_for_what_is_unknown():
    bins = Bins.of(pl.Series("x", [*range(10), None, None], dtype=pl.Float32), 5)
    assert bins.counts(pl.Series([0.0, 9.0, 100.0, -5.0, None])).tolist() == [2, 0, 0, 0, 2, 1]
    assert bins.shares.round(3).tolist() == [0.167] * 6


def test_a_name_that_was_never_seen_is_another_one():
    bins = Bins.of(pl.Series("x", ["a", "a", "b", None]), 10)
    assert bins.words == ("a", "b")
    assert bins.counts(pl.Series(["a", "new", None])).tolist() == [1, 0, 1, 1]


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=2, max_size=60))
def test_the_reference_itself_has_not_moved_and_nothing_moves_by_less_than_nothing(values):
    rows = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float32)})
    bins = binned(rows, ["x"], 10)
    assert all(abs(psi) < 1e-9 for psi in moved(rows, bins)["psi"])
    other = pl.DataFrame({"x": pl.Series([3.0, None], dtype=pl.Float32)})
    assert all(psi >= 0 for psi in moved(other, bins)["psi"])


def test_a_feature_that_always_says_the_same_has_no_bins():
    assert binned(pl.DataFrame({"x": [1.0, 1.0]}), ["x"], 10) == {}


def test_by_day_is_free_of_what_chance_adds_to_few_rows():
    dice = np.random.default_rng(5)
    days = pl.date_range(date(2025, 1, 1), date(2025, 1, 20), eager=True)
    rows = pl.DataFrame({"day": days.gather(np.repeat(np.arange(20), 300)), "x": dice.normal(size=6000)})
    told = by_day(rows, binned(rows, ["x"], 10))
    assert abs(told["psi"].mean()) < 0.01
    far = by_day(rows.with_columns(pl.col("x") + 2), binned(rows, ["x"], 10))
    assert far["psi"].min() > 0.5
