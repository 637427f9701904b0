from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocking.played import PLAYED, played

START = datetime(2024, 6, 24, tzinfo=UTC)
LINE = {
    "product_id": "P1",
    "is_too_late": False,
    "available_units": 0,
    "recommended_units": 10,
    "reserve_units": 0,
    "demand_units": 6.0,
    "net_revenue": 10.0,
    "cost": 4.0,
    "salvage": 1.0,
    "reserve_fee_rate": None,
}


def lines(*changes):
    rows = [
        LINE | {"session_id": f"S{i}", "scheduled_at": START + timedelta(days=i)} | change
        for i, change in enumerate(changes)
    ]
    schema = {name: column.dtype.type for name, column in PLAYED.columns.items()}
    return pl.DataFrame(rows, schema=schema)


def told(rows, *names, wait=0.5):
    return played(rows, wait).select(names).rows()


def test_what_one_session_leaves_the_next_one_sells():
    rows = lines({}, {"recommended_units": 0})
    assert told(rows, "sold_units", "left_units") == [(6.0, 0.0), (4.0, 0.0)]


def test_all_orders_are_there_for_the_first_session_that_they_reach():
    rows = lines({"recommended_units": 0}, {})
    assert told(rows, "sold_units", "left_units") == [(6.0, 0.0), (4.0, 0.0)]


def test_a_session_too_early_for_orders_has_only_its_own():
    rows = lines({"recommended_units": 2, "is_too_late": True}, {}, {})
    assert told(rows, "sold_units", "left_units") == [(2.0, 0.0), (6.0, 0.0), (6.0, 8.0)]


def test_goods_at_hand_stand_ready_from_the_first_session_on():
    rows = lines({"recommended_units": 0}, {"recommended_units": 0, "available_units": 8})
    assert told(rows, "sold_units") == [(6.0,), (2.0,)]


def test_products_do_not_share_goods():
    rows = lines({}, {"product_id": "P2", "recommended_units": 0})
    assert told(rows, "sold_units") == [(6.0,), (0.0,)]


def test_those_who_wait_get_what_was_reserved():
    # 4 are short, 2 wait, 3 could be made: 8 sold earn 6 each, the reserve costs 3·0.5·4
    rows = lines({"recommended_units": 6, "demand_units": 10.0, "reserve_units": 3, "reserve_fee_rate": 0.5})
    assert told(rows, "made_units", "profit") == [(2.0, 8 * 6.0 - 6.0)]


def test_profit_beside_the_oracles():
    # 6 of 10 sold earn 6 each, 4 left lose 3 each; the oracle buys 6
    assert told(lines({}), "profit", "oracle_profit") == [(6 * 6.0 - 4 * 3.0, 36.0)]


def test_the_oracle_sells_nothing_at_a_loss():
    assert told(lines({"net_revenue": 3.0}), "oracle_profit") == [(0.0,)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6))
def test_no_unit_is_lost_or_found(sessions):
    rows = lines(*({"available_units": a, "recommended_units": r, "demand_units": float(d)} for a, r, d in sessions))
    done = played(rows, 0.0)
    assert done["sold_units"].sum() + done["left_units"].sum() == sum(a + r for a, r, _ in sessions)
    assert (done["sold_units"] <= done["demand_units"]).all()


def test_a_plan_for_no_listing_earned_nothing():
    assert played(lines({}).clear(), 0.5)["profit"].sum() == pytest.approx(0)
