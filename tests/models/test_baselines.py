from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.settings import LabelSettings
from models.baselines import PLAIN, everything, forecasts, sales_as_demand
from models.baselines.spread import Spread
from models.grid import FORECAST, LEVELS, QUANTILES

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def told(dataset, settings):
    return everything(dataset, dataset.rows, settings)


def test_the_last_session_is_taken_as_it_was_where_there_was_one(dataset, settings):
    asked = dataset.rows.with_columns(
        room_units_last=pl.lit(None, pl.Float32), category_units_28d=pl.lit(7.0, pl.Float32)
    ).with_columns(units_last=pl.when(pl.int_range(pl.len()) > 0).then("units_last"))
    told = forecasts(dataset, asked, settings)["last_session"]
    assert told["demand_mean"][0] == 7.0
    assert told["demand_mean"][1:].to_list() == asked["units_last"].cast(pl.Float64)[1:].to_list()


def test_days_of_cover_are_the_daily_units_times_the_days_since_the_last_showing(dataset, settings):
    since = pl.Series([None, 4.0] * (dataset.rows.height // 2), dtype=pl.Float32)
    asked = dataset.rows.with_columns(
        units_28d=pl.lit(56.0, pl.Float32),
        product_days_since=since,
        lead_days=pl.lit(3.0, pl.Float32),
        category_units_28d=pl.lit(3.0, pl.Float32),
    )
    told = forecasts(dataset, asked, settings)["days_of_cover"]
    assert told["demand_mean"][:2].to_list() == pytest.approx([3.0, 2.0 * 7.0])


def test_plain_lightgbm_stays_the_same_however_ours_is_tuned(dataset, settings):
    ours = settings.model_copy(update={"feature_share": 0.3, "row_share": 0.5, "leaves": 5, "learning_rate": 0.01})
    told, other = (forecasts(dataset, dataset.rows, one)["plain_lightgbm"] for one in (settings, ours))
    assert told.equals(other)


def test_every_baseline_has_the_forecast_columns_and_a_chance(told):
    assert len(told) == 10
    for one in told.values():
        assert one.columns[3:] == list(FORECAST)
        assert one["p_hit"].is_between(0, 1).all()
        assert (np.diff(one.select(QUANTILES).to_numpy(), axis=1) >= 0).all()
        assert (one["demand_p05"] >= 0).all()


def test_quantiles_hold_as_many_past_outcomes_as_they_say(told, dataset):
    demand = dataset.rows["demand_units"].to_numpy()
    for name in ("last_session", "category_mean", "exponential_mean"):
        shares = [(demand <= told[name][column].to_numpy()).mean() for column in QUANTILES]
        assert shares == pytest.approx(LEVELS, abs=0.05), name


def test_spread_grows_with_the_size_of_the_guess_where_errors_do():
    guess = np.repeat([10.0, 1000.0], 500)
    units = guess + np.tile([-5.0, 5.0], 500) * np.repeat([1.0, 40.0], 500)
    spread = Spread.of(guess, units)
    small, large = spread.quantiles(np.array([10.0, 1000.0]))[:, [0, -1]]
    assert small == pytest.approx([5.0, 15.0])
    assert large == pytest.approx([800.0, 1200.0])
    assert spread.normal(np.array([10.0]))[0, LEVELS.index(0.9)] == pytest.approx(10 + 1.2816 * 5, abs=1e-3)


def test_the_newsvendor_is_the_exponential_mean_with_normal_errors(told):
    mean, normal = told["exponential_mean"]["demand_mean"], told["newsvendor_normal"]
    assert normal["demand_p50"].to_list() == mean.to_list()
    above, below = normal["demand_p90"] - mean, mean - normal["demand_p10"]
    inside = below < mean
    assert above.filter(inside).to_list() == pytest.approx(below.filter(inside).to_list())


def test_the_plain_one_takes_sales_for_demand(dataset, settings):
    halved = dataset.rows.with_columns(sales_units=pl.col("sales_units") // 2)
    usual = forecasts(dataset, dataset.rows, settings)[PLAIN]["demand_p50"].mean()
    less = forecasts(replace(dataset, rows=halved), dataset.rows, settings)[PLAIN]
    assert less["demand_p50"].mean() < 0.7 * usual


def test_the_plain_one_reads_ten_features_and_no_other(dataset, settings):
    other = dataset.rows.with_columns(units_secret=pl.col("demand_units").cast(pl.Float32))
    told = forecasts(replace(dataset, rows=other), other, settings)
    bare = forecasts(dataset, dataset.rows, settings)
    assert told[PLAIN].equals(bare[PLAIN])
    assert not told["plain_lightgbm_all"].equals(bare["plain_lightgbm_all"])


def test_without_any_past_there_still_is_an_answer(dataset, make_dataset, settings):
    told = everything(make_dataset(0), dataset.rows.head(3), settings)
    for frame in told.values():
        assert frame.height == 3
        assert frame.select("p_hit", "demand_mean", *QUANTILES).null_count().sum_horizontal().item() == 0


def _series(dataset, units, room="r"):
    """One product's showings, a day apart, the last a day before the present, with the dataset's other rows."""
    count = len(units)
    days = [dataset.as_of - timedelta(days=count - number) for number in range(count)]
    own = dataset.rows.head(count).with_columns(
        pl.Series("session_id", [f"own{number}" for number in range(count)]),
        pl.Series("scheduled_at", days, dtype=dataset.rows["scheduled_at"].dtype),
        pl.Series("over_known", days, dtype=dataset.rows["over_known"].dtype) + timedelta(hours=3),
        pl.Series("sales_units", units, dtype=pl.Int64),
        product_id=pl.lit("OWN"),
        cutoff=pl.lit(dataset.as_of - WEEK).cast(dataset.rows["cutoff"].dtype),
        room=pl.lit(room),
    )
    return replace(dataset, rows=pl.concat([dataset.rows.with_columns(room=pl.lit("other")), own]))


def _asked(dataset, room="r"):
    now = pl.lit(dataset.as_of).cast(dataset.rows["cutoff"].dtype)
    return dataset.rows.tail(1).with_columns(product_id=pl.lit("OWN"), cutoff=now, room=pl.lit(room))


def _guessed(dataset, settings, room="r"):
    told = everything(dataset, _asked(dataset, room), settings)
    return {name: told[name]["demand_mean"][0] for name in ("ets", "tsb")}


def test_series_follow_the_products_own_showings(dataset, settings):
    even = _guessed(_series(dataset, [20] * 12), settings)
    assert even == pytest.approx({"ets": 20.0, "tsb": 20.0})
    rare = _guessed(_series(dataset, [0, 0, 0, 40] * 5), settings)
    assert 5 < rare["tsb"] < 25


def test_croston_smooths_as_written(dataset, settings):
    size, chance = 10.0, 1.0
    for units in (0, 20, 0, 5):
        size += 0.2 * (units - size) if units else 0.0
        chance += 0.2 * ((units > 0) - chance)
    assert _guessed(_series(dataset, [10, 0, 20, 0, 5]), settings)["tsb"] == pytest.approx(size * chance, rel=1e-5)


def test_a_product_new_to_a_room_is_forecast_from_all_its_rooms(dataset, settings):
    assert _guessed(_series(dataset, [20] * 12), settings, room="elsewhere") == pytest.approx({"ets": 20, "tsb": 20})


def test_a_short_series_falls_back_on_its_kin(dataset, settings):
    short = _series(dataset, [20] * 3)
    usual = short.rows["sales_units"].mean()
    assert _guessed(short, settings) == pytest.approx({"ets": usual, "tsb": usual})


def test_showings_after_the_cutoff_say_nothing(dataset, settings):
    own = _series(dataset, [20] * 12 + [900] * 3)
    early = _asked(own).with_columns(
        pl.lit(own.as_of - timedelta(days=3, hours=1)).cast(own.rows["cutoff"].dtype).alias("cutoff")
    )
    told = everything(own, early, settings)
    assert [told[name]["demand_mean"][0] for name in ("ets", "tsb")] == pytest.approx([20.0, 20.0])


def test_only_the_latest_showings_are_smoothed(dataset, settings):
    assert _guessed(_series(dataset, [9_000] * 10 + [20] * 50), settings)["ets"] == pytest.approx(20.0)


def test_sales_taken_for_demand_change_labels_and_nothing_else(dataset):
    labels = LabelSettings(hit_share=0.1, hit_window_days=28, settle_minutes=0, max_rebuild=6, min_available_share=0.2)
    told = sales_as_demand(dataset, dataset.rows, labels)
    assert told.rows["demand_units"].to_list() == dataset.rows["sales_units"].cast(pl.Float64).to_list()
    assert not told.rows["censored"].any()
    assert told.rows["available_share"].unique().to_list() == [1.0]
    late = told.rows.filter(pl.col("cutoff") == pl.col("cutoff").max())
    window = dataset.rows.filter(
        pl.col("scheduled_at") < late["cutoff"][0], pl.col("scheduled_at") >= late["cutoff"][0] - timedelta(days=28)
    )
    bar = window["sales_units"].cast(pl.Float64).quantile(0.9, "linear")
    assert late["hit_bar_units"].unique().to_list() == [bar]
    assert late["hit"].to_list() == (late["demand_units"] > bar).to_list()
    assert told.rows.select(dataset.features).equals(dataset.rows.select(dataset.features))
