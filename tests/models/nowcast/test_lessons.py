from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.settings import FeatureSettings, LabelSettings, Market, Sensing
from models.dataset import LISTING, TRUTH
from models.grid import FORECAST
from models.nowcast.lessons import lessons
from models.nowcast.seen import SEEN
from models.nowcast.view import WAS

MINUTE = timedelta(minutes=1)
NAMES = [one.name for one in SEEN]


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


def click(number, thing, minute):
    return {"event_id": f"E{number}{thing}{minute}", "session_id": f"S{number}", "product_id": thing,
            "kind": "product_click", "viewer_id": f"v{minute}", "ts": day(number) + minute * MINUTE}  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    """Three sessions of two hours. P is clicked in the third minute and sells 2 at 4, and 5 at 40; Q never opens."""
    rows = {
        "sessions": [session(f"S{number}", number) for number in range(3)],
        "lineups": [listing(f"S{number}", thing, number) for number in range(3) for thing in "PQ"],
        "products": [product("P"), product("Q")],
        "events": [click(number, "P", minute) for number in range(3) for minute in (2, 3, 50)],
        "orders": [
            order(f"S{number}", "P", day(number) + minute * MINUTE, units)
            for number in range(3)
            for minute, units in ((3.5, 2), (40, 5))
        ],
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def planned():
    """The listings with a forecast of the day before, of ten units more each session."""
    rows = [
        {"session_id": f"S{number}", "product_id": thing, "cutoff": day(number - 1), "scheduled_at": day(number),
         "over_known": day(number) + 121 * MINUTE, "is_new_product": False, "sales_units": 7 if thing == "P" else 0,
         "demand_units": 7.0 if thing == "P" else 0.0, "censored": False, "available_share": 1.0, "returned_units": 0,
         "return_matured": True, "hit_bar_units": 6.0, "hit": thing == "P"}
        | {name: 10.0 * number + place for place, name in enumerate(FORECAST)}
        for number in range(3) for thing in "PQ"
    ]  # fmt: skip
    instants = {name: pl.Datetime("us", "UTC") for name in ("cutoff", "scheduled_at", "over_known")}
    return pl.DataFrame(rows, schema_overrides=instants)


@pytest.fixture(scope="module")
def found(tables, planned, sensing, settings):
    return lessons(tables, planned, sensing, settings.nowcast)


def test_rows_lie_at_the_minutes_of_the_settings_after_opening_and_before(found):
    since = pl.col("cutoff") - pl.lit(day(0))
    first = found.filter(session_id="S0").select("product_id", since.dt.total_minutes())
    assert sorted(first.rows()) == [("P", 1), ("P", 3), ("P", 7), ("P", 32), ("Q", 1), ("Q", 5), ("Q", 30)]
    assert found.select("session_id", "cutoff").rows() == found.select("session_id", "cutoff").sort(pl.all()).rows()


def test_what_was_sold_by_each_instant_stands_beside_what_came_in_the_end(found):
    of_one = found.filter(session_id="S1", product_id="P").select("listing_minutes_open", "sold_units", "sales_units")
    assert of_one.rows() == [(None, 0.0, 7), (1.0, 0.0, 7), (5.0, 2.0, 7), (30.0, 2.0, 7)]


def test_every_truth_and_all_that_is_seen_is_there_and_the_plan_by_both_names(found, planned):
    assert {*TRUTH, *NAMES, *WAS.values()} <= set(found.columns)
    one = found.filter(session_id="S2", product_id="P").row(0, named=True)
    plan = planned.filter(session_id="S2", product_id="P").row(0, named=True)
    assert (one["plan_mean"], one["was_demand_mean"]) == (plan["demand_mean"],) * 2
    assert one["was_demand_p98"] == plan["demand_p98"]
    assert one["sold_to_plan"] == pytest.approx(one["sold_units"] / (plan["demand_mean"] + 1))


def test_no_truth_can_be_taken_for_a_feature(found):
    """The boosters read the Float32 columns."""
    assert not [name for name in (*TRUTH, *WAS.values(), "sold_units") if found.schema[name] == pl.Float32]


def test_the_last_forecast_of_a_listing_counts(tables, planned, found, sensing, settings):
    older = planned.with_columns(pl.col("cutoff") - timedelta(days=1), demand_mean=pl.lit(1e6))
    again = lessons(tables, pl.concat([planned, older]).sample(fraction=1.0, shuffle=True, seed=1), sensing,
                    settings.nowcast)  # fmt: skip
    assert_frame_equal(again, found, check_exact=True)


@pytest.mark.parametrize("cut", [5, 30, 45])
def test_only_what_was_known_at_each_instant_is_read(tables, planned, found, sensing, settings, cut):
    """Whatever else comes from a minute of the last session on, rows up to it stay as they were."""
    at = day(2) + cut * MINUTE
    later = {
        "events": [click(2, thing, cut + minute) for thing in "PQ" for minute in range(20)],
        "orders": [order("S2", thing, at + minute * MINUTE, 50) for thing in "PQ" for minute in range(9)],
        "sessions": [session("S2", 2, received_at=at, followers=10_000_000, ended_at=None)],
        "lineups": [listing("S2", thing, 2, received_at=at, price=99.0, units_offered=1) for thing in "PQ"],
    }
    louder = {**tables, **{name: pl.concat([tables[name], filled(name, rows)]) for name, rows in later.items()}}
    again = lessons(louder, planned, sensing, settings.nowcast)
    before = found.filter(pl.col("cutoff") <= at)
    assert before.filter(session_id="S2").height
    assert again.filter(pl.col("cutoff") > at).height > found.filter(pl.col("cutoff") > at).height
    assert_frame_equal(again.filter(pl.col("cutoff") <= at), before, check_exact=True)


def test_the_latest_rows_are_kept(tables, planned, found, sensing, settings):
    few = settings.nowcast.model_copy(update={"max_rows": 9})
    kept = lessons(tables, planned, sensing, few)
    assert_frame_equal(kept, found.tail(9), check_exact=True)
    assert set(kept["session_id"]) == {"S1", "S2"}


def test_a_listing_that_was_not_planned_teaches_nothing(tables, planned, found, sensing, settings):
    told = lessons(tables, planned.filter(product_id="P"), sensing, settings.nowcast)
    assert told.select(LISTING).unique().height == 3
    assert_frame_equal(told, found.filter(product_id="P"), check_exact=True)


def test_no_plan_gives_no_rows(tables, planned, found, sensing, settings):
    told = lessons(tables, planned.clear(), sensing, settings.nowcast)
    assert told.is_empty()
    assert told.schema == found.schema


def test_all_that_is_seen_is_known_while_a_session_runs(found):
    assert found.select(NAMES).width == len(set(NAMES))
    assert not found.select("listing_units_ever", "plan_mean", "sold_units").null_count().sum_horizontal().item()
    assert np.isfinite(found["session_minutes_left"].drop_nulls().to_numpy()).all()
