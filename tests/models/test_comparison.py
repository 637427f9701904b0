from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from models.comparison import NothingSharedError, comparison
from models.grid import FORECAST, QUANTILES

BEGIN = datetime(2024, 6, 3, tzinfo=UTC)


def told(units, forecast, chance, begin=BEGIN):
    """Listings of one session each, with one number as the whole distribution."""
    count = len(units)
    truth = {
        "session_id": [f"s{number:03}" for number in range(count)],
        "product_id": ["p"] * count,
        "cutoff": [begin] * count,
        "scheduled_at": [begin + timedelta(days=1)] * count,
        "over_known": [begin + timedelta(days=1, hours=3)] * count,
        "is_new_product": [False] * count,
        "sales_units": units,
        "demand_units": [float(one) for one in units],
        "censored": [False] * count,
        "available_share": [1.0] * count,
        "returned_units": [0] * count,
        "return_matured": [True] * count,
        "hit_bar_units": [30.0] * count,
        "hit": [one > 30 for one in units],
    }
    said = dict.fromkeys(QUANTILES, forecast) | {"demand_mean": forecast, "p_hit": chance}
    return pl.DataFrame({**truth, **{name: said.get(name, [0.0] * count) for name in FORECAST}})


UNITS = [10, 40] * 20
RIGHT = told(UNITS, [float(one) for one in UNITS], [0.1, 0.9] * 20)
OFF = told(UNITS, [one + 5.0 for one in UNITS], [0.9, 0.1] * 20)


def test_numbers_are_those_of_a_hand_calculation(settings):
    found = comparison(OFF, RIGHT, settings)
    lines = {line.metric: line for line in found.lines}
    assert (found.rows, found.sessions) == (40, 40)
    assert lines["wape_all"].first == pytest.approx(5 * 40 / 1000)
    assert lines["wape_all"].second == 0
    assert lines["wape_all"].better.value == pytest.approx(0.2)
    assert lines["ap_all"].second == 1


def test_whoever_is_better_in_nine_of_ten_draws_wins_on_whichever_side(settings):
    for first, second, winner in ((OFF, RIGHT, "second"), (RIGHT, OFF, "first")):
        winners = {line.metric: line.winner for line in comparison(first, second, settings).lines}
        assert {name: winners[name] for name in ("pinball_all", "wape_all", "ap_all")} == {
            "pinball_all": winner, "wape_all": winner, "ap_all": winner,
        }  # fmt: skip


def test_a_difference_in_one_session_of_many_is_no_win(settings):
    lucky = RIGHT.with_columns(
        pl.when(pl.int_range(pl.len()) > 0).then("demand_p50").otherwise(99.0).alias("demand_p50")
    )
    line = next(one for one in comparison(lucky, RIGHT, settings).lines if one.metric == "wape_all")
    assert line.better.value > 0
    assert line.better.low == 0
    assert line.winner == "neither"


def test_only_rows_that_both_forecast_count_whatever_their_order(settings):
    found = comparison(OFF.head(30).reverse(), RIGHT.tail(20), settings)
    assert found.rows == 10
    assert next(one for one in found.lines if one.metric == "wape_all").first == pytest.approx(0.2)


def test_outcomes_are_those_that_the_later_one_knew(settings):
    later = told([20] * 40, [20.0] * 40, [0.5] * 40).with_columns(pl.col("over_known") + timedelta(days=1))
    found = comparison(RIGHT, later, settings)
    assert next(one for one in found.lines if one.metric == "wape_all").second == 0


def test_forecasts_at_other_cutoffs_cannot_be_compared(settings):
    with pytest.raises(NothingSharedError, match="same cutoff"):
        comparison(RIGHT, told(UNITS, [1.0] * 40, [0.5] * 40, BEGIN + timedelta(hours=1)), settings)
