from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest

from models.splits import windows


def test_windows_follow_each_other_up_to_the_end_and_never_overlap(dataset, settings):
    made = windows(dataset, settings)
    assert len(made) == settings.folds + 1
    assert made[-1].end == dataset.as_of
    assert all(before.end == after.begin for before, after in pairwise(made))


def test_what_teaches_was_over_before_what_tests_was_asked(dataset, settings):
    for window in windows(dataset, settings):
        taught, tested = window.before(dataset).rows, window.within(dataset).rows
        assert taught["over_known"].max() < tested["cutoff"].min()


def test_all_listings_of_a_session_lie_in_one_fold(dataset, settings):
    folds = [set(window.within(dataset).rows["session_id"]) for window in windows(dataset, settings)]
    assert sum(len(fold) for fold in folds) == len(set.union(*folds))


def test_a_session_that_ended_late_does_not_teach(dataset, settings):
    window = windows(dataset, settings)[0]
    late = dataset.rows.with_columns(over_known=pl.col("over_known") + timedelta(days=400))
    assert window.before(type(dataset)(late, dataset.as_of, dataset.horizon)).rows.height == 0


@pytest.mark.parametrize(("listings", "weeks"), [(0, 20), (50, 20), (2_000, 1)])
def test_too_little_time_or_too_few_listings_give_no_windows(make_dataset, settings, listings, weeks):
    assert windows(make_dataset(listings, weeks=weeks), settings) == []


def test_two_horizons_are_enough_for_one_window(make_dataset, settings):
    assert len(windows(make_dataset(2_000, weeks=2), settings)) == 1
