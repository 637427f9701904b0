import pytest

from stocking.economics import with_economics


def test_a_returned_unit_gives_back_its_price_and_is_left_over(lines, policy):
    row = with_economics(lines({"return_rate": 0.25}), policy).row(0, named=True)
    assert row["net_revenue"] == pytest.approx(0.75 * 10 + 0.25 * 2)


def test_handling_a_return_costs_its_share_of_the_price(lines, policy):
    handled = policy.model_copy(update={"return_handling_share": 0.1})
    row = with_economics(lines({"return_rate": 0.5}), handled).row(0, named=True)
    assert row["net_revenue"] == pytest.approx(0.5 * 10 + 0.5 * (2 - 1))


def test_silent_costs_are_shares_of_the_price_and_flagged(lines, policy):
    silent = lines({"unit_cost": None, "salvage_value": None, "return_rate": None})
    row = with_economics(silent, policy).row(0, named=True)
    assert row["cost"] == pytest.approx(10 * policy.default_cost_share)
    assert row["salvage"] == pytest.approx(10 * policy.default_salvage_share)
    assert row["returned_share"] == policy.default_return_rate
    assert row["cost_is_default"]
    assert row["salvage_is_default"]
    assert row["return_rate_is_default"]


def test_salvage_counts_at_most_at_cost(lines, policy):
    given = with_economics(lines({"salvage_value": 9.0}), policy).row(0, named=True)
    assert (given["salvage"], given["salvage_is_cut"]) == (4.0, True)
    default = with_economics(lines({"unit_cost": 1.0, "salvage_value": None}), policy).row(0, named=True)
    assert (default["salvage"], default["salvage_is_cut"]) == (1.0, False)


def test_goods_given_away_earn_and_cost_nothing_by_default(lines, policy):
    free = with_economics(lines({"price": 0.0, "unit_cost": None, "salvage_value": None}), policy).row(0, named=True)
    assert (free["cost"], free["salvage"], free["net_revenue"]) == (0.0, 0.0, 0.0)
