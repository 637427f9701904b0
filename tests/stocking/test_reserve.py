import polars as pl
import pytest

from stocking.reserve import with_reserve


def reserved(lines, policy, **values: float):
    known = {
        "net_revenue": 10.0,
        "cost": 4.0,
        "salvage": 2.0,
        "available_units": 5,
        "recommended_units": 70,
        "surplus_units": 0,
    }
    return with_reserve(
        lines.with_columns(pl.lit(value).alias(name) for name, value in (known | values).items()), policy
    )["reserve_units"].to_list()


@pytest.fixture
def patient(policy):
    return policy.model_copy(update={"reserve_wait_share": 1.0})


def test_reserving_goes_on_while_the_chance_of_a_sale_is_worth_the_fee(lines, patient):
    # the fee is 0.15·4 = 0.6, a sale earns 6: worth it while P(D > q) > 0.1, up to 90 units, 75 of them finished goods
    assert reserved(lines({"reserve_fee_rate": 0.15}), patient) == [15]


def test_goods_that_lie_unassigned_in_the_warehouse_need_no_reserve(lines, patient):
    assert reserved(lines({"reserve_fee_rate": 0.15}), patient, surplus_units=9) == [6]


def test_buyers_who_do_not_wait_make_reserving_worth_less(lines, patient):
    hasty = patient.model_copy(update={"reserve_wait_share": 0.5})
    assert reserved(lines({"reserve_fee_rate": 0.15}), hasty) == [5]


@pytest.mark.parametrize("fee_rate", [None, 2.0])
def test_nothing_is_reserved_without_a_known_fee_or_at_one_that_never_pays(lines, patient, fee_rate):
    assert reserved(lines({"reserve_fee_rate": fee_rate}), patient) == [0]


def test_nothing_is_reserved_for_sales_that_earn_nothing(lines, patient):
    assert reserved(lines({"reserve_fee_rate": 0.0}), patient, net_revenue=4.0, recommended_units=0) == [0]


def test_a_policy_without_waiting_buyers_reserves_nothing(lines, patient):
    nobody = patient.model_copy(update={"reserve_wait_share": 0.0})
    assert reserved(lines({"reserve_fee_rate": 0.0}), nobody) == [0]


def test_a_free_reserve_stops_at_the_highest_service_level(lines, patient):
    assert reserved(lines({"reserve_fee_rate": 0.0}), patient.model_copy(update={"service_level_max": 0.95})) == [20]
