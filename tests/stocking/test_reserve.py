import pytest

from stocking.plan import planned


@pytest.fixture
def patient(policy):
    return policy.model_copy(update={"reserve_wait_share": 1.0})


def reserved(rows, stock, policy, held=(5, 0)):
    return planned(rows, stock(P1=held), policy).lines["reserve_units"].to_list()


def test_reserving_goes_on_while_the_chance_of_a_sale_is_worth_the_fee(lines, stock, patient):
    # the fee is 0.15·4 = 0.6, a sale earns 6: worth it while P(D > q) > 0.1, up to 90 units, 75 of them finished goods
    assert reserved(lines({"reserve_fee_rate": 0.15}), stock, patient) == [15]


def test_goods_that_lie_unassigned_in_the_warehouse_need_no_reserve(lines, stock, patient):
    assert reserved(lines({"reserve_fee_rate": 0.15}), stock, patient, held=(84, 0)) == [6]


def test_buyers_who_do_not_wait_make_reserving_worth_less(lines, stock, patient):
    hasty = patient.model_copy(update={"reserve_wait_share": 0.5})
    assert reserved(lines({"reserve_fee_rate": 0.15}), stock, hasty) == [5]


@pytest.mark.parametrize("fee_rate", [None, 2.0])
def test_nothing_is_reserved_without_a_known_fee_or_at_one_that_never_pays(lines, stock, patient, fee_rate):
    assert reserved(lines({"reserve_fee_rate": fee_rate}), stock, patient) == [0]


def test_nothing_is_reserved_for_sales_that_earn_nothing(lines, stock, patient):
    assert reserved(lines({"reserve_fee_rate": 0.0, "price": 4.0}), stock, patient) == [0]


def test_a_policy_without_waiting_buyers_reserves_nothing(lines, stock, patient):
    nobody = patient.model_copy(update={"reserve_wait_share": 0.0})
    assert reserved(lines({"reserve_fee_rate": 0.0}), stock, nobody) == [0]


def test_a_free_reserve_stops_at_the_highest_service_level(lines, stock, patient):
    cautious = patient.model_copy(update={"service_level_max": 0.95})
    assert reserved(lines({"reserve_fee_rate": 0.0}), stock, cautious) == [20]


def test_what_the_reserve_is_worth_is_told_in_money(lines, stock, patient):
    # between 75 and 90 units demand is even: 15·(0.25 + 0.10)/2 = 2.625 are sold at 6 each, 15 fees of 0.6 are paid
    line = planned(lines({"reserve_fee_rate": 0.15}), stock(P1=(5, 0)), patient).lines.row(0, named=True)
    assert line["reserve_value"] == pytest.approx(6 * 2.625 - 9.0)


def test_material_instead_of_goods_where_it_pays_better(lines, stock, policy):
    # a sale of goods earns 6, of material 0.5·6, the fee is 0.4: goods while P(D > q)·(8 - 3) > 2 - 0.4, to 68 units,
    # material while P(D > q)·3 > 0.4, up to 86.67
    two_stages = policy.model_copy(update={"reserve_wait_share": 0.5, "reserve_instead": True})
    line = planned(lines({"reserve_fee_rate": 0.1}), stock(P1=(0, 0)), two_stages).lines.row(0, named=True)
    assert (line["recommended_units"], line["reserve_units"]) == (68, 19)  # 86 and 87 units are worth nearly the same


def test_a_budget_that_the_goods_use_up_leaves_nothing_to_reserve(lines, stock, patient):
    poor = patient.model_copy(update={"budget": 100.0})
    line = planned(lines({"reserve_fee_rate": 0.15}), stock(P1=(0, 0)), poor).lines.row(0, named=True)
    assert (line["recommended_units"], line["reserve_units"]) == (25, 0)
