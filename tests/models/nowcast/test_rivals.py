import numpy as np
import polars as pl
import pytest

from models.dataset import ROW
from models.grid import QUANTILES
from models.nowcast.nowcaster import NOWCAST
from models.nowcast.rivals import RIVALS, log_linear, pattern, plan, rivals, run_rate


def ended(sold, final, **more):
    return {"sold_units": sold, "demand_units": final, "sales_units": final, "censored": False} | more


def said(told):
    """The levels by name and the mean of a single row."""
    units, mean = told
    assert units.shape == (1, len(QUANTILES))
    return dict(zip(QUANTILES, units[0].tolist(), strict=True)) | {"mean": mean.item()}


def test_the_log_linear_constant_is_final_over_early_sales(moment, settings):
    """Finals of 10, 10 and 3 after 4, 9 and 0 units, each plus one: twice, once, three times; 23 units of 16 in all."""
    past = moment(ended(4, 10), ended(9, 10), ended(0, 3))
    found = said(log_linear(past, moment({"sold_units": 19}), settings))
    expected = dict.fromkeys(QUANTILES, 60.0) | dict.fromkeys(QUANTILES[:3], 20.0) | {"demand_p50": 40.0}
    assert found == pytest.approx(expected | {"mean": 20 * 23 / 16})


def test_rebuilt_demand_speaks_less_in_it(moment, settings):
    """Two that sold out at twice the multiple, each trusted by 0.5 * 0.7: the seen one still is the median."""
    sold_out = ended(9, 20, censored=True, available_share=0.7)
    past = moment(ended(9, 10), sold_out, sold_out)
    assert said(log_linear(past, moment({"sold_units": 9}), settings))["demand_p50"] == pytest.approx(10.0)


def test_the_run_rate_goes_on_until_the_end(moment, settings):
    """Half a unit more than 4 in 5 minutes and 15 to go: 18, and it became 36. Then 9.5 in 5 minutes and 5 to go."""
    past = moment(ended(4, 36, session_minutes_left=15.0))
    found = said(run_rate(past, moment({"sold_units": 9, "session_minutes_left": 5.0}), settings))
    assert found == pytest.approx(dict.fromkeys((*QUANTILES, "mean"), 38.0))


def test_the_run_rate_of_what_has_not_opened_takes_a_first_minute(moment, settings):
    """Half a unit in one minute and 9 to go is 5, where one of the past that ran so came to 10."""
    waiting = {"listing_minutes_open": None, "session_minutes_left": 9.0, "sold_units": 0}
    assert said(run_rate(moment(ended(0, 10) | waiting), moment(waiting), settings))["mean"] == pytest.approx(10.0)


def test_without_a_planned_end_the_run_rate_is_what_came(moment, settings):
    past = moment(ended(9, 19, session_minutes_left=None))
    found = said(run_rate(past, moment({"sold_units": 9, "session_minutes_left": None}), settings))
    assert found["demand_p50"] == pytest.approx(19.0)


def test_the_plan_is_told_unchanged(moment, settings):
    levels = {f"was_{name}": float(place) for place, name in enumerate(QUANTILES)}
    found = said(plan(moment({}), moment(levels | {"was_demand_mean": 3.3, "sold_units": 99}), settings))
    assert found == {name: float(place) for place, name in enumerate(QUANTILES)} | {"mean": 3.3}


def neighbours(settings, number):
    return settings.model_copy(update={"nowcast": settings.nowcast.model_copy(update={"neighbours": number})})


CURVES = [ended(0, 4, listing_clicks_ever=7), ended(0, 8, listing_clicks_ever=9), ended(0, 99, listing_clicks_ever=900)]


@pytest.mark.parametrize(("number", "median", "mean"), [(1, 4.0, 4.0), (2, 6.0, 6.0), (3, 8.0, 37.0), (50, 8.0, 37.0)])
def test_the_pattern_is_what_became_of_the_nearest_curves(moment, settings, number, median, mean):
    found = said(pattern(moment(*CURVES), moment({"listing_clicks_ever": 7}), neighbours(settings, number)))
    assert (found["demand_p50"], found["mean"]) == (median, pytest.approx(mean))


def test_several_rows_each_find_their_own_pattern(moment, settings):
    rows = moment({"listing_clicks_ever": 900}, {"listing_clicks_ever": 7})
    units, _ = pattern(moment(*CURVES), rows, neighbours(settings, 1))
    assert units[:, 3].tolist() == [99.0, 4.0]


def test_minutes_are_compared_with_their_own_as_far_as_there_are_enough(moment, settings):
    """Sixty listings doubled from minute 5 on, sixty stayed as they were from minute 30 on."""
    past = moment(*([ended(9, 20)] * 60), *([ended(9, 10, listing_minutes_open=30.0)] * 60))
    rows = moment({"sold_units": 9}, {"sold_units": 9, "listing_minutes_open": 30.0})
    assert log_linear(past, rows, settings)[0][:, 3].tolist() == pytest.approx([20.0, 10.0])


def test_no_rival_says_less_than_was_sold(moment, seen, settings):
    past, sold = seen(20), 5_000
    rows = moment({"listing_units_ever": sold, "sold_units": sold}, {"listing_minutes_open": None, "sold_units": 0})
    told = rivals(past, rows, settings)
    assert list(told) == list(RIVALS) == ["plan", "run_rate", "log_linear", "pattern"]
    for frame in told.values():
        assert frame.columns == [*ROW, *NOWCAST]
        assert frame.select(pl.min_horizontal("demand_mean", *QUANTILES))["demand_mean"][0] >= sold
        assert (np.diff(frame.select(QUANTILES).to_numpy(), axis=1) >= 0).all()
        assert frame["sold_units"].to_list() == [sold, 0]
    assert told["plan"]["demand_p50"][0] == sold


def test_what_became_of_the_rows_is_not_read(seen, settings):
    past, rows = seen(20), seen(5, seed=3)
    truth = ["demand_units", "sales_units", "censored", "available_share", "hit", "scheduled_at"]
    blind = rows.with_columns(pl.lit(None, rows.schema[name]).alias(name) for name in truth)
    told = rivals(past, rows, settings)
    assert all(frame.equals(told[name]) for name, frame in rivals(past, blind, settings).items())
