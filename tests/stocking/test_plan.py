from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stocking.lines import LEVELS, LINES
from stocking.plan import stocking_list

SCHEDULED = datetime(2024, 6, 24, tzinfo=UTC)
OR_NULL = {
    "unit_cost": st.floats(0, 20),
    "salvage_value": st.floats(0, 20),
    "return_rate": st.floats(0, 1),
    "lead_time_days": st.floats(0, 30),
    "min_order_units": st.integers(0, 60),
    "pack_units": st.integers(1, 12),
    "reserve_fee_rate": st.floats(0, 1),
    "units_offered": st.integers(0, 50),
    "merchant_id": st.text(max_size=3),
    "reasons": st.lists(st.text(max_size=3), max_size=3),
    "is_new_product": st.booleans(),
}
DEMAND = (
    st.lists(st.floats(0, 40), min_size=8, max_size=8)
    .map(sorted)
    .map(lambda values: dict(zip(LEVELS, values, strict=True)))
)
CHANGE = st.builds(
    lambda demand, known, rest: demand | known | rest,
    DEMAND,
    st.fixed_dictionaries({name: st.none() | value for name, value in OR_NULL.items()}),
    st.fixed_dictionaries(
        {
            "price": st.just(0.0) | st.floats(0, 20),
            "demand_mean": st.floats(0, 60),
            "p_hit": st.sampled_from([0.1, 0.5]),
            "product_id": st.sampled_from(["P1", "P2"]),
        }
    ),
)
ANY_LINES = st.lists(CHANGE, max_size=5).map(lambda rows: [row | {"session_id": f"S{i}"} for i, row in enumerate(rows)])
ANY_STOCK = st.integers(0, 80)
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)


def test_one_listing_by_hand(lines, stock, policy):
    listing = lines({"pack_units": 10, "reserve_fee_rate": 0.12})
    line = stocking_list(listing, stock(P1=(12, 3)), policy).row(0, named=True)
    # 75 units are best; 15 are there, 60 are six packs; the reserve pays while 0.8·P(D > q)·6 > 0.48, up to 90 units
    assert (line["available_units"], line["recommended_units"], line["reserve_units"]) == (15, 60, 15)
    # of 75 units 75 - 75²/200 = 46.875 are sold at a gain of 6, 28.125 are left at a loss of 2
    assert line["expected_profit"] == pytest.approx(225)
    assert line["leftover_units"] == pytest.approx(28.125)
    assert line["order_by"] == SCHEDULED - timedelta(days=2)
    assert line["reasons"] == ["sold well last time"]
    assert line["notes"] == []


def test_units_are_still_recommended_past_the_order_by_date_and_above_the_units_offered(lines, stock, policy):
    late = lines({"lead_time_days": 30.0, "units_offered": 10})
    line = stocking_list(late, stock(P1=(0, 0)), policy).row(0, named=True)
    assert line["recommended_units"] == 75
    assert [words in note for note, words in zip(line["notes"], ["has passed", "10 units offered"], strict=True)] == [
        True,
        True,
    ]


@shared
@given(data=st.data())
def test_whatever_is_unknown_there_is_a_list_that_keeps_its_promises(lines, stock, policy, data):
    rows, units = data.draw(ANY_LINES), data.draw(ANY_STOCK)
    given_lines = lines(*rows) if rows else lines().clear()
    made = stocking_list(given_lines, stock(P1=(units, 0)), policy)
    assert made.height == len(rows)
    assert made.filter(pl.col("product_id") == "P1")["available_units"].sum() <= units
    order = pl.col("recommended_units")
    terms = given_lines.select("session_id", pl.col("min_order_units", "pack_units").fill_null(1))
    illegal = ((order % pl.col("pack_units")) != 0) | (order.is_between(1, pl.col("min_order_units") - 1))
    assert made.join(terms, on="session_id").filter(illegal).is_empty()


@shared
@given(data=st.data())
def test_the_order_of_the_rows_changes_nothing(lines, stock, policy, data):
    rows = data.draw(ANY_LINES.filter(lambda rows: len(rows) > 1))
    shuffled = data.draw(st.permutations(rows))
    snapshot = stock(P1=(7, 2), P2=(30, 0))
    one, other = (stocking_list(lines(*some), snapshot, policy) for some in (rows, shuffled))
    assert_frame_equal(one, other, check_exact=True)


def test_columns_that_the_list_does_not_need_change_nothing(lines, stock, policy):
    more = lines().with_columns(room_id=pl.lit("R1"), supply_units=pl.lit(9), stock_is_known=pl.lit(None))
    assert_frame_equal(stocking_list(more, stock(P1=(4, 0)), policy), stocking_list(lines(), stock(P1=(4, 0)), policy))


def test_the_lines_that_came_in_are_left_as_they_were(lines, stock, policy):
    before = lines({"unit_cost": None})
    stocking_list(before, stock(P1=(4, 0)), policy)
    assert_frame_equal(before, lines({"unit_cost": None}))
    assert set(LINES.columns) == set(before.columns)
