from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.accuracy import row_pinball
from models.drift.expected import expected
from models.drift.worse import worse
from models.grid import LEVELS, QUANTILES

CUTOFF = datetime(2025, 3, 3, tzinfo=UTC)


def even(rows, top=100.0):
    """Demand spread evenly from 0 to `top`."""
    return pl.DataFrame({name: np.full(rows, top * level) for name, level in zip(QUANTILES, LEVELS, strict=True)})


def test_chances_promise_their_own_hits_and_errors():
    rows = even(3).with_columns(cutoff=CUTOFF, p_hit=pl.Series([0.5, 0.2, 0.1]))
    told = expected(rows, top=2)
    assert told["hit_share"] == pytest.approx(0.8 / 3)
    assert told["brier"] == pytest.approx((0.25 + 0.16 + 0.09) / 3)
    assert told["precision_at_k"] == pytest.approx(0.35)


def test_the_loss_that_is_promised_is_the_one_that_comes_if_demand_is_as_forecast():
    dice = np.random.default_rng(4)
    rows = even(20_000).with_columns(cutoff=CUTOFF, p_hit=0.1, demand_units=pl.Series(dice.uniform(0, 100, 20_000)))
    assert expected(rows, 20)["pinball_all"] == pytest.approx(row_pinball(rows).mean(), rel=0.02)


def test_nothing_is_promised_of_nothing():
    assert expected(even(0), 20) == {}


def days_of(loss_of, days):
    """One listing a day of demand 50, forecast as always `loss_of` units too much."""
    sharp = pl.DataFrame({name: np.full(days, 50.0 + loss_of) for name in QUANTILES})
    stretch = [date(2025, 3, 3) + timedelta(days=n) for n in range(days)]
    return sharp.with_columns(pl.Series("day", stretch), demand_units=50.0, available_share=1.0)


def test_what_is_worse_day_after_day_is_called_so_after_seven_days_at_one_in_twenty():
    assert worse(days_of(5, 6), days_of(1, 6)).evidence < 20
    found = worse(days_of(5, 7), days_of(1, 7))
    assert (found.days, found.lost) == (7, 7)
    assert found.evidence > 20
    assert found.loss > found.other


def test_what_is_better_or_the_same_is_never_called_worse():
    assert worse(days_of(1, 60), days_of(5, 60)).evidence <= 1
    same = worse(days_of(1, 60), days_of(1, 60))
    assert (same.days, same.lost, same.evidence) == (0, 0, 1.0)
    assert same.loss == same.other
