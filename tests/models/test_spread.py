import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.calibration import Tried
from models.demand import Shape, Sight
from models.grid import LEVELS
from models.ratios import Ratios
from models.ratios import learnt as ratios_learnt
from models.spread import AS_SEEN, Spread, learnt

P10, P50, P90 = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


def _tried(rows: int = 8_000, seed: int = 0, lift: float = 1.0, new_lift: float = 1.0, sold_out: float = 0.0) -> Tried:
    """Demand that scatters around `lift` times what was expected: more, relatively, where little is expected."""
    draw = np.random.default_rng(seed)
    expected = np.exp(draw.normal(2.0, 1.5, rows))
    new = draw.random(rows) < 0.2
    mean = expected * lift * np.where(new, new_lift, 1.0)
    demand = draw.negative_binomial(2.0, 2.0 / (2.0 + mean)).astype(np.float64)
    stock = np.where(draw.random(rows) < sold_out, np.floor(expected), np.inf)
    frame = pl.DataFrame(
        {
            "sales_units": np.minimum(demand, stock),
            "demand_units": demand,
            "censored": demand > stock,
            "product_showings": np.where(new, 0.0, 5.0),
        }
    )
    roots = np.sqrt(expected)
    sight = Sight(Shape(roots, np.full(rows, 0.4), np.full(rows, 0.4)), expected)
    return Tried(sight, frame, np.repeat(np.arange(4), rows // 4), np.ones(rows))


def _new(tried: Tried) -> np.ndarray:
    return tried.rows["product_showings"].to_numpy() == 0


def _below(units: np.ndarray, tried: Tried, mine: np.ndarray) -> np.ndarray:
    demand = tried.rows["demand_units"].to_numpy()
    return np.array([(demand[mine] <= units[mine, place]).mean() for place in (P50, P90)])


def test_multiples_hold_for_small_and_for_large_listings_of_later_sessions():
    ratios, later = ratios_learnt(_tried(), 400), _tried(seed=1)
    units = ratios.quantiles(later.sight.expected, _new(later))
    small = later.sight.expected < np.median(later.sight.expected)
    for mine in (small, ~small):
        assert np.abs(_below(units, later, mine) - [0.5, 0.9]).max() < 0.06  # zeros lie on a level together


def test_new_products_get_multiples_of_their_own_as_far_as_they_are_many():
    later = _tried(seed=1, new_lift=0.4)
    new = _new(later)
    off = {
        rows: np.abs(
            _below(ratios_learnt(_tried(new_lift=0.4), rows).quantiles(later.sight.expected, new), later, new)[1] - 0.9
        )
        for rows in (1, 1_000_000)
    }
    assert off[1] < 0.03 < off[1_000_000]


def test_sold_out_listings_count_as_at_least_their_sales():
    blind = _tried(sold_out=0.3)
    told = Tried(blind.sight, blind.rows.with_columns(censored=pl.lit(False)), blind.stretch, blind.weight)
    with_word, without = (ratios_learnt(one, 400).multiples for one in (blind, told))
    assert np.array(with_word)[:, P90].mean() > 1.1 * np.array(without)[:, P90].mean()


def test_the_expected_units_are_put_right_by_what_happened_and_not_beyond_reason():
    assert learnt(_tried(lift=1.25), 400).mean_factor == pytest.approx(1.25, rel=0.08)
    assert learnt(_tried(lift=9.0), 400).mean_factor == 1.5


def test_a_week_of_a_few_listings_does_not_undo_what_all_others_ask_for():
    tried = _tried(lift=1.25)
    holiday = Tried(tried.sight, tried.rows, np.where(np.arange(8_000) < 3, 9, tried.stretch), tried.weight)
    unsold = pl.when(pl.int_range(pl.len()) < 3).then(0.0).otherwise("demand_units").alias("demand_units")
    holiday = Tried(holiday.sight, holiday.rows.with_columns(unsold), holiday.stretch, holiday.weight)
    assert learnt(holiday, 400).mean_factor == pytest.approx(learnt(tried, 400).mean_factor, rel=0.02)


def test_where_nearly_all_sold_out_there_are_no_multiples():
    blind = _tried()
    assert (
        ratios_learnt(
            Tried(blind.sight, blind.rows.with_columns(censored=pl.lit(value=True)), blind.stretch, blind.weight), 400
        )
        is None
    )


def test_both_ways_are_averaged_level_by_level():
    tried = _tried()
    spread, new = learnt(tried, 400), _new(tried)
    by_shape = Spread(spread.steps, None, 1.0).quantiles(tried.sight, new)
    by_mean = spread.ratios.quantiles(tried.sight.expected, new)
    assert spread.quantiles(tried.sight, new) == pytest.approx((by_shape + by_mean) / 2)


def test_too_few_outcomes_leave_the_shape_alone():
    few = _tried(rows=24)
    assert learnt(few, 400).ratios is None
    assert learnt(few, 400).quantiles(few.sight, _new(few)) == pytest.approx(AS_SEEN.quantiles(few.sight, _new(few)))


def test_a_spread_survives_json():
    spread = learnt(_tried(), 400)
    assert Spread.read(spread.document()) == spread
    assert Spread.read(AS_SEEN.document()) == AS_SEEN


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.floats(0, 0.9), st.floats(1e-3, 1e9))
def test_quantiles_are_ordered_and_finite_whatever_is_expected(seed, sold_out, expected):
    ratios = ratios_learnt(_tried(rows=400, seed=seed, sold_out=sold_out), 50)
    assume(isinstance(ratios, Ratios))
    units = ratios.quantiles(np.full(2, expected), np.array([True, False]))
    assert np.isfinite(units).all()
    assert (units >= 0).all()
    assert (np.diff(units, axis=1) >= 0).all()
