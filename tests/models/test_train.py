from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.grid import FORECAST, QUANTILES
from models.predictor import PRIOR_NOTE
from models.store import save
from models.train import CHALLENGER, CHAMPION, fit, train


@pytest.fixture(scope="module")
def training(dataset, settings):
    return train(dataset, settings, 0.1)


def _sound(forecast: pl.DataFrame) -> bool:
    units = forecast.select(QUANTILES).to_numpy()
    chance = forecast["p_hit"].to_numpy()
    return bool(
        np.isfinite(units).all()
        and (units >= 0).all()
        and (np.diff(units, axis=1) >= 0).all()
        and ((chance >= 0) & (chance <= 1)).all()
        and (forecast["demand_mean"] >= 0).all()
    )


def test_forecasts_are_sound_and_in_the_order_asked(training, dataset):
    asked = dataset.rows.sample(300, shuffle=True, seed=1)
    told = training.predictor.forecast(asked)
    assert told.columns == ["session_id", "product_id", "cutoff", *FORECAST]
    assert told["product_id"].to_list() == asked["product_id"].to_list()
    assert set(told.select(FORECAST).dtypes) == {pl.Float64}
    assert _sound(told)


def test_the_order_of_columns_does_not_matter(training, dataset):
    backwards = dataset.rows.select(reversed(dataset.rows.columns))
    assert training.predictor.forecast(backwards).equals(training.predictor.forecast(dataset.rows))


def test_it_learns_what_there_is_to_learn(training, make_dataset):
    later = make_dataset(2_000, seed=9)
    told = training.predictor.forecast(later.rows)
    demand = later.rows["demand_units"].to_numpy()
    inside = (demand >= told["demand_p10"].to_numpy()) & (demand <= told["demand_p90"].to_numpy())
    assert 0.7 < inside.mean() < 0.9
    assert abs(told["demand_mean"].mean() / demand.mean() - 1) < 0.15
    assert abs(told["p_hit"].mean() - (demand > 30).mean()) < 0.05
    assert abs(told["return_rate"].mean() - 0.2) < 0.02


def test_every_fold_is_forecast_by_something_older_than_it(training, settings):
    folds = training.judged["fold"].unique().sort().to_list()
    assert folds == list(range(1, settings.folds + 1))
    assert set(training.judged["predictor"]) == {
        CHALLENGER, "last_session", "category_mean", "anchor_category_mean", "exponential_mean", "days_of_cover",
        "newsvendor_normal", "plain_lightgbm", "plain_lightgbm_all",
    }  # fmt: skip


def test_a_champion_is_tried_only_on_what_it_has_not_seen(training, dataset, settings):
    newest = train(dataset, settings, 0.1, champion=training.predictor)
    assert CHAMPION not in set(newest.judged["predictor"])
    begins = training.judged.filter(fold=2)["cutoff"].min()
    older = fit(
        type(dataset)(dataset.rows.filter(pl.col("over_known") < begins), begins, dataset.horizon), settings, 0.1
    )
    tried = train(dataset, settings, 0.1, champion=older).judged.filter(predictor=CHAMPION)
    assert tried["fold"].unique().to_list() == [2]


def test_a_champion_that_cannot_read_todays_features_is_not_in_service(training, dataset, settings):
    without = type(dataset)(dataset.rows.drop("units_last"), dataset.as_of, dataset.horizon)
    assert train(dataset, settings, 0.1, champion=training.predictor).in_service
    assert not train(without, settings, 0.1, champion=training.predictor).in_service


def test_later_outcomes_never_change_an_earlier_fold(training, dataset, settings):
    ends = training.judged.filter(fold=2)["cutoff"].min()
    changed = dataset.rows.with_columns(
        pl.when(pl.col("scheduled_at") >= ends).then(999.0).otherwise("demand_units").alias("demand_units")
    )
    again = train(type(dataset)(changed, dataset.as_of, dataset.horizon), settings, 0.1).judged
    first = training.judged.filter(fold=1).select("predictor", "product_id", *FORECAST)
    assert again.filter(fold=1).select("predictor", "product_id", *FORECAST).equals(first)


def test_a_fold_is_put_right_only_by_outcomes_that_were_known_when_it_began(dataset, settings):
    late = dataset.rows.with_columns(over_known=pl.col("scheduled_at") + timedelta(days=3))
    first, second = (
        train(type(dataset)(late, dataset.as_of, dataset.horizon), settings, 0.1)
        .judged.filter(fold=fold)["cutoff"]
        .min()
        for fold in (1, 2)
    )
    unknown = (pl.col("scheduled_at") >= first) & (pl.col("scheduled_at") < second) & (pl.col("over_known") >= second)
    assert late.filter(unknown).height > 5
    told = []
    for factor in (1.0, 50.0):
        units = [
            pl.when(unknown).then(pl.col(name) * factor).otherwise(name).cast(late[name].dtype).alias(name)
            for name in ("demand_units", "sales_units")
        ]
        known = type(dataset)(late.with_columns(units), dataset.as_of, dataset.horizon)
        judged = train(known, settings, 0.1).judged.filter(fold=2, predictor=CHALLENGER)
        told.append(judged.select("product_id", *FORECAST))
    assert told[0].drop("return_rate").equals(told[1].drop("return_rate"))


def test_the_same_data_give_the_same_bytes(dataset, settings, tmp_path):
    digests = {save(fit(dataset, settings, 0.1), tmp_path / name, dataset.rows) for name in ("a", "b")}
    assert len(digests) == 1


@pytest.mark.parametrize("listings", [0, 1, 10, 50, 150])
def test_tiny_data_give_a_simple_forecast_that_says_so(make_dataset, dataset, settings, listings):
    predictor = train(make_dataset(listings), settings, 0.1).predictor
    told = predictor.forecast(dataset.rows)
    assert predictor.notes == [PRIOR_NOTE]
    assert _sound(told)
    assert (told["demand_p90"] > told["demand_p50"]).all()


def test_more_listings_of_a_category_draw_the_simple_forecast_to_it(make_dataset, dataset, settings):
    told = fit(make_dataset(150), settings, 0.1).forecast(dataset.rows).with_columns(dataset.rows["category"])
    typical = dict(told.group_by("category").agg(pl.col("demand_p50").first()).iter_rows())
    assert typical["big"] > 2 * typical["small"]


@pytest.mark.parametrize("always", [True, False])
def test_outcomes_without_both_hits_and_misses_can_be_learnt(dataset, settings, always):
    alike = dataset.rows.with_columns(hit=pl.lit(always))
    predictor = fit(type(dataset)(alike, dataset.as_of, dataset.horizon), settings, 0.1)
    chance = predictor.forecast(dataset.rows)["p_hit"]
    assert (chance > 0.9).all() if always else (chance < 0.1).all()


def test_a_landing_zone_where_nothing_ever_sold_can_be_learnt(dataset, settings):
    idle = dataset.rows.with_columns(demand_units=pl.lit(0.0), sales_units=pl.lit(0, pl.Int64), hit=pl.lit(value=False))
    told = fit(type(dataset)(idle, dataset.as_of, dataset.horizon), settings, 0.1).forecast(dataset.rows)
    assert _sound(told)
    assert told["demand_p90"].max() < 1


def test_no_listings_ahead_give_an_empty_forecast(training, dataset):
    assert training.predictor.forecast(dataset.rows.head(0)).height == 0
