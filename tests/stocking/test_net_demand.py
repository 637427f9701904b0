import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.net_demand import DRAWS, NET, beta_quantiles, with_net_demand
from stocking.plan import stocking_list

GROSS = [name.removeprefix("net_") for name in NET]
EVEN = (np.arange(DRAWS) + 0.5) / DRAWS


def forecast(quantiles, rate, close=None):
    columns = {name: [float(value)] for name, value in zip(LEVELS, quantiles, strict=True)}
    lines = pl.DataFrame(columns | {"demand_mean": [0.0], "returned_share": [rate], "return_concentration": [close]})
    known = lines.with_columns(demand_mean=pl.Series(Demand.of(lines).mean))
    return known.with_columns(pl.col("return_concentration").cast(pl.Float64))


STEADY = [100.0 * level for level in LEVELS.values()]


def net(quantiles, rate, close=None):
    return with_net_demand(forecast(quantiles, rate, close)).select(NET).row(0)


def test_where_nothing_comes_back_net_demand_is_gross_demand():
    lines = forecast(STEADY, 0.0)
    assert net(STEADY, 0.0) == pytest.approx(lines.select(GROSS).row(0), rel=0.01)


def test_where_everything_comes_back_nothing_stays_sold():
    assert net(STEADY, 1.0) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("close", [None, 1.0, 50.0])
@pytest.mark.parametrize("rate", [0.02, 0.3, 0.7])
def test_the_mean_is_the_product_of_means_since_demand_and_returns_are_independent(rate, close):
    lines = forecast(STEADY, rate, close)
    assert net(STEADY, rate, close)[0] == pytest.approx(lines["demand_mean"][0] * (1 - rate), rel=0.02)


def test_a_hundred_sure_units_keep_what_the_binomial_distribution_leaves():
    """Of 100 units with a rate of 0.2, 80 stay in the middle, and 75 to 85 in four cases of five (sd 4)."""
    assert net([100.0] * 8, 0.2) == pytest.approx((80.0, 75.0, 80.0, 85.0), abs=0.5)


def test_a_single_unit_comes_back_whole_or_not_at_all():
    mean, p10, p50, p90 = net([1.0] * 8, 0.3)
    assert mean == pytest.approx(0.7, abs=0.04)
    assert (p10, p50, p90) == (0.0, 1.0, 1.0)


def test_a_rate_that_is_less_sure_spreads_net_demand_further():
    close, loose = net([100.0] * 8, 0.3, 1_000.0), net([100.0] * 8, 0.3, 5.0)
    assert loose[1] < close[1] - 10
    assert loose[3] > close[3] + 5
    assert loose[0] == pytest.approx(close[0], rel=0.01)


def test_where_listings_come_back_whole_or_not_at_all_the_median_is_all_or_nothing():
    assert net([100.0] * 8, 0.3, 0.1)[1:] == pytest.approx((0.0, 100.0, 100.0), abs=2.0)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(0, 80), min_size=8, max_size=8),
    st.floats(0, 1),
    st.none() | st.floats(0.1, 1e4),
)
def test_net_demand_is_ordered_never_negative_and_never_above_gross(steps, rate, close):
    lines = with_net_demand(forecast(np.cumsum(steps), rate, close))
    row = lines.row(0, named=True)
    assert 0.0 <= row["net_demand_p10"] <= row["net_demand_p50"] <= row["net_demand_p90"]
    assert all(0.0 <= row[net_name] <= row[gross] for net_name, gross in zip(NET, GROSS, strict=True))


def test_a_line_depends_neither_on_the_order_of_the_rows_nor_on_other_rows():
    draw = np.random.default_rng(4)
    sizes, rates, loose = draw.uniform(0.1, 300, 2_500), draw.uniform(0, 1, 2_500), draw.choice([5.0, 80.0], 2_500)
    rows = [forecast(np.array(STEADY) * s / 50, r, c) for s, r, c in zip(sizes[:50], rates, loose, strict=False)]
    some = pl.concat(rows)
    told = with_net_demand(some)
    assert_frame_equal(with_net_demand(some.reverse()).reverse(), told, check_exact=True)
    assert_frame_equal(with_net_demand(pl.concat([some] * 50)).tail(50), told, check_exact=True)
    assert_frame_equal(with_net_demand(some.slice(7, 1)), told.slice(7, 1), check_exact=True)


@pytest.mark.parametrize("close", [0.1, 1.0, 40.0, 1e4])
def test_the_beta_distribution_keeps_the_mean_of_every_rate(close):
    table = beta_quantiles(close, EVEN)
    rates = 1 / (1 + np.exp(-np.linspace(-9, 9, 145)))
    assert table.mean(axis=1) == pytest.approx(np.array([0.0, *rates, 1.0]), abs=1e-3)


def test_beta_quantiles_are_those_of_a_known_distribution():
    """With c = 2 about 1/2 all shares are equally likely; draws of a rate 0.0474 (row 49) with c = 20 agree too."""
    chances = np.array([0.1, 0.5, 0.9])
    assert beta_quantiles(2.0, chances)[73] == pytest.approx(chances, abs=1e-4)
    rate = 1 / (1 + np.exp(3.0))
    drawn = np.random.default_rng(2).beta(20 * rate, 20 * (1 - rate), 400_000)
    assert beta_quantiles(20.0, chances)[49] == pytest.approx(np.quantile(drawn, chances), abs=1e-3)


def test_the_list_takes_the_default_rate_where_none_is_known(lines, stock, policy):
    unknown = stocking_list(lines({"return_rate": None}), stock(), policy)
    known = stocking_list(lines({"return_rate": policy.default_return_rate}), stock(), policy)
    assert unknown.select(NET).equals(known.select(NET))
    assert 0.9 < unknown["net_demand_mean"][0] / unknown["demand_mean"][0] < 1.0


def test_the_list_knows_how_sure_the_rate_is(lines, stock, policy):
    sure, unsure = (
        stocking_list(lines({"return_rate": 0.3, "return_concentration": close}), stock(), policy)
        for close in (1_000.0, 2.0)
    )
    assert unsure["net_demand_p10"][0] < sure["net_demand_p10"][0]
