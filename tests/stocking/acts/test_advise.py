import hashlib
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocking.acts.advise import ALERTS, ANCHOR_KINDS, advise

CLEAR = {"stock_units": 90}
"""Sells out with a chance of 11/80."""
BETWEEN = {"stock_units": 60}
"""Sells out with a chance of 41/80: neither told nor taken back."""
TOLD = {}
"""Sells out with a chance of 61/80, in 30 minutes."""
PLENTY = {"product_id": "P2", "stock_units": 100}


@pytest.fixture
def follow(moment, nothing, acts, patient):
    """What is told tick after tick, each with the listings given."""

    def run(*ticks, acts=acts, minutes=1):
        told, every = nothing, []
        for number, listings in enumerate(ticks, start=1):
            now = moment(number * minutes, *(listings if isinstance(listings, list) else [listings]))
            new = advise(now, told, acts, patient)
            told = pl.concat([told, new])
            every.append(new["kind"].to_list())
        return every, told

    return run


def test_what_stands_is_told_once(follow):
    assert follow(TOLD, TOLD, TOLD)[0] == [["sell_out"], [], []]


def test_a_chance_that_wavers_about_the_threshold_is_told_once(follow):
    assert follow(*[TOLD, BETWEEN] * 20, minutes=3)[0] == [["sell_out"]] + [[]] * 39


def test_a_sell_out_is_taken_back_and_told_anew_each_after_the_cool_down(follow):
    ticks = [TOLD, *[CLEAR] * 10, *[TOLD] * 10]
    told, frame = follow(*ticks)
    assert [(at, kinds) for at, kinds in enumerate(told, start=1) if kinds] == [
        (1, ["sell_out"]), (11, ["sell_out_off"]), (21, ["sell_out"])
    ]  # fmt: skip
    assert frame["value"].is_null().to_list() == [False, True, False]


def test_what_was_never_told_is_not_taken_back(follow):
    assert follow(CLEAR)[0] == [[]]


def test_a_value_that_doubles_is_told_at_once(follow, even):
    # 22.5 buyers are missed, then 40
    assert follow(TOLD, {"stock_units": 40, **even(20, 115)})[0] == [["sell_out"], []]
    assert follow(TOLD, {"stock_units": 40, **even(60, 120)})[0] == [["sell_out"], ["sell_out"]]


def test_a_sell_out_is_told_from_its_chance_on_however_far_off(follow, even):
    """From 80 to 110 units are wanted in the end: with 101 of them a chance of a third, with 81 nearly all."""
    assert follow({"stock_units": 101} | even(80, 110))[0] == [[]]
    assert follow({"stock_units": 81} | even(80, 110))[0] == [["sell_out"]]


def test_what_is_worth_little_is_not_told(follow, acts):
    assert follow(TOLD, acts=acts.model_copy(update={"value_min": 130.0}))[0] == [["sell_out"]]
    assert follow(TOLD, acts=acts.model_copy(update={"value_min": 140.0}))[0] == [[]]


def test_hints_must_be_worth_a_share_of_what_the_listing_takes_in(follow, acts):
    shares = [acts.model_copy(update={"value_share_min": share}) for share in (0.2, 0.5)]
    assert [follow([TOLD, PLENTY], acts=one)[0] for one in shares] == [[["sell_out", "slow_down"]], [["sell_out"]]]


def test_a_sell_out_without_a_price_is_told_without_a_value(follow):
    told, frame = follow({"price": None})
    assert (told, frame["value"].to_list()) == ([["sell_out"]], [None])


def test_a_hint_is_given_again_after_the_cool_down(follow):
    told, _ = follow(*[[TOLD, PLENTY]] * 12)
    assert [at for at, kinds in enumerate(told, start=1) if "slow_down" in kinds] == [1, 11]


def test_an_anchor_gets_one_hint_at_a_time(follow):
    crowd = [TOLD, {"product_id": "P0"}, PLENTY]
    told, frame = follow(crowd, crowd)
    assert sum(kind in ANCHOR_KINDS for kinds in told for kind in kinds) == 1
    assert frame.filter(pl.col("kind").is_in(ANCHOR_KINDS))["product_id"].to_list() == ["P0"]


def test_reserve_is_told_again_only_when_the_units_change_by_half(follow, even):
    sure = [{"reserve_units": units, **even(100, 130)} for units in (20, 25, 39, 40, 40)]
    told, frame = follow(*sure, minutes=11)
    assert [kinds.count("convert") for kinds in told] == [1, 0, 0, 1, 0]
    assert frame.filter(kind="convert")["units"].to_list() == [20, 40]


def test_a_tick_worked_on_again_tells_the_same(moment, nothing, acts, patient):
    first = advise(moment(1, TOLD, PLENTY), nothing, acts, patient)
    later = advise(moment(2, CLEAR | {"product_id": "P9"}), first, acts, patient)
    assert advise(moment(1, TOLD, PLENTY), pl.concat([first, later]), acts, patient).equals(first)


def test_the_order_of_the_rows_changes_nothing(moment, nothing, acts, patient):
    rows = [TOLD, PLENTY, {"product_id": "P3", "reserve_units": 9}, {"session_id": "S2", "stock_units": 150}]
    made = [advise(moment(1, *some), nothing, acts, patient) for some in (rows, rows[::-1])]
    assert made[0].equals(made[1])
    assert made[0].height > 3


def test_an_id_is_the_digest_of_tick_session_product_and_kind(follow):
    _, frame = follow(TOLD)
    assert frame["alert_id"].to_list() == [hashlib.sha256(b'[1, "S1", "P1", "sell_out"]').hexdigest()[:16]]
    assert frame.schema == ALERTS


def test_without_listings_nothing_is_told(listings, moment, nothing, acts, patient):
    none = moment(1)
    empty = type(none)(1, listings().clear(), none.arrivals)
    assert advise(empty, nothing, acts, patient).equals(nothing)


def test_sessions_that_have_not_begun_are_left_alone(follow, moment):
    start = moment(1).listings["cutoff"][0] + timedelta(hours=1)
    assert follow({"minutes_open": None, "scheduled_at": start, "stock_units": 5, "sold_units": 0})[0] == [[]]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=st.lists(
        st.lists(st.tuples(st.integers(20, 110), st.integers(21, 200), st.integers(0, 60)), min_size=3, max_size=3),
        min_size=2,
        max_size=12,
    )
)
def test_no_listing_is_advised_on_twice_in_a_cool_down_unless_the_value_doubles(follow, even, acts, ticks):
    states = [
        [
            {"product_id": f"P{at}", "stock_units": stock, "reserve_units": reserve, "plan_demand_p50": 90.0,
             **even(20, high)}
            for at, (stock, high, reserve) in enumerate(one)
        ]
        for one in ticks
    ]  # fmt: skip
    told = follow(*states, minutes=4)[1]
    assert told["alert_id"].is_unique().all()
    way = pl.col("kind").str.strip_suffix("_off")
    pairs = told.sort("tick").with_columns(
        gap=(pl.col("cutoff") - pl.col("cutoff").shift(1)).over("product_id", way),
        before=pl.col("value").shift(1).over("product_id", way),
        last=pl.col("kind").shift(1).over("product_id", way),
    )
    hasty = pairs.filter(pl.col("gap") < timedelta(minutes=acts.cool_down_minutes))
    assert (hasty["value"] >= 2 * hasty["before"]).fill_null(value=False).all()
    assert pairs.filter(kind="sell_out_off")["last"].to_list() == ["sell_out"] * told.filter(kind="sell_out_off").height
