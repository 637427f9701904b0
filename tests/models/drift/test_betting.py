import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drift.betting import POWERS, capital, gaps, together
from models.drift.worse import evidence


def test_a_number_above_all_before_it_falls_into_the_first_gap_and_one_below_all_into_the_last():
    assert gaps(np.array([1.0, 2.0, 5.0, 1.5, 0.0]), 2, "any").tolist() == [0, 1, 2]


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=30), st.floats(0.5, 4.0))
def test_only_the_order_of_the_numbers_counts(numbers, stretch):
    scores = np.round(np.array(numbers), 3)
    assert gaps(scores, 5, "any").tolist() == gaps(scores * stretch, 5, "any").tolist()


def test_equal_numbers_are_told_apart_by_dice_that_are_always_the_same():
    same = np.zeros(400)
    found = gaps(same, 20, "one")
    assert found.tolist() == gaps(same, 20, "one").tolist() != gaps(same, 20, "two").tolist()
    assert 8 < found.mean() < 12


@pytest.mark.parametrize("two_sided", [True, False])
def test_in_an_unchanging_world_the_capital_is_expected_to_stay_what_it_is(two_sided):
    """The chance of each gap is known exactly, so that the expectation is a sum over all of them, day by day."""
    reference, fallen = 3, [0, 2, 0]
    before = capital(np.array(fallen), reference, 0.1, two_sided=two_sided)[-1]
    counts = np.ones(reference + 1) + np.bincount(fallen, minlength=reference + 1)
    after = [capital(np.array([*fallen, gap]), reference, 0.1, two_sided=two_sided)[-1] for gap in range(4)]
    assert counts / counts.sum() @ np.array(after) == pytest.approx(before)


def test_numbers_that_jump_are_bet_on_within_days_and_numbers_that_do_not_are_not():
    dice = np.random.default_rng(1)
    calm = dice.normal(size=80)
    jumped = np.concatenate([calm[:50], calm[50:] + 4.0])
    assert capital(gaps(calm, 40, "x"), 40, 0.03).max() < 20
    told = capital(gaps(jumped, 40, "x"), 40, 0.03)
    assert np.flatnonzero(told > 80)[0] <= 10 + 6


def test_low_numbers_count_only_where_both_sides_are_odd():
    low = np.concatenate([np.arange(20.0), np.full(8, -5.0) - np.arange(8)])
    assert capital(gaps(low, 20, "x"), 20, 0.03)[-1] > 100
    assert capital(gaps(low, 20, "x"), 20, 0.03, two_sided=False)[-1] < 1


@pytest.mark.parametrize(("heavy", "most"), [(False, 0.05), (True, 0.05)])
def test_of_many_unchanging_worlds_few_ever_reach_twenty_whatever_the_numbers_are_drawn_from(heavy, most):
    dice = np.random.default_rng(7)
    worlds = dice.standard_t(2, (600, 70)) if heavy else dice.normal(size=(600, 70))
    reached = [capital(gaps(world, 30, str(n)), 30, 0.03).max() >= 20 for n, world in enumerate(worlds)]
    assert np.mean(reached) <= most


def test_several_streams_share_one_capital():
    assert together([np.array([1.0, 5.0]), np.array([1.0, 1.0])]).tolist() == [1.0, 3.0]
    assert all(0 < power < 1 for power in POWERS)


def test_losing_every_day_is_soon_no_chance_and_losing_every_other_day_stays_one():
    assert np.flatnonzero(evidence(np.ones(10)) > 20)[0] + 1 == 7
    assert evidence(np.tile([1.0, 0.0], 100)).max() < 3
    assert np.isfinite(evidence(np.ones(3000))).all()


def test_of_many_that_are_no_worse_few_are_ever_called_so():
    dice = np.random.default_rng(3)
    ever = [evidence(dice.integers(0, 2, 200).astype(float)).max() >= 20 for _ in range(600)]
    assert np.mean(ever) <= 0.05
