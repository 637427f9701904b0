"""Looking back: which moments count, what was known then, and what simple forecasts would have said."""

from datetime import timedelta

import polars as pl
import pytest
from small_lexicon import LEXICON
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.labels import outcomes
from features.settings import FeatureSettings, LabelSettings, Market, Sensing
from models.baselines.naive import NAIVE
from models.hindsight import _FEATURES, PLAN, READ, due, happened, looked_up

HOUR = timedelta(hours=1)
DAYS = 30
RETURN = {"return_id": "B", "order_id": "S20P", "units": 3, "ts": day(25)}


@pytest.fixture(scope="module")
def sensing():
    return Sensing(
        market=Market(name="test", timezone="Asia/Shanghai", currency="CNY", country="CN"),
        features=FeatureSettings(default_session_minutes=240, return_maturity_days=14, festivals=()),
        labels=LabelSettings(
            hit_share=0.1, hit_window_days=28, settle_minutes=0, max_rebuild=6.0, min_available_share=0.2
        ),
        comments=LEXICON,
    )


def world(days=DAYS, **more):
    """P and Q, shown at noon of each day for two hours; on day n P sells n + 1 units and Q two."""
    shown = [(number, name) for number in range(days) for name in ("P", "Q")]
    rows = {
        "sessions": [session(f"S{number}", number) for number in range(days)],
        "lineups": [listing(f"S{number}", name, number) for number, name in shown],
        "products": [product("P", unit_cost=4.0), product("Q", category="food/coffee")],
        "orders": [
            order(f"S{n}", name, day(n) + 9 * HOUR / 60, n + 1 if name == "P" else 2, order_id=f"S{n}{name}")
            for n, name in shown
        ],
        "returns": [RETURN],
    } | more
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def tables():
    return world()


def lines(*wanted):
    """Listings of P as (day of the session, days of the list before it)."""
    schema = {"cutoff": pl.Datetime("us", "UTC"), "scheduled_at": pl.Datetime("us", "UTC")}
    rows = [(f"S{number}", "P", day(number - before), day(number)) for number, before in wanted]
    names = {"session_id": pl.String, "product_id": pl.String}
    return pl.DataFrame(rows, schema={**names, **schema}, orient="row")


def moments(tables, as_of, sensing, session_id="S20"):
    told = due(outcomes(tables, as_of, sensing), as_of, sensing)
    return told.filter(session_id=session_id, product_id="P").select("stage", "judged_at").rows()


def test_every_feature_that_simple_forecasts_read_is_in_the_catalog():
    assert {feature.name for feature in _FEATURES} == READ


def test_a_session_is_judged_at_the_first_midnight_after_it_and_again_when_its_returns_are_in(tables, sensing):
    midnight = day(20) + 4 * HOUR  # of Shanghai; the session ended two hours before
    ripe = midnight + timedelta(days=14)
    assert moments(tables, day(60), sensing) == [("fresh", midnight), ("mature", ripe)]
    assert moments(tables, ripe - 3 * HOUR, sensing) == [("fresh", midnight)]


def test_a_look_before_midnight_judges_at_its_own_moment(tables, sensing):
    assert moments(tables, day(20) + 3 * HOUR, sensing) == [("fresh", day(20) + 3 * HOUR)]
    assert moments(tables, day(20) + HOUR, sensing) == []


def rows(stage, number=20):
    return lines((number, 2)).with_columns(stage=pl.lit(stage))


def test_only_what_was_known_then_is_told(tables, sensing):
    [then] = happened(tables, day(20) + 4 * HOUR, rows("fresh"), sensing).iter_rows(named=True)
    assert (then["sales_units"], then["returned_units"], then["return_matured"]) == (21, 0, False)
    [now] = happened(tables, day(40), rows("mature"), sensing).iter_rows(named=True)
    assert (now["sales_units"], now["returned_units"]) == (21, 3)
    late = order("S20", "P", day(20) + HOUR, 100, received_at=day(22))
    corrected = world(orders=[*tables["orders"].to_dicts(), late])
    assert happened(corrected, day(20) + 4 * HOUR, rows("fresh"), sensing)["sales_units"].to_list() == [21]
    assert happened(corrected, day(40), rows("mature"), sensing)["sales_units"].to_list() == [121]


def test_what_is_not_over_or_not_ripe_is_not_told(tables, sensing):
    assert happened(tables, day(20) + HOUR, rows("fresh"), sensing).is_empty()
    assert happened(tables, day(21), rows("mature"), sensing).is_empty()


def test_a_hit_is_one_above_the_bar_of_the_list_that_told_its_chance(tables, sensing):
    [early] = happened(tables, day(21), rows("fresh"), sensing).iter_rows(named=True)
    before = [float(n + 1) for n in range(18)] + [2.0] * 18
    assert early["hit_bar_units"] == pytest.approx(pl.Series(before).quantile(0.9, "linear"))
    assert early["hit"]


@pytest.fixture(scope="module")
def told(tables, sensing, settings):
    return looked_up(tables, lines((20, 2), (20, 1), (25, 2)), sensing, settings)


def test_simple_forecasts_say_what_was_known_at_the_lists_cutoff(told):
    assert told["last_session_mean"].to_list() == [18.0, 19.0, 23.0]
    assert told["category_mean_mean"].to_list() == pytest.approx([9.5, 10.0, 12.0])
    for name in NAIVE:
        assert (told[f"{name}_p10"] <= told[f"{name}_p50"]).all()
        assert (told[f"{name}_p50"] <= told[f"{name}_p90"]).all()


def test_the_plan_is_told_as_it_stood(told):
    assert set(PLAN) <= set(told.columns)
    assert told["unit_cost"].to_list() == [4.0, 4.0, 4.0]
    assert told["anchor_id"].to_list() == ["A", "A", "A"]
    assert told["is_new_product"].to_list() == [False, False, False]


def test_nothing_that_came_after_a_list_changes_what_simple_forecasts_say_of_it(tables, sensing, settings, told):
    fewer = world(days=20, returns=[])
    plan = {name: [*fewer[name].to_dicts()] for name in ("sessions", "lineups")}
    plan["sessions"] += [session("S20", 20, started_at=None, ended_at=None)]
    plan["lineups"] += [listing("S20", "P", 20)]
    blind = world(days=20, returns=[], **plan)
    alone = looked_up(blind, lines((20, 1)), sensing, settings)
    assert told.columns == alone.columns
    assert told.row(1) == alone.row(0)


def test_a_first_list_without_any_past_is_told_all_the_same(sensing, settings):
    told = looked_up(world(days=1), lines((0, 1)), sensing, settings)
    assert told["last_session_mean"].to_list() == [0.0]
    assert told["is_new_product"].to_list() == [True]


def test_no_lines_are_no_rows(tables, sensing, settings):
    none = looked_up(tables, lines((20, 1)).clear(), sensing, settings)
    assert none.is_empty()
    assert {f"{name}_p50" for name in NAIVE} <= set(none.columns)
