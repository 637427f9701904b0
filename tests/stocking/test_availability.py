from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stocking.availability import with_available

DAYS = [datetime(2024, 6, day, tzinfo=UTC) for day in (21, 22, 23)]


def wanting(*rows: tuple[object, ...]):
    schema = {
        "session_id": pl.String,
        "product_id": pl.String,
        "scheduled_at": pl.Datetime("us", "UTC"),
        "target_units": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def available(lines, stock):
    return with_available(lines, stock)["available_units"].to_list()


def test_the_earlier_session_is_served_first_whatever_the_order_of_the_rows(stock):
    rows = wanting(("S3", "P1", DAYS[2], 10), ("S1", "P1", DAYS[0], 10), ("S2", "P1", DAYS[1], 10))
    assert available(rows, stock(P1=(12, 5))) == [0, 10, 7]


def test_sessions_at_the_same_instant_take_turns_by_their_id(stock):
    rows = wanting(("S2", "P1", DAYS[0], 10), ("S1", "P1", DAYS[0], 10))
    assert available(rows, stock(P1=(12, 0))) == [2, 10]


def test_stock_beyond_all_needs_stays_in_the_warehouse_and_is_told(stock):
    rows = with_available(wanting(("S1", "P1", DAYS[0], 10), ("S2", "P1", DAYS[1], 5)), stock(P1=(20, 4)))
    assert rows["available_units"].to_list() == [10, 5]
    assert rows["surplus_units"].to_list() == [9, 9]


def test_products_do_not_share_their_stock(stock):
    rows = wanting(("S1", "P1", DAYS[0], 10), ("S1", "P2", DAYS[0], 10))
    assert available(rows, stock(P1=(4, 0), P2=(6, 1))) == [4, 7]


def test_without_a_snapshot_nothing_is_available_and_the_line_knows(stock):
    rows = with_available(wanting(("S1", "P1", DAYS[0], 10), ("S1", "P2", DAYS[0], 10)), stock(P2=(None, 3)))
    assert rows["available_units"].to_list() == [0, 3]
    assert rows["stock_is_known"].to_list() == [False, True]


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(0, 150))
def test_stock_is_handed_out_once_and_none_is_held_back_while_a_session_is_short(needs, supply):
    rows = wanting(*((f"S{turn}", "P1", DAYS[turn % 3], need) for turn, need in enumerate(needs)))
    snapshot = pl.DataFrame({"product_id": ["P1"], "on_hand_units": [supply], "inbound_units": [0]})
    given_out = available(rows, snapshot)
    assert sum(given_out) == min(supply, sum(needs))
    assert all(part <= need for part, need in zip(given_out, needs, strict=True))
