"""What units came to, by hand, and beside the two other places that reckon money."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocking.feedback.money import came_to
from stocking.played import played
from stocking.profit import realised

FEW = st.integers(0, 50)
LINES = st.fixed_dictionaries({
    "had_units": FEW, "available_units": FEW, "recommended_units": FEW, "had_reserve_units": FEW, "reserve_units": FEW,
    "demand_units": st.floats(0, 80), "net_revenue": st.floats(0, 20), "cost": st.floats(1, 9),
    "salvage": st.floats(0, 1), "reserve_fee": st.floats(0, 1),
})  # fmt: skip


def came(**more):
    one = {
        "had_units": 8, "available_units": 2, "recommended_units": 6, "had_reserve_units": 0, "reserve_units": 0,
        "demand_units": 10.0, "net_revenue": 10.0, "cost": 4.0, "salvage": 1.0, "reserve_fee": 0.0,
    }  # fmt: skip
    return came_to(pl.DataFrame([one | more]), 0.5).row(0, named=True)


@pytest.mark.parametrize(
    ("more", "met", "made", "left", "profit"),
    [
        ({}, 8, 0, 0, 48),  # 8 sold at 10 - 4
        ({"demand_units": 3.0}, 3, 0, 5, 18 - 15),  # five left lose 4 - 1 each
        ({"had_reserve_units": 3, "reserve_fee": 0.5}, 8, 1, 0, 54 - 1.5),  # of two buyers without goods one waits
        ({"had_units": 0}, 0, 0, 0, 0),
        ({"net_revenue": 3.0}, 8, 0, 0, -8),  # each sale loses one
    ],
)
def test_units_sell_are_made_or_are_left(more, met, made, left, profit):
    found = came(**more)
    assert (found["met_units"], found["made_units"], found["left_units"]) == (met, made, left)
    assert found["profit"] == pytest.approx(profit)


def test_the_recommendation_is_reckoned_by_itself():
    found = came(had_units=2, recommended_units=6)
    assert (found["profit"], found["recommended_profit"], found["oracle_profit"]) == (12, 48, 60)


@settings(deadline=None, max_examples=40)
@given(LINES)
def test_nothing_earns_more_than_the_oracle_where_selling_pays(line):
    found = came(**line)
    if line["net_revenue"] >= line["cost"]:
        assert max(found["profit"], found["recommended_profit"]) <= found["oracle_profit"] + 1e-6
    assert found["met_units"] + found["left_units"] == pytest.approx(line["had_units"])


@settings(deadline=None, max_examples=40)
@given(LINES)
def test_without_a_reserve_it_is_what_a_backtest_reckons(line):
    alone = came(**line | {"had_reserve_units": 0, "reserve_fee": 0.0})
    money = {name: [line[name]] for name in ("demand_units", "cost", "salvage")}
    told = realised(
        pl.DataFrame(
            money
            | {"stocked_units": [float(line["had_units"])], "price": [line["net_revenue"]]}
            | {"returned_share": [0.0], "return_handling": [0.0]}
        )
    )
    assert alone["profit"] == pytest.approx(told.profit, abs=1e-6)
    assert alone["oracle_profit"] == pytest.approx(told.oracle_profit, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(LINES)
def test_a_product_shown_once_comes_to_what_playing_the_plan_says(line):
    found, when = came(**line), datetime(2024, 1, 1, tzinfo=UTC)
    plan = {
        "session_id": "S", "product_id": "P", "scheduled_at": when, "is_too_late": False,
        "available_units": line["had_units"], "recommended_units": 0, "reserve_units": line["had_reserve_units"],
        "reserve_fee_rate": line["reserve_fee"] / line["cost"],
        **{name: line[name] for name in ("demand_units", "net_revenue", "cost", "salvage")},
    }  # fmt: skip
    schema = {"scheduled_at": pl.Datetime("us", "UTC")}
    one = played(pl.DataFrame([plan], schema_overrides=schema), 0.5).row(0, named=True)
    assert found["profit"] == pytest.approx(one["profit"], abs=1e-6)
    assert found["made_units"] == pytest.approx(one["made_units"])
