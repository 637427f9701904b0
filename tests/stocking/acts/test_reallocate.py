from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocking.acts.reallocate import moves, reallocations
from stocking.acts.sell_out import with_sell_out
from stocking.acts.situation import Situation

GIVER = {"session_id": "S1", "stock_units": 120}


@pytest.fixture(scope="session")
def situation(listings, arrivals, policy):
    def build(*changes):
        return with_sell_out(Situation.of(listings(*changes), policy), arrivals)

    return build


def told(now):
    return moves(now, 0.9).select("giver", "taker", "units").rows()


def test_what_lies_beyond_the_givers_own_need_goes_where_it_is_wanted(situation):
    # S1 keeps 92, its p90; S2 has 40 and could use all 28 that are left, at the same time
    assert told(situation(GIVER, {"session_id": "S2"})) == [(0, 1, 28)]


def test_goods_go_to_a_session_still_to_come_as_well(situation):
    later = {"session_id": "S2", "minutes_open": None, "sold_units": 0}
    now = situation(GIVER, later)
    start = now.frame["cutoff"][0] + timedelta(days=1)
    ahead = situation(GIVER, later | {"scheduled_at": start, "ends": start + timedelta(hours=2)})
    (row,) = reallocations(ahead, 0.9).rows(named=True)
    assert (row["session_id"], row["to_session_id"], row["to_product_id"], row["units"]) == ("S1", "S2", "P1", 28)
    assert row["by"] == start


def test_goods_of_a_session_still_to_come_stay_there(situation):
    ahead = GIVER | {"minutes_open": None, "scheduled_at": None}
    assert told(situation(ahead, {"session_id": "S2"})) == []


@pytest.mark.parametrize(
    "change",
    [{"product_id": "P2"}, {"merchant_id": "M2"}, {"stock_units": None}, {"price": None}, {"stock_units": 100}],
    ids=["another product", "another merchant", "no stock known", "no price", "enough"],
)
def test_goods_go_nowhere_else(situation, change):
    assert told(situation(GIVER, {"session_id": "S2"} | change)) == []


def test_a_session_that_is_over_gets_nothing(situation):
    now = situation(GIVER)
    over = {"session_id": "S2", "ends": now.frame["cutoff"][0]}
    assert told(situation(GIVER, over)) == []


def test_the_dearer_session_is_served_first(situation):
    # both could use 60 units; the dearer one, where a sale earns twice as much, still gains more with its last unit
    # while P(D > q) is over 8/18 there
    dear = {"session_id": "S3", "price": 20.0}
    now = situation(GIVER | {"stock_units": 102}, {"session_id": "S2"}, dear)
    assert told(now) == [(0, 2, 10)]


def test_one_giver_serves_several_where_that_brings_more(situation):
    now = situation(GIVER | {"stock_units": 152}, {"session_id": "S2"}, {"session_id": "S3"})
    assert sum(units for *_, units in told(now)) == 60
    assert {taker for _, taker, _ in told(now)} == {1, 2}


def test_the_value_is_what_the_move_adds(situation):
    # S2 goes from 40 to 68 units: 28·(0.75 + 0.4)/2 = 16.1 more are sold, each 8 rather than left over
    (value,) = moves(situation(GIVER, {"session_id": "S2"}), 0.9)["value"]
    lost = 8 * 28 * 0.0343
    assert value == pytest.approx(8 * 16.1 - lost, rel=0.06)


@settings(deadline=None, max_examples=60)
@given(
    stocks=st.lists(st.integers(0, 300), min_size=2, max_size=6),
    prices=st.lists(st.integers(3, 40), min_size=6, max_size=6),
    highs=st.lists(st.integers(30, 200), min_size=6, max_size=6),
)
def test_no_unit_is_made_up_none_is_needed_at_home_and_every_move_pays(situation, even, stocks, prices, highs):
    rows = [
        {"session_id": f"S{at}", "stock_units": stock, "price": float(prices[at]), **even(20, highs[at])}
        for at, stock in enumerate(stocks)
    ]
    now = situation(*rows)
    moved = moves(now, 0.9)
    n = len(stocks)
    given_units = np.bincount(moved["giver"].to_numpy(), moved["units"].to_numpy(), n)
    taken = np.bincount(moved["taker"].to_numpy(), moved["units"].to_numpy(), n)
    after = now.goods - given_units + taken
    assert after.sum() == now.goods.sum()
    gave = given_units > 0
    assert (after[gave] >= now.demand.inverse(np.full(n, 0.9))[gave]).all()
    assert not (gave & (taken > 0)).any()
    assert (moved["units"] > 0).all()
    gained = (now.gain * (now.expected_sales(after) - now.expected_sales(now.goods))).sum()
    assert gained >= moved["value"].sum() - 0.01 * n
    assert (moved["value"] >= 0).all()


def test_the_order_of_the_rows_changes_nothing(listings, situation):
    rows = [GIVER, {"session_id": "S2"}, {"session_id": "S3", "price": 20.0}, {"session_id": "S0", "stock_units": 130}]
    assert told(situation(*rows)) == told(situation(*reversed(rows)))


def test_without_any_listing_nothing_moves(listings, arrivals, policy):
    now = with_sell_out(Situation.of(listings().clear(), policy), arrivals)
    assert reallocations(now, 0.9).height == 0
    assert isinstance(moves(now, 0.9), pl.DataFrame)
