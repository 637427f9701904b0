from datetime import timedelta

import polars as pl
import pytest
from small_world import day, filled, session

from features.table import Ready
from flows.kept_lists import keep_list, planned_before
from flows.lake import Lake
from flows.underway.planned import NoSessionError, due, planned, session_ends
from models.dataset import LISTING
from models.grid import FORECAST
from stocking.decisions import KEPT
from stocking.stocking_list import LISTS

HOUR = timedelta(hours=1)
AT = day(7) - HOUR


@pytest.fixture
def site(make_site):
    """An empty home."""
    return make_site("home", {})


def line(session_id, product_id, **more):
    told = {
        "session_id": session_id, "product_id": product_id, "cutoff": day(5), "available_units": 12,
        "recommended_units": 20, "reserve_units": 8, "return_rate": 0.33,
    } | more  # fmt: skip
    return pl.DataFrame([{name: told.get(name) for name in LISTS}], schema=LISTS).drop("list_sha256")


def answer(product_id, units, at):
    told = {"session_id": "now", "product_id": product_id, "recommended_units": 20, "approved_units": units,
            "decided_at": at}  # fmt: skip
    return {name: told.get(name) for name in KEPT}


@pytest.fixture(scope="module")
def planning(make_site, make_planning):
    """Of a home with a list of three lines, of which two were answered, and with what came after the instant."""
    site = make_site("planned", {})
    lines = [line("now", "P"), line("now", "Q"), line("beside", "Q")]
    keep_list(site, pl.concat(lines), "a" * 64)
    keep_list(site, line("now", "P", cutoff=AT + HOUR, available_units=999), "b" * 64)
    append = Lake(site.made()).append("decisions", "answered")
    answers = [answer("P", 5, day(5.5)), answer("P", 3, AT + HOUR), answer("Q", 0, day(5.5))]
    append.add(pl.DataFrame(answers, schema=KEPT))
    append.commit(["answered"], {})
    return make_planning(site)


@pytest.fixture(scope="module")
def ready(evening, planning):
    return Ready.of(evening, planning.sensing)


@pytest.fixture(scope="module")
def plan(ready, planning):
    return planned(ready, ["now", "beside"], AT, planning)


@pytest.mark.parametrize(
    ("listing", "stock", "reserve"),
    [
        (("now", "P"), 12 + 5, 8),  # assigned, and approved before the instant instead of the 20 recommended
        (("now", "Q"), 12, 8),  # declined
        (("beside", "Q"), 12 + 20, 8),  # not answered
        (("beside", "P"), 30, None),  # on no list: on hand when last counted before the instant
        (("beside", "R"), None, None),  # nor ever counted
    ],
)
def test_goods_are_those_of_the_last_list_with_what_was_ordered_on_it_else_those_on_hand(plan, listing, stock, reserve):
    found = plan.filter(session_id=listing[0], product_id=listing[1]).select("stock_units", "reserve_units")
    assert found.rows() == [(stock, reserve)]


def test_one_row_a_listing_that_was_known(plan):
    assert plan.select(LISTING).rows() == [("beside", thing) for thing in "PQR"] + [("now", "P"), ("now", "Q")]


def test_the_forecast_is_the_predictors_own_of_that_moment(plan, ready, predictor):
    rows = plan.select(LISTING).with_columns(cutoff=pl.lit(AT, pl.Datetime("us", "UTC")))
    expected = predictor.forecast(ready.features(rows))
    assert plan.select(FORECAST[:-1]).equals(expected.select(FORECAST[:-1]))
    assert plan["plan_demand_p50"].equals(expected["demand_p50"].rename("plan_demand_p50"))


def test_once_the_session_should_have_begun_the_forecast_is_of_its_planned_start(ready, planning, predictor):
    told = planned(ready, ["now"], day(7) + HOUR, planning)
    rows = told.select(LISTING).with_columns(cutoff=pl.lit(day(7), pl.Datetime("us", "UTC")))
    assert told.select(FORECAST[:-1]).equals(predictor.forecast(ready.features(rows)).select(FORECAST[:-1]))


def test_what_is_stated_of_a_listing_stands_beside_it(plan):
    told = plan.filter(session_id="now", product_id="P").row(0, named=True)
    stated = {"merchant_id": "M", "supplier_id": "U", "room_id": "R", "anchor_id": "A", "price": 10.0, "unit_cost": 4.0,
              "units_offered": 90, "position": 1, "scheduled_at": day(7), "ends": day(7) + 2 * HOUR}  # fmt: skip
    assert {name: told[name] for name in stated} == stated


def test_the_lists_return_rate_serves_where_the_predictor_knows_none(plan):
    rates = dict(plan.select(pl.concat_str(LISTING), "return_rate").iter_rows())
    assert (rates["nowP"], rates["besideR"]) == (0.33, None)


@pytest.mark.parametrize("name", ["unheard", "../x", "", "<script>", "=cmd"])
def test_an_unknown_session_is_refused_by_name(ready, planning, name):
    with pytest.raises(NoSessionError, match="is not known before") as refused:
        planned(ready, ["now", name], AT, planning)
    assert repr(name) in str(refused.value)


def test_a_session_announced_later_is_refused(ready, planning):
    with pytest.raises(NoSessionError, match="now"):
        planned(ready, ["now"], day(4), planning)


def test_due_is_what_runs_or_begins_within_the_hours_asked_for(evening, planning):
    sensing = planning.sensing
    assert due(evening, day(7) - 3 * HOUR, 2 * HOUR, sensing) == []
    assert due(evening, day(7) - 3 * HOUR, 4 * HOUR, sensing) == ["beside", "now"]
    assert due(evening, day(7) + HOUR, HOUR, sensing) == ["beside", "now"]
    assert due(evening, day(7) + 2 * HOUR, HOUR, sensing) == []


def test_a_session_ends_when_it_did_and_until_then_so_long_after_its_start_as_was_planned(evening, planning):
    facts = {"started_at": day(7) + HOUR, "ended_at": day(7) + 1.5 * HOUR, "received_at": day(7)}
    tables = {**evening, "sessions": pl.concat([evening["sessions"], filled("sessions", [session("now", 7, **facts)])])}
    ends = [
        session_ends(tables, day(7) + hours * HOUR, planning.sensing).filter(session_id="now")["ends"].item()
        for hours in (0.5, 1.25, 1.75)
    ]
    assert [(end - day(7)) / HOUR for end in ends] == [2, 3, 1.5]


def test_a_list_is_kept_once(site):
    lines = pl.concat([line("now", "P"), line("now", "Q")])
    assert keep_list(site, lines, "a" * 64)
    assert not keep_list(site, lines, "a" * 64)
    assert not keep_list(site, lines.clear(), "b" * 64)
    kept = Lake(site.made()).scan("lists").collect()
    assert kept.drop("list_sha256").sort("product_id").equals(lines)
    assert set(kept["list_sha256"]) == {"a" * 64}


def test_of_several_lists_the_one_of_the_last_cutoff_counts_for_each_listing(site):
    keep_list(site, pl.concat([line("now", "P"), line("now", "Q")]), "b" * 64)
    keep_list(site, line("now", "P", cutoff=day(6), reserve_units=99), "a" * 64)
    told = planned_before(site, day(6)).select("product_id", "reserve_units").sort("product_id")
    assert told.rows() == [("P", 99), ("Q", 8)]
    assert planned_before(site, day(5) - HOUR).is_empty()


@pytest.mark.parametrize("digests", [("a", "b"), ("b", "a")])
def test_a_list_that_was_made_anew_at_the_same_cutoff_overrules_the_one_before(site, digests):
    for digest, reserve in zip(digests, (8, 0), strict=True):
        keep_list(site, line("now", "P", reserve_units=reserve), digest * 64)
    assert planned_before(site, day(6))["reserve_units"].to_list() == [0]
