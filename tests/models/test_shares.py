import numpy as np
import polars as pl
import pytest
from ended_listings import ended

from models.shares import LOOSEST, TIGHTEST, Shares, concentration

ASKED = pl.DataFrame(
    {
        "product_return_share": [0.5, None, 0.5],
        "category_return_share": [0.1, 0.1, None],
        "product_matured_units": [30.0, 0.0, 0.0],
    },
    schema_overrides={"product_matured_units": pl.Float32},
)


def test_only_sales_old_enough_are_counted():
    assert Shares.of(ended([100, 100], [20, 90], [True, False]), 30).overall == pytest.approx(0.2)


def test_a_listing_seen_at_several_lead_times_counts_once():
    rows = ended([100, 50], [20, 5], [True, True])
    assert Shares.of(pl.concat([rows, rows.head(1)]), 30).overall == pytest.approx(25 / 150)


def test_a_product_is_drawn_to_its_category_and_that_to_all():
    rates = Shares(overall=0.2, prior_units=30).rate(ASKED)
    assert rates.to_list() == pytest.approx([(30 * 0.5 + 30 * 0.1) / 60, 0.1, 0.2])


def test_without_returns_nothing_is_known():
    assert Shares.of(ended([100], [0], [True]), 30).rate(ASKED).to_list() == [None] * 3


def test_they_survive_json():
    assert Shares.read(Shares(0.2, 30).document()) == Shares(0.2, 30)


@pytest.mark.parametrize("close", [5.0, 50.0])
def test_how_closely_listings_keep_to_their_rates_is_found_again(close):
    draw = np.random.default_rng(1)
    rate, units = draw.uniform(0.05, 0.5, 20_000), draw.integers(1, 60, 20_000).astype(float)
    back = draw.binomial(units.astype(int), draw.beta(close * rate, close * (1 - rate)))
    assert concentration(units, back, rate) == pytest.approx(close, rel=0.1)


def test_listings_that_scatter_less_than_coins_are_as_close_as_can_be_and_lumps_as_loose():
    units, rate = np.full(4, 10.0), np.full(4, 0.5)
    assert concentration(units, np.full(4, 5.0), rate) == TIGHTEST
    assert concentration(units, np.array([0.0, 10.0, 0.0, 10.0]), rate) == LOOSEST
    assert concentration(np.ones(4), np.ones(4), rate) == TIGHTEST
