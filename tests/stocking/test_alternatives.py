import polars as pl
import pytest

from stocking.alternatives import ALTERNATIVES, Planning, alternatives


@pytest.fixture
def planning(lines, stock, policy):
    fee = {"reserve_fee_rate": 0.1}
    return Planning(lines(fee, fee | {"product_id": "P2", "merchant_id": "M2", "price": 8.0}), stock(), policy)


def test_without_a_question_shares_of_what_pays_are_compared_for_every_way_to_reserve(planning):
    table = alternatives(planning, (), ())
    assert dict(table.schema) == ALTERNATIVES
    assert table["plan"].unique(maintain_order=True).to_list() == [
        "as configured",
        *(f"{share}% of what pays" for share in (25, 50, 75, 100)),
        "as much as pays",
    ]
    assert table.height == 1 + 5 * 3


def test_more_money_never_earns_less_and_waiting_never_costs(planning):
    goods = alternatives(planning, (50.0, 100.0, 200.0, 400.0), ()).filter(pl.col("plan") != "as configured")
    for way in ("none", "instead of goods"):
        assert goods.filter(reserve=way)["profit"].is_sorted()
    both = goods.pivot("reserve", index="plan", values="profit")
    assert (both["beyond goods"] >= both["none"] - 1e-6).all()
    assert (both["instead of goods"] >= both["none"] - 1e-6).all()


def test_no_plan_spends_more_than_the_budget_of_all_merchants(planning):
    table = alternatives(planning, (100.0, 250.0), ()).drop_nulls("budget")
    assert table.height == 6
    assert (table["spend"] + table["fees"] <= table["budget"] + 1e-6).all()


def test_a_service_level_that_the_money_does_not_reach_is_told_and_the_others_go_on(planning):
    table = alternatives(planning, (100.0,), (0.0, 0.9)).slice(1)
    reasons = dict(table.filter(reserve="none").select("service", "infeasible").iter_rows())
    assert reasons[0.0] is None
    assert "budget of M1 is 100.0" in reasons[0.9]
    assert table.filter(service=0.9)["profit"].null_count() == 3
