from datetime import timedelta

import polars as pl
import pytest
from small_world import day, listing, order, product, session

from features.table import compute

SAID = {"session_id": "S0", "product_id": "P", "viewer_id": "V"}


def at(minutes):
    return day(0) + timedelta(minutes=minutes)


def event(kind, minutes, **more):
    return SAID | {"event_id": f"{kind}{minutes}", "kind": kind, "ts": at(minutes)} | more


@pytest.fixture
def sold_out(world):
    """A listing that draws a cart after two minutes, sells four units by minute 30, is sold out and draws two more."""
    return world(
        sessions=[session("S0", 0), session("S4", 4, started_at=None, ended_at=None)],
        lineups=[listing("S0", "P", 0), listing("S4", "P", 4)],
        products=[product("P")],
        orders=[order("S0", "P", at(10), 3), order("S0", "P", at(20), 1)],
        events=[
            event("product_click", 1), event("add_to_cart", 3), event("sold_out", 30), event("add_to_cart", 30.5),
            event("add_to_cart", 40), event("product_click", 41), event("product_click", 42),
        ],
    )  # fmt: skip


def row(tables, cutoff, sensing, name="S4"):
    asked = pl.DataFrame({"session_id": [name], "product_id": ["P"], "cutoff": [cutoff]})
    return compute(tables, asked.with_columns(pl.col("cutoff").cast(pl.Datetime("us", "UTC"))), sensing).row(
        0, named=True
    )


def test_a_sell_out_tells_how_soon_it_came_how_fast_it_sold_and_who_came_too_late(sold_out, sensing):
    found = row(sold_out, day(3), sensing)
    expected = {
        "out_last": 1, "minutes_to_out_mean": 30, "units_to_out_mean": 4, "clicks_out_last": 2, "carts_out_last": 1,
        "minutes_to_cart_mean": 2, "out_share_28d": 1,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["rate_to_out"] == pytest.approx(4 / 30)


def test_a_sell_out_is_told_from_the_minute_after_it_on(sold_out, sensing):
    before, after = row(sold_out, at(30.9), sensing, "S0"), row(sold_out, at(31), sensing, "S0")
    assert (before["listing_minutes_to_out"], after["listing_minutes_to_out"]) == (None, 30)


def test_goods_that_come_back_are_not_asked_for_in_vain(sold_out, sensing):
    back = pl.DataFrame([event("restock", 39)], schema=sold_out["events"].schema)
    found = row({**sold_out, "events": pl.concat([sold_out["events"], back])}, day(3), sensing)
    assert (found["carts_out_last"], found["clicks_out_last"]) == (0, 0)


def test_a_sell_out_that_is_told_late_makes_earlier_carts_no_vain_ones(sold_out, sensing):
    late = sold_out["events"].with_columns(
        received_at=pl.when(pl.col("kind") == "sold_out").then(pl.lit(at(41))).otherwise("received_at")
    )
    found = row({**sold_out, "events": late}, day(3), sensing)
    assert (found["carts_out_last"], found["clicks_out_last"]) == (0, 1)
