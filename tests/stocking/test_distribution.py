import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocking.distribution import TAIL_RANGE, Demand
from stocking.lines import LEVELS

STEPS = st.lists(st.floats(0, 50).map(lambda step: round(step, 2)), min_size=8, max_size=8)
UNITS = st.floats(0, 600).map(lambda units: round(units, 1))


def forecast(quantiles, mean=None):
    columns = {name: [float(value)] for name, value in zip(LEVELS, quantiles, strict=True)}
    return Demand.of(pl.DataFrame(columns | {"demand_mean": [mean]}, schema_overrides={"demand_mean": pl.Float64}))


def drawn(demand, draws=100_000):
    """Demand at evenly spaced probabilities, by linear interpolation and an exponential tail of its own making."""
    levels = np.array([0.0, *LEVELS.values()])
    chance = (np.arange(draws) + 0.5) / draws
    body = np.interp(chance, levels, demand.knots[0])
    tail = np.where(chance > 0.98, -np.log((1 - chance) / (1 - 0.98)) * demand.tail_scale[0], 0.0)
    return body + tail


@given(STEPS, UNITS)
def test_expected_sales_and_leftover_are_the_sums_over_all_demands(steps, units):
    demand = forecast(np.cumsum(steps))
    sample = drawn(demand)
    margin = 0.01 + 1e-3 * sample.max()
    at = np.array([units])
    assert demand.expected_sales(at)[0] == pytest.approx(np.minimum(sample, units).mean(), abs=margin)
    assert demand.expected_leftover(at)[0] == pytest.approx((units - sample).clip(min=0).mean(), abs=margin)
    assert demand.mean[0] == pytest.approx(sample.mean(), abs=margin)


@given(STEPS, UNITS)
def test_the_cdf_counts_the_demands_at_or_below(steps, units):
    demand = forecast(np.cumsum(steps))
    apart = units + 1e-6  # not on a lump, where the last bit of a demand decides
    assert demand.cdf(np.array([apart]))[0] == pytest.approx((drawn(demand) <= apart).mean(), abs=1e-3)


@given(STEPS, st.floats(0.001, 0.999))
def test_the_inverse_undoes_the_cdf(steps, chance):
    demand = forecast(np.cumsum(steps))
    units = demand.inverse(np.array([chance]))
    assert demand.cdf(units + 1e-6)[0] >= chance - 1e-6
    assert demand.cdf(units - 1e-6)[0] <= chance + 1e-6 or units[0] == 0


def test_the_inverse_gives_back_the_forecast_quantiles():
    quantiles = [1, 2, 5, 9, 14, 20, 30, 50]
    demand = forecast(quantiles)
    assert [demand.inverse(np.array([level]))[0] for level in LEVELS.values()] == pytest.approx(quantiles)


def test_many_zeros_are_a_lump_at_zero():
    demand = forecast([0, 0, 0, 0, 0, 4, 6, 8])
    assert demand.cdf(np.array([0.0]))[0] == pytest.approx(0.75)


def test_certain_demand_is_met_by_exactly_so_many_units():
    demand = forecast([10] * 8)
    assert demand.mean[0] == pytest.approx(10)
    assert demand.cdf(np.array([9.99, 10.0])).tolist() == [0.0, 1.0]
    assert [demand.expected_sales(np.array([units]))[0] for units in (4.0, 10.0, 99.0)] == pytest.approx([4, 10, 10])


def test_demand_below_p05_goes_on_straight_but_never_below_zero():
    assert forecast([8, 10, 12, 14, 16, 18, 20, 22]).inverse(np.array([0.0]))[0] == 6
    assert forecast([2, 10, 12, 14, 16, 18, 20, 22]).inverse(np.array([0.0]))[0] == 0


@pytest.mark.parametrize("stretch", [0.7, 1.0, 2.0])
def test_the_tail_gives_the_forecast_its_own_mean(stretch):
    quantiles = [1, 2, 5, 9, 14, 20, 30, 50]
    natural = forecast(quantiles)
    mean = natural.mean[0] + 0.02 * natural.tail_scale[0] * (stretch - 1)
    assert forecast(quantiles, mean).mean[0] == pytest.approx(mean)


@pytest.mark.parametrize(("mean", "bound"), [(0.0, TAIL_RANGE[0]), (1e9, TAIL_RANGE[1])])
def test_a_mean_at_odds_with_the_quantiles_bends_the_tail_only_so_far(mean, bound):
    quantiles = [1, 2, 5, 9, 14, 20, 30, 50]
    assert forecast(quantiles, mean).tail_scale[0] == pytest.approx(bound * forecast(quantiles).tail_scale[0])


def test_no_listings_have_no_distributions():
    empty = Demand.of(pl.DataFrame(schema=dict.fromkeys([*LEVELS, "demand_mean"], pl.Float64)))
    none = np.array([])
    assert [len(part) for part in (empty.mean, empty.cdf(none), empty.inverse(none), empty.expected_sales(none))] == [
        0
    ] * 4
