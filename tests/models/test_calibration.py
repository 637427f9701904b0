import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import UNTRIED, Steps, Tried, learnt
from models.demand import Shape, Sight
from models.grid import LEVELS


def _tried(true_spread: float, seed: int = 0, rows: int = 6_000, sold_out: float = 0.0) -> Tried:
    """Forecasts that claim a spread of 0.3 to the 10 and 90% levels, of demand that spreads otherwise."""
    draw = np.random.default_rng(seed)
    middle = draw.normal(6.0, 0.5, rows)
    demand = np.maximum(middle + true_spread * draw.normal(size=rows), 0.0) ** 2
    stock = np.where(draw.random(rows) < sold_out, np.maximum(middle + draw.normal(size=rows), 0.0) ** 2, np.inf)
    frame = pl.DataFrame(
        {
            "sales_units": np.minimum(demand, stock),
            "demand_units": demand,
            "censored": demand > stock,
        }
    )
    shape = Shape(middle, np.full(rows, 0.3), np.full(rows, 0.3))
    return Tried(Sight(shape, middle**2), frame, np.repeat(np.arange(6), rows // 6), np.ones(rows))


def _coverage(steps: Steps, later: Tried) -> float:
    units = later.sight.shape.quantiles(
        steps.of(later.sight.shape, np.zeros(len(later.sight.shape.middle), dtype=bool))
    )
    demand = later.rows["demand_units"].to_numpy()
    return float(((demand >= units[:, 1]) & (demand <= units[:, 5])).mean())


@pytest.mark.parametrize("true_spread", [0.15, 0.6])
def test_the_80_percent_interval_of_later_sessions_holds_80_percent(true_spread):
    later = _tried(true_spread, seed=1)
    assert abs(_coverage(UNTRIED, later) - 0.8) > 0.1
    assert abs(_coverage(learnt(_tried(true_spread), 400), later) - 0.8) < 0.03


def test_sold_out_listings_do_not_pull_demand_down():
    steps = learnt(_tried(0.6, sold_out=0.5), 400)
    assert abs(_coverage(steps, _tried(0.6, seed=1)) - 0.8) < 0.04
    assert abs(steps.overall[LEVELS.index(0.5)]) < 0.15


def test_what_a_single_stretch_of_time_did_is_not_learnt():
    usual, odd = _tried(0.24), _tried(0.24, seed=2)
    lifted = pl.when(pl.int_range(pl.len()) < 1_000).then(2.0).otherwise(1.0)
    odd = Tried(
        odd.sight, odd.rows.with_columns(pl.col("sales_units", "demand_units") * lifted), odd.stretch, odd.weight
    )
    middle = LEVELS.index(0.5)
    assert abs(learnt(odd, 400).overall[middle] - learnt(usual, 400).overall[middle]) < 0.05


def test_where_all_sold_out_the_shape_keeps_its_own_width():
    blind = _tried(0.6)
    blind = Tried(blind.sight, blind.rows.with_columns(censored=pl.lit(value=True)), blind.stretch, blind.weight)
    assert learnt(blind, 400).overall == pytest.approx(UNTRIED.overall)


def test_levels_beyond_what_was_seen_grow_as_the_shape_claims():
    steps = learnt(_tried(0.3, sold_out=0.9), 400).overall
    assert np.diff(steps)[-1] <= 1.0
    assert (np.diff(steps) >= 0).all()


def test_too_few_outcomes_leave_the_shape_as_it_is():
    assert learnt(_tried(0.6, rows=24), 400) == UNTRIED


def test_steps_survive_json():
    steps = learnt(_tried(0.6), 400)
    assert Steps.read(steps.document()) == steps


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 3.0), st.floats(0, 0.9))
def test_quantiles_never_cross_and_are_never_below_zero(seed, true_spread, sold_out):
    tried = _tried(true_spread, seed, rows=120, sold_out=sold_out)
    units = tried.sight.shape.quantiles(learnt(tried, 50).of(tried.sight.shape, np.arange(120) % 2 == 0))
    assert (units >= 0).all()
    assert (np.diff(units, axis=1) >= 0).all()
    assert np.isfinite(units).all()
