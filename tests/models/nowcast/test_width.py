import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import UNTRIED
from models.grid import LEVELS
from models.nowcast.start import UNOPENED
from models.nowcast.width import NARROWEST, Known, Reach, Width

HUNDRED = np.arange(1.0, 101.0)
EXACT = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0)


def known(rows, censored=()):
    return Known(np.isin(np.arange(rows), censored), np.ones(rows))


def test_with_rows_enough_the_steps_are_the_quantiles_of_the_errors():
    found = Width.of(HUNDRED, np.full(100, 5.0), known(100), 50)
    assert found.minutes == (5.0,)
    assert found.steps == (EXACT,)


def test_a_minute_is_drawn_to_all_minutes_by_group_rows_worth():
    """100 rows at 5 minutes say 1 to 100, 100 at 30 say 101 to 200: of the medians 50 and 150 half, of 100 half."""
    errors, opened = np.concatenate([HUNDRED, HUNDRED + 100]), np.repeat([5.0, 30.0], 100)
    found = Width.of(errors, opened, known(200), 100)
    assert [row[3] for row in found.steps] == [75.0, 125.0]


def test_a_minute_of_few_rows_takes_those_of_all():
    errors, opened = np.append(HUNDRED, 1e6), np.append(np.full(100, 5.0), 30.0)
    overall = Width.of(errors, np.full(101, 5.0), known(101), 1).steps[0]
    assert Width.of(errors, opened, known(101), 1).steps[1] == overall


def test_beyond_what_sold_out_rows_tell_the_steps_grow_as_claimed():
    """The upper half sold out: its errors say "at least", and from the 50th percentile on nobody knows."""
    found = Width.of(HUNDRED, np.full(100, 5.0), known(100, range(50, 100)), 50).steps[0]
    assert found[:4] == EXACT[:4]
    assert found[4:] == pytest.approx([50 + one for one in UNTRIED.overall[4:]])


def test_where_all_sold_out_the_claimed_steps_stand():
    assert Width.of(HUNDRED, np.full(100, 5.0), known(100, range(100)), 50).steps[0] == pytest.approx(UNTRIED.overall)


def test_between_minutes_the_steps_are_straight_in_log_minutes():
    width = Width((UNOPENED, 1.0, 7.0), tuple(tuple(base + one for one in range(8)) for base in (0.0, 10.0, 20.0)))
    found = width.at(np.array([3.0, UNOPENED, 99.0]))
    assert found.shape == (3, len(LEVELS))
    assert found[:, 0].tolist() == pytest.approx([15.0, 0.0, 20.0])
    assert found[0].tolist() == pytest.approx([15.0 + one for one in range(8)])


def test_of_no_rows_there_are_no_steps():
    assert Width((5.0,), (EXACT,)).at(np.zeros(0)).shape == (0, len(LEVELS))


def test_it_survives_json():
    width = Width((UNOPENED, 5.0), (EXACT, tuple(one / 3 for one in EXACT)))
    assert Width.read(json.loads(json.dumps(width.document()))) == width


def reach(low=0.0, middle=1.0, high=3.0, start=0.0):
    return Reach.of(np.array([start]), np.array([[low], [middle], [high]]))


def test_steps_of_one_are_where_the_outer_boosters_point():
    """One below the middle and two above it."""
    one = reach()
    assert one.errors(np.array([0.0])).item() == -1.0
    assert one.errors(np.array([3.0])).item() == 1.0
    steps = np.array([[-1.0, 0.0, 0.5, 1.0]])
    assert one.units(steps)[0].tolist() == pytest.approx([math.expm1(logs) for logs in (0.0, 1.0, 2.0, 3.0)])


def test_the_boosters_add_to_the_start():
    assert reach(start=2.0).units(np.array([[0.0]])).item() == pytest.approx(math.expm1(3.0))


def test_boosters_that_cross_are_sorted():
    assert vars(reach(3.0, 0.0, 1.0)) == vars(reach())


def test_boosters_that_agree_leave_a_little_doubt():
    one = reach(1.0, 1.0, 1.0)
    assert (one.below.item(), one.above.item()) == (NARROWEST, NARROWEST)


@given(
    raw=st.lists(st.floats(-60, 60), min_size=3, max_size=3),
    steps=st.lists(st.floats(-9, 9), min_size=8, max_size=8).map(sorted),
)
def test_units_are_never_negative_never_endless_and_never_cross(raw, steps):
    units = reach(*raw).units(np.array([steps]))[0]
    assert np.isfinite(units).all()
    assert (units >= 0).all()
    assert (np.diff(units) >= 0).all()
