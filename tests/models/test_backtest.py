from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.settings import FeatureSettings, LabelSettings, Market, Sensing
from models.backtest import COLUMNS, Origins, backtest
from models.grid import FORECAST, QUANTILES
from models.truth import checked

AS_OF = day(60) - timedelta(hours=1)
STEP = timedelta(days=3)
TOLD = ["predictor", "session_id", "product_id", *FORECAST]


@pytest.fixture(scope="module")
def sensing() -> Sensing:
    return Sensing(
        market=Market(name="test", timezone="Asia/Shanghai", currency="CNY", country="CN"),
        features=FeatureSettings(default_session_minutes=240, return_maturity_days=14, festivals=()),
        labels=LabelSettings(
            hit_share=0.1, hit_window_days=28, settle_minutes=0, max_rebuild=6.0, min_available_share=0.2
        ),
        comments=LEXICON,
    )


@pytest.fixture(scope="module")
def tables():
    """Sixty days, a session a day, of ten listings each (the 58th of eleven, one of them of a new product)."""
    draw = np.random.default_rng(0)
    shown = [(number, f"P{name}") for number in range(60) for name in range(10)] + [(57, "P10")]
    units = {one: int(draw.poisson(1 + int(one[1][1:]))) for one in shown}
    rows = {
        "sessions": [session(f"S{number}", number) for number in range(60)],
        "lineups": [listing(f"S{number}", name, number) for number, name in shown],
        "products": [product(f"P{name}") for name in range(11)],
        "orders": [
            order(f"S{number}", name, day(number) + timedelta(minutes=9), units[number, name])
            for number, name in shown
            if units[number, name]
        ],
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def quick(settings):
    return settings.model_copy(update={"horizon_days": 3, "min_rows": 100, "rounds": 10, "plain_rounds": 3})


@pytest.fixture(scope="module")
def told(tables, sensing, quick):
    return backtest(tables, Origins(AS_OF, 2, STEP), sensing, quick)


@pytest.fixture(scope="module")
def truth(told):
    """Twice the demand that the labels know, for the listings of one session, and half of it comes back."""
    some = told.filter(predictor="challenger", session_id="S57")
    return checked(some.select("session_id", "product_id", demand=2 * pl.col("demand_units") + 1, return_rate=0.5))


def test_there_is_one_row_per_listing_origin_and_predictor(told):
    assert told.columns == list(COLUMNS)
    assert told.select("origin", "predictor", "session_id", "product_id").is_duplicated().sum() == 0
    sizes = told.group_by("predictor", "fold").len().sort("predictor", "fold")
    assert sizes["len"].to_list() == [30, 31] * 12
    assert set(told["predictor"]) == {
        "challenger", "last_session", "category_mean", "anchor_category_mean", "exponential_mean", "days_of_cover",
        "newsvendor_normal", "ets", "tsb", "plain_lightgbm", "plain_lightgbm_all", "sales_as_demand",
    }  # fmt: skip


def test_every_predictor_tells_a_whole_distribution(told):
    assert told.select("p_hit", "demand_mean", *QUANTILES).null_count().sum_horizontal().item() == 0
    units = told.select(QUANTILES).to_numpy()
    assert (units >= 0).all()
    assert (np.diff(units, axis=1) >= 0).all()
    assert told["p_hit"].is_between(0, 1).all()


def test_all_listings_of_a_session_lie_in_one_fold_and_the_last_is_locked(told):
    assert told.group_by("session_id").agg(pl.col("fold").n_unique())["fold"].max() == 1
    assert told.filter("locked")["fold"].unique().to_list() == [2]
    assert told["origin"].unique().sort().to_list() == [AS_OF - 2 * STEP, AS_OF - STEP]


def test_origins_lie_so_far_back_that_outcomes_are_known(told):
    assert told["origin"].max() == AS_OF - STEP
    assert (told["scheduled_at"] >= told["origin"]).all()


def test_new_products_and_large_sessions_are_told_apart(told):
    ours = told.filter(predictor="challenger")
    assert ours.filter("new_product")["product_id"].to_list() == ["P10"]
    assert ours.filter(pl.col("large_session"), fold=2)["session_id"].unique().to_list() == ["S57"]


def test_outcomes_stand_beside_forecasts(told):
    ours = told.filter(predictor="challenger")
    assert ours["demand_units"].to_list() == ours["sales_units"].cast(pl.Float64).to_list()
    assert ours["realised_units"].to_list() == ours["demand_units"].to_list()
    assert ours["demand_p50"].null_count() == 0
    assert ours["price"].null_count() == 0


def test_what_is_learnt_after_an_origin_does_not_change_its_forecasts(told, tables, sensing, quick):
    first = told["origin"].min()
    later = pl.col("announced_at") >= first
    louder = {
        "orders": tables["orders"].with_columns(units=_louder("ts", first, "units", 50)),
        "lineups": tables["lineups"].with_columns(pl.when(later).then(pl.col("price") * 3).otherwise("price")),
        "sessions": tables["sessions"].with_columns(
            pl.when(pl.col("started_at") >= first).then(pl.col("ended_at") + timedelta(hours=9)).otherwise("ended_at")
        ),
    }
    again = backtest({**tables, **louder}, Origins(AS_OF, 2, STEP), sensing, quick)
    keys = ["predictor", "session_id", "product_id"]
    same, before = (one.filter(origin=first).select(TOLD).sort(keys) for one in (again, told))
    assert same.equals(before)
    assert again.filter(origin=first)["demand_units"].sum() > told.filter(origin=first)["demand_units"].sum()


def _louder(instant, first, column, times):
    return pl.when(pl.col(instant) >= first).then(pl.col(column) * times).otherwise(column)


def test_truth_judges_and_teaches_nothing(told, truth, tables, sensing, quick):
    judged = backtest(tables, Origins(AS_OF, 2, STEP, truth), sensing, quick)
    assert judged.select(TOLD).equals(told.select(TOLD))
    known, before = (one.filter(predictor="challenger", session_id="S57") for one in (judged, told))
    assert known["demand_units"].to_list() == (2 * before["demand_units"] + 1).to_list()
    assert known["realised_units"].to_list() == known["demand_units"].to_list()
    assert known["actual_return_rate"].to_list() == [0.5] * 11
    assert known["hit"].to_list() == (known["demand_units"] > known["hit_bar_units"]).to_list()
    others = [one.filter(pl.col("session_id") != "S57").drop("actual_return_rate") for one in (judged, told)]
    assert others[0].drop("hit_bar_units", "hit").equals(others[1].drop("hit_bar_units", "hit"))


def test_truth_reaches_beyond_the_data(told, truth, tables, sensing, quick):
    """The tables end two days earlier, so that S57 lies ahead of all rows, but its listings are known."""
    cut = day(57) - timedelta(hours=1)
    planned = tables["sessions"].with_columns(
        pl.when(pl.col("started_at") < cut).then(pl.col(name)).alias(name) for name in ("started_at", "ended_at")
    )
    ended = {**tables, "sessions": planned, "orders": tables["orders"].filter(pl.col("ts") < cut)}
    judged = backtest(ended, Origins(AS_OF, 1, STEP, truth), sensing, quick).filter(predictor="challenger")
    assert judged["session_id"].unique().to_list() == ["S57"]
    assert judged["demand_units"].sort().to_list() == truth["true_units"].sort().to_list()
    assert judged["capped"].null_count() == 11
    assert not judged["censored"].any()


def test_no_origins_give_an_empty_frame_with_all_columns(tables, sensing, settings):
    none = backtest(tables, Origins(AS_OF, 0, STEP), sensing, settings)
    assert none.columns == list(COLUMNS)
    assert none.height == 0
