import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.demand import Shape, Sight
from models.hits import AS_THEY_ARE, Odds, calibrated, sigmoid

ROWS = 8_000


def _outcomes(slope: float, intercept: float, seed: int = 0):
    draw = np.random.default_rng(seed)
    raw = draw.normal(-1.5, 1.5, ROWS)
    return raw, draw.random(ROWS) < sigmoid(intercept + slope * raw)


def test_odds_that_boast_are_drawn_back():
    raw, hit = _outcomes(slope=0.5, intercept=-0.5)
    odds = calibrated(raw, hit, np.repeat(np.arange(8), ROWS // 8))
    assert abs(odds.slope - 0.5) < 0.05
    assert abs(odds.intercept + 0.5) < 0.1
    later, came = _outcomes(0.5, -0.5, seed=1)
    assert ((odds.probability(later) - came) ** 2).mean() < ((sigmoid(later) - came) ** 2).mean()


def test_right_odds_stay_nearly_as_they_are():
    raw, hit = _outcomes(slope=1.0, intercept=0.0)
    odds = calibrated(raw, hit, np.repeat(np.arange(8), ROWS // 8))
    assert np.abs(odds.probability(raw) - sigmoid(raw)).max() < 0.03


def test_no_outcomes_change_nothing():
    nothing = np.zeros(0)
    assert calibrated(nothing, nothing.astype(bool), nothing.astype(np.int64)) == AS_THEY_ARE


@given(st.integers(1, 60), st.booleans(), st.integers(0, 1_000))
def test_few_or_one_sided_outcomes_give_chances_and_keep_the_ranking(rows, always, seed):
    raw = np.sort(np.random.default_rng(seed).normal(size=rows) * 5)
    odds = calibrated(raw, np.full(rows, always), np.zeros(rows, dtype=np.int64))
    chance = odds.probability(raw)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (np.diff(chance) >= 0).all()


def test_odds_survive_json():
    assert Odds.read(Odds(0.25, 0.5).document()) == Odds(0.25, 0.5)


def test_the_chance_to_pass_a_bar_is_that_of_the_levels_where_it_lies_on_one():
    shape = Shape(np.array([np.sqrt(20.0)] * 3), np.full(3, 0.5), np.full(3, 0.7))
    levels = np.square([shape.middle[0] - 0.5, shape.middle[0], shape.middle[0] + 0.7])
    assert [round(float(sigmoid(shape.odds_above(bar))[0]), 6) for bar in levels] == [0.9, 0.5, 0.1]


def test_the_more_is_expected_beyond_a_bar_the_likelier_it_is_passed():
    nothing = Shape(np.zeros(4), np.ones(4), np.ones(4))
    odds = Sight(nothing, np.array([5.0, 20.0, 80.0, 1e9])).odds_above(20.0)
    assert odds[1] == 0
    assert odds[0] == -odds[2]
    assert odds[3] == 10
    assert (Sight(nothing, np.ones(4)).odds_above(0.0) == 0).all()
