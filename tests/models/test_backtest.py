from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.settings import FeatureSettings, LabelSettings, Market, Sensing
from models.backtest import COLUMNS, Origins, backtest

AS_OF = day(60) - timedelta(hours=1)


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
    draw = np.random.default_rng(0)
    shown = [(number, f"P{name}") for number in range(60) for name in range(10)]
    units = {one: int(draw.poisson(1 + int(one[1][1:]))) for one in shown}
    rows = {
        "sessions": [session(f"S{number}", number) for number in range(60)],
        "lineups": [listing(f"S{number}", name, number) for number, name in shown],
        "products": [product(f"P{name}") for name in range(10)],
        "orders": [
            order(f"S{number}", name, day(number) + timedelta(minutes=9), units[number, name])
            for number, name in shown
            if units[number, name]
        ],
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def told(tables, sensing, settings):
    three_days = settings.model_copy(update={"horizon_days": 3, "min_rows": 100})
    return backtest(tables, Origins(AS_OF, 2, timedelta(days=3)), sensing, three_days)


def test_there_is_one_row_per_listing_origin_and_predictor(told):
    assert told.columns == list(COLUMNS)
    assert told.select("origin", "predictor", "session_id", "product_id").is_duplicated().sum() == 0
    sizes = told.group_by("origin", "predictor").len()
    assert sizes.height == 2 * 5
    assert set(sizes["len"]) == {30}


def test_origins_lie_so_far_back_that_outcomes_are_known(told):
    assert told["origin"].max() == AS_OF - timedelta(days=3)
    assert (told["scheduled_at"] >= told["origin"]).all()


def test_outcomes_stand_beside_forecasts(told):
    ours = told.filter(predictor="challenger")
    assert ours["demand_units"].to_list() == ours["sales_units"].cast(pl.Float64).to_list()
    assert ours["demand_p50"].null_count() == 0


def test_what_happens_after_an_origin_does_not_change_its_forecasts(told, tables, sensing, settings):
    first = told["origin"].min()
    louder = tables["orders"].with_columns(
        units=pl.when(pl.col("ts") >= first).then(pl.col("units") * 50).otherwise("units")
    )
    three_days = settings.model_copy(update={"horizon_days": 3, "min_rows": 100})
    again = backtest({**tables, "orders": louder}, Origins(AS_OF, 2, timedelta(days=3)), sensing, three_days)
    forecast = ["predictor", "session_id", "product_id", "p_hit", "demand_p50", "demand_mean"]
    assert again.filter(origin=first).select(forecast).equals(told.filter(origin=first).select(forecast))
    assert again.filter(origin=first)["demand_units"].sum() > told.filter(origin=first)["demand_units"].sum()


def test_no_origins_give_an_empty_frame_with_all_columns(tables, sensing, settings):
    none = backtest(tables, Origins(AS_OF, 0, timedelta(days=3)), sensing, settings)
    assert none.columns == list(COLUMNS)
    assert none.height == 0
