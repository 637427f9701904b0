from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.dataset import LISTING
from models.ripening import Lessons, come_by
from models.shares import Shares

SHARES = Shares(overall=0.2, prior_units=30)


def _aged(dataset, days, back, *, ripe=False):
    """The listings as if all had been held so many days before the end, each with so many of 10 units back."""
    rows = dataset.rows.head(len(back)).with_columns(
        scheduled_at=pl.lit(dataset.as_of - timedelta(days=days, hours=1)),
        sales_units=pl.lit(10, pl.Int64),
        returned_units=pl.Series(back, dtype=pl.Int64),
        return_matured=pl.lit(ripe),
    )
    return replace(dataset, rows=rows)


def _joined(one, other):
    return replace(one, rows=pl.concat([one.rows, other.rows.with_columns(pl.col("product_id") + "x")]))


def test_returns_come_in_at_the_share_of_what_is_expected_and_never_fall_back():
    age, back = np.array([1.0, 3.0, 5.0, 5.0]), np.array([1.0, 6.0, 2.0, 2.0])
    found = come_by(age, back, np.full(4, 10.0), np.zeros(4))
    assert found.tolist() == pytest.approx([0.1, 1 / 3, 1 / 3, 1 / 3])


def test_before_the_first_age_seen_nothing_has_come_and_between_two_ages_what_had_come_at_the_earlier():
    found = come_by(
        np.array([1.0, 2.0, 4.0, 9.0]), np.array([0.0, 2.0, 0.0, 8.0]), np.array([0.0, 10, 0, 10]), np.zeros(4)
    )
    assert found.tolist() == pytest.approx([0.0, 0.2, 0.2, 0.8])


def test_a_listing_whose_returns_still_come_teaches_what_will_come_and_weighs_what_has_come(dataset):
    """Of 10 sold two are expected back, and one is: half has come."""
    ripe, young = _aged(dataset, 60, [2] * 20, ripe=True), _aged(dataset, 5, [1] * 20)
    lessons = Lessons.of(_joined(ripe, young), SHARES)
    still = lessons.dataset.rows["return_matured"].to_numpy() == np.False_
    assert lessons.label[still] == pytest.approx(0.2)
    assert lessons.label[~still] == pytest.approx(0.2)
    assert (lessons.weight[still] / lessons.weight[~still]).tolist() == pytest.approx([0.5] * 20, rel=0.01)


def test_a_listing_of_which_nothing_can_have_come_yet_teaches_nothing(dataset):
    ripe, fresh = _aged(dataset, 60, [2] * 20, ripe=True), _aged(dataset, 0, [0] * 20)
    lessons = Lessons.of(_joined(ripe, fresh), SHARES)
    assert lessons.dataset.rows["return_matured"].all()


def test_a_giant_listing_weighs_no_more_than_its_own_luck_allows(dataset):
    """Where listings come back whole or not at all, a thousand units of one tell as much as two of another."""
    rows = _aged(dataset, 60, [0, 10] * 10, ripe=True)
    giant = pl.when(pl.int_range(pl.len()) < 2).then(1_000).otherwise(10)
    big = replace(
        rows, rows=rows.rows.with_columns(sales_units=giant, returned_units=pl.col("returned_units") / 10 * giant)
    )
    lessons = Lessons.of(big, SHARES)
    assert lessons.weight.max() / lessons.weight.min() < 1.1


def test_each_listing_teaches_once_as_it_looked_last(dataset):
    rows = _aged(dataset, 60, [2] * 5, ripe=True).rows
    both = pl.concat([rows.with_columns(pl.col("cutoff") - timedelta(days=1), price=pl.lit(1.0, pl.Float32)), rows])
    lessons = Lessons.of(replace(dataset, rows=both), SHARES)
    assert lessons.dataset.rows.sort(LISTING).equals(rows.sort(LISTING))
