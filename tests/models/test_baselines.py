import polars as pl

from models.baselines import PLAIN, forecasts
from models.grid import FORECAST


def test_the_last_session_is_taken_as_it_was_where_there_was_one(dataset, settings):
    asked = dataset.rows.with_columns(
        room_units_last=pl.lit(None, pl.Float32), category_units_28d=pl.lit(7.0, pl.Float32)
    ).with_columns(units_last=pl.when(pl.int_range(pl.len()) > 0).then("units_last"))
    told = forecasts(dataset, asked, settings)["last_session"]
    assert told["demand_p50"][0] == 7.0
    assert told["demand_p50"][1:].to_list() == asked["units_last"].cast(pl.Float64)[1:].to_list()


def test_every_baseline_has_the_forecast_columns_and_a_chance(dataset, settings):
    for told in forecasts(dataset, dataset.rows, settings).values():
        assert told.columns[3:] == list(FORECAST)
        assert told["p_hit"].is_between(0, 1).all()
        assert (told["demand_p50"] >= 0).all()


def test_the_plain_one_takes_sales_for_demand(dataset, settings):
    halved = dataset.rows.with_columns(sales_units=pl.col("sales_units") // 2)
    usual = forecasts(dataset, dataset.rows, settings)[PLAIN]["demand_p50"].mean()
    less = forecasts(type(dataset)(halved, dataset.as_of, dataset.horizon), dataset.rows, settings)[PLAIN]
    assert less["demand_p50"].mean() < 0.7 * usual


def test_without_any_past_there_still_is_an_answer(dataset, make_dataset, settings):
    told = forecasts(make_dataset(0), dataset.rows.head(3), settings)
    assert all(frame.height == 3 for frame in told.values())
