import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nowcast.start import FEWEST, UNOPENED, Start, between, minutes_open

THREE = (UNOPENED, 1.0, 7.0)


def told(opened, minutes=THREE, columns=(5.0, 10.0, 20.0)):
    """What one row comes to of which the columns are told."""
    return between(np.array([columns]), np.array([opened]), minutes).item()


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (UNOPENED, 5.0),
        (1.0, 10.0),
        (7.0, 20.0),
        (3.0, 15.0),  # log 4 lies halfway between log 2 and log 8
        (0.0, 10.0),
        (500.0, 20.0),
    ],
)
def test_between_minutes_it_is_straight_in_their_logarithm_and_beyond_them_level(opened, expected):
    assert told(opened) == pytest.approx(expected)


def test_the_column_of_the_unopened_has_no_say_in_the_opened():
    assert told(0.2, columns=(1e9, 10.0, 20.0)) == 10.0


def test_where_nothing_unopened_was_learnt_the_first_minute_speaks_for_it():
    assert told(UNOPENED, minutes=(1.0, 7.0), columns=(10.0, 20.0)) == 10.0


def test_where_only_unopened_were_learnt_they_speak_for_all():
    assert told(30.0, minutes=(UNOPENED,), columns=(5.0,)) == 5.0


@given(opened=st.floats(0, 10_000), columns=st.lists(st.floats(-50, 50), min_size=4, max_size=4))
def test_what_is_between_never_leaves_what_is_told_around_it(opened, columns):
    minutes = (UNOPENED, 1.0, 5.0, 30.0)
    found = told(opened, minutes, columns)
    above = int(np.searchsorted(minutes, opened))
    around = [columns[max(1, min(above - 1, 3))], columns[max(1, min(above, 3))]]
    assert min(around) - 1e-9 <= found <= max(around) + 1e-9


def test_each_row_goes_by_its_own_minute():
    found = between(np.tile([5.0, 10.0, 20.0], (3, 1)), np.array([7.0, UNOPENED, 3.0]), THREE)
    assert found.tolist() == pytest.approx([20.0, 5.0, 15.0])


def test_minutes_open_of_what_has_not_opened_is_minus_one(moment):
    assert minutes_open(moment({}, {"listing_minutes_open": None})).tolist() == [5.0, UNOPENED]


def _several(moment, minute, units):
    """As many listings as a line of their own takes, of which so many units each came by a minute."""
    changes = [
        {"listing_minutes_open": minute, "listing_units_ever": units[number % len(units)], "listing_carts_ever": 0,
         "listing_clicks_ever": 0, "plan_mean": 0.0}
        for number in range(FEWEST)
    ]  # fmt: skip
    return moment(*changes)


def test_a_minute_gets_the_line_that_made_its_rows(moment):
    """log(1 + final) = 1 + 0.5 log(1 + units): the line is found, and told of units in between, too."""
    rows = _several(moment, 5.0, (0, 3, 8, 15))
    logs = 1 + 0.5 * np.log1p(rows["listing_units_ever"].to_numpy().astype(float))
    start = Start.of(rows, logs, np.ones(rows.height), 1e-9)
    assert start.minutes == (5.0,)
    assert start.logs(moment({"listing_units_ever": 24, "listing_carts_ever": 0, "listing_clicks_ever": 0,
                              "plan_mean": 0.0})) == pytest.approx([1 + 0.5 * math.log(25)], abs=1e-3)  # fmt: skip


def test_rows_that_count_more_draw_the_line(moment):
    rows = _several(moment, 5.0, (0,))
    logs, heavy = np.repeat([1.0, 2.0], FEWEST // 2), np.repeat([3.0, 1.0], FEWEST // 2)
    start = Start.of(rows, logs, heavy, 1.0)
    assert start.lines[0][0] == pytest.approx(1.25, abs=1e-3)


def test_a_minute_with_few_rows_borrows_those_of_the_nearest(moment):
    """One row at 6 minutes says 9; those around it, at 5, say 1 and are many."""
    rows = _several(moment, 5.0, (0,)).vstack(_several(moment, 6.0, (0,)).head(1))
    start = Start.of(rows, np.array([1.0] * FEWEST + [9.0]), np.ones(FEWEST + 1), 1.0)
    assert start.minutes == (5.0, 6.0)
    assert start.lines[1][0] == pytest.approx((FEWEST - 1 + 9) / FEWEST, abs=1e-2)


def test_it_survives_json(nowcaster, seen):
    start, rows = nowcaster.start, seen(3, seed=5)
    again = Start.read(json.loads(json.dumps(start.document())))
    assert again == start
    assert again.logs(rows).tolist() == start.logs(rows).tolist()
