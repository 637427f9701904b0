from datetime import timedelta

import pytest

from stocking.acts.anchor import hints
from stocking.acts.sell_out import with_sell_out
from stocking.acts.situation import Situation

PLENTY = {"product_id": "P2", "stock_units": 100}
"""40 units would be left over, as many as are still going to be asked for: worth 8·40 = 320."""


@pytest.fixture
def told(listings, arrivals, policy, acts):
    def build(*changes):
        now = with_sell_out(Situation.of(listings(*changes), policy), arrivals)
        return hints(now, acts).sort("product_id", "kind")

    return build


def of(frame, kind):
    return frame.filter(kind=kind).row(0, named=True)


def kinds(frame, product="P1"):
    return frame.filter(product_id=product)["kind"].to_list()


def test_what_sells_out_early_is_slowed_down_for_what_has_goods(told):
    # P1 misses ∫ P(D > q) from 40 to 100 = 22.5 buyers, worth 8 each at P2; half of them follow the hint
    row = of(told({}, PLENTY), "slow_down")
    assert (row["product_id"], row["to_product_id"]) == ("P1", "P2")
    assert row["value"] == pytest.approx(0.5 * 8 * 22.5, rel=0.01)
    assert row["score"] == pytest.approx(1 - 19 / 80)


def test_buyers_are_worth_no_more_than_the_other_product_has_left_over(told):
    # of 60 units 10 are left over on average: ∫ P(D < q) from 20 to 60
    row = of(told({}, PLENTY | {"stock_units": 60}), "slow_down")
    assert row["value"] == pytest.approx(0.5 * 8 * 10)


def test_nothing_is_slowed_down_near_the_end_nor_without_another_product_nor_off_the_show(told):
    near = {"ends": told({}, PLENTY)["cutoff"][0] + timedelta(minutes=59)}
    assert "slow_down" not in kinds(told(near, PLENTY | near))
    assert "slow_down" not in kinds(told({}))
    assert "slow_down" not in kinds(told({}, PLENTY | {"session_id": "S2"}))
    assert "slow_down" not in kinds(told({"on_show": False}, PLENTY))


def test_what_is_sold_out_is_swapped_for_the_best_other_product(told):
    best = {"product_id": "P3", "stock_units": 100, "price": 20.0}
    row = of(told({"stock_units": 20}, PLENTY, best), "swap")
    assert (row["product_id"], row["to_product_id"], row["score"]) == ("P1", "P3", 1.0)


def test_what_nobody_buys_any_more_is_swapped_less_what_it_would_still_sell(told, even):
    # at most 1 or so of the 20 left is sold, half a unit on average: half of P2's 320, less 8·0.5
    row = of(told(even(20, 21), PLENTY), "swap")
    assert row["score"] == pytest.approx(1.0, abs=1e-6)
    assert row["value"] == pytest.approx(0.5 * 320 - 4.0, rel=0.01)


def test_what_lags_far_behind_the_plan_is_shown_longer(told, even):
    # 80 planned, 20 to 40 come, less than half; of 70 units 40 are left over, of which none was meant to be
    row = of(told({"stock_units": 70, "plan_demand_p50": 80.0, **even(20, 40)}), "speed_up")
    assert (row["score"], row["to_product_id"]) == (pytest.approx(1.0, abs=0.01), None)
    assert row["value"] == pytest.approx(0.5 * 8 * 40, rel=0.01)


def test_what_was_meant_to_be_left_over_is_no_reason_to_hurry(told, even):
    assert kinds(told({"stock_units": 120, "plan_demand_p50": 60.0, **even(55, 65)})) == []


def test_no_reason_names_a_product_or_an_amount(told, even):
    titles = [{"title": "Silk", "stock_units": 20}, PLENTY | {"title": "Rose"}, {"product_id": "P3"} | even(20, 21)]
    for reason in told(*titles)["reason"]:
        assert not {"Silk", "Rose", "P2", "P3"} & set(reason.replace(".", " ").split())
