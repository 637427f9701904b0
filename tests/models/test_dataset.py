from datetime import timedelta

import polars as pl
import pytest
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.settings import FeatureSettings, LabelSettings, Market, Sensing
from models.dataset import ROW, TRUTH, build


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
    """Two products, shown on each of forty days, known three days ahead; and on two days that lie ahead."""
    days = range(42)
    shown = [(number, name) for number in days for name in ("P", "Q")]
    over = {number: {"started_at": None, "ended_at": None} if number >= 40 else {} for number in days}
    rows = {
        "sessions": [session(f"S{number}", number, **over[number]) for number in days],
        "lineups": [listing(f"S{number}", name, number) for number, name in shown],
        "products": [product("P"), product("Q", category="food/coffee")],
        "orders": [
            order(f"S{number}", name, day(number) + timedelta(minutes=9), 1 + number)
            for number, name in shown
            if number < 40
        ],
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def built(tables, sensing, settings):
    return build(tables, day(40) - timedelta(hours=1), sensing, settings)


def test_each_finished_listing_that_was_announced_in_time_is_there_once(built):
    assert built.rows.select(ROW[:2]).is_duplicated().sum() == 0
    known_ahead = built.rows.select((pl.col("scheduled_at") - pl.col("cutoff")).dt.total_days()).to_series()
    assert known_ahead.max() < 3  # announced three days before


def test_nothing_lies_outside_the_horizon_or_after_the_end(built):
    ahead = built.rows["scheduled_at"] - built.rows["cutoff"]
    assert ahead.min() >= timedelta(0)
    assert ahead.max() < built.horizon
    assert built.rows["over_known"].max() < built.as_of


def test_cutoffs_lie_whole_horizons_before_the_end(built):
    back = (built.as_of - built.rows["cutoff"]).unique()
    assert set((back.dt.total_seconds() % built.horizon.total_seconds()).to_list()) == {0.0}


def test_listings_carry_what_became_of_them(built):
    told = dict(built.rows.filter(product_id="P").select("session_id", "sales_units").iter_rows())
    assert all(units == 1 + int(name[1:]) for name, units in told.items())
    assert built.rows["demand_units"].to_list() == built.rows["sales_units"].to_list()


def test_features_know_only_what_lay_before_the_cutoff(built):
    last = built.rows.filter(product_id="P").select("cutoff", "units_last").unique()
    sold_by_then = [
        float(1 + max(number for number in range(40) if day(number) + timedelta(minutes=9) < cutoff))
        for cutoff in last["cutoff"]
    ]
    assert last["units_last"].to_list() == sold_by_then


def test_few_rows_show_a_listing_at_several_lead_times(tables, sensing, settings, built):
    dense = build(tables, built.as_of, sensing, settings.model_copy(update={"dense_rows": 1_000}))
    assert dense.listings >= built.listings
    assert dense.rows.height > 2 * built.rows.height
    assert dense.rows.select(ROW).is_duplicated().sum() == 0


def test_too_many_rows_leave_the_earliest_out(tables, sensing, settings, built):
    few = build(tables, built.as_of, sensing, settings.model_copy(update={"max_rows": 10}))
    assert few.rows.height == 10
    assert few.rows["cutoff"].min() >= built.rows["cutoff"].median()


def test_nothing_known_gives_no_rows_and_all_columns(tables, sensing, settings, built):
    empty = build(tables, day(-100), sensing, settings)
    assert empty.rows.height == 0
    assert empty.rows.columns == built.rows.columns
    assert set(built.rows.columns[: len(ROW + TRUTH)]) == {*ROW, *TRUTH}


def test_rows_in_another_order_give_the_same_dataset(tables, sensing, settings, built):
    shuffled = {name: rows.sample(fraction=1.0, shuffle=True, seed=3) for name, rows in tables.items()}
    assert build(shuffled, built.as_of, sensing, settings).rows.equals(built.rows)
