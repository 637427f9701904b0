from datetime import datetime, timedelta

import polars as pl
import pytest
from small_world import day, filled, order, product, session

from features.known import at, facts, known_at, stock_at, versions


def test_a_row_is_known_from_its_receipt_else_from_its_own_instant():
    rows = filled("orders", [order("S", "P", day(0)), order("S", "Q", day(0), received_at=day(2))])
    assert rows.select(known_at("orders")).to_series().to_list() == [day(0), day(2)]


def test_a_count_is_known_when_its_minute_has_ended():
    rows = filled("event_counts", [{"session_id": "S", "minute": day(0), "kind": "like", "count": 3}])
    assert rows.select(known_at("event_counts")).item() == day(0) + timedelta(minutes=1)


def test_of_two_versions_of_an_order_the_one_received_first_counts():
    twice = [order("S", "P", day(0), 1, order_id="O", received_at=day(3))]
    twice += [order("S", "P", day(0), 9, order_id="O", received_at=day(1))]
    assert facts(filled("orders", twice), "orders")["units"].to_list() == [9]


def test_of_product_versions_the_last_received_before_the_cutoff_counts():
    rows = filled("products", [product("P", title=t, received_at=day(d)) for t, d in (("old", 1), ("new", 3))])
    asked = pl.DataFrame({"product_id": ["P"] * 4, "cutoff": [day(1), day(2), day(3), day(4)]}).with_columns(
        pl.col("cutoff").cast(pl.Datetime("us", "UTC"))
    )
    found = at(asked, versions(rows, "products"), ("product_id",))
    assert found["title"].to_list() == [None, "old", "old", "new"]


def test_the_order_in_which_versions_lie_does_not_matter():
    rows = filled("products", [product("P", title=t) for t in ("a", "b", "c")])
    assert versions(rows, "products").equals(versions(rows.reverse(), "products"))


@pytest.mark.parametrize("start", [None, day(1), day(9)])
def test_a_start_that_lies_ahead_does_not_decide_which_version_counts(start: datetime | None):
    told = [session("S", 5, started_at=start, followers=1), session("S", 5, started_at=None, followers=2)]
    rows = filled("sessions", [one | {"received_at": day(0)} for one in told])
    assert versions(rows, "sessions").select("followers", "started_at").rows() == [(2, start)]


@pytest.mark.parametrize(("number", "expected"), [(0.9, []), (1, [4]), (3, [6])])
def test_stock_counts_as_of_the_cutoff_itself(number: float, expected: list[int]):
    rows = filled("stock", [{"product_id": "P", "as_of": day(d), "on_hand_units": u} for d, u in ((1, 4), (2, 6))])
    assert stock_at(rows, day(number))["on_hand_units"].to_list() == expected
