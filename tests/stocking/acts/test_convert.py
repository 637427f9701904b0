from datetime import timedelta

import pytest

from stocking.acts.convert import conversions, with_conversion
from stocking.acts.situation import Situation


@pytest.fixture
def converted(listings, patient):
    def build(policy=patient, **changes):
        now = Situation.of(listings({"reserve_units": 100} | changes), policy)
        return with_conversion(now, policy).row(0, named=True)

    return build


@pytest.fixture
def advice(listings, acts, patient):
    def build(**changes):
        return conversions(Situation.of(listings({"reserve_units": 100} | changes), patient), acts, patient)

    return build


def test_material_is_made_up_to_the_newsvendors_quantile(converted):
    # a made unit earns 6 or loses 2: up to the quantile 6/8, 80 units, 40 of them in stock;
    # 20 of the 40 find a buyer on average: 8·20 - 2·40
    row = converted()
    assert row["convert_units"] == 40
    assert row["convert_value"] == pytest.approx(80.0)


def test_no_more_is_made_than_is_reserved(converted):
    # 6.875 of 10 find a buyer: 8·6.875 - 2·10; known beforehand: 6·6.875
    row = converted(reserve_units=10)
    assert (row["convert_units"], row["convert_value"]) == (10, 35.0)
    assert row["convert_surety"] == pytest.approx(35.0 / 41.25)


def test_buyers_who_do_not_wait_need_no_goods(converted, patient):
    half = patient.model_copy(update={"reserve_wait_share": 0.5})
    nobody = patient.model_copy(update={"reserve_wait_share": 0.0})
    assert (converted(half)["convert_units"], converted(half)["convert_value"]) == (20, pytest.approx(40.0))
    assert (converted(nobody)["convert_units"], converted(nobody)["convert_value"]) == (0, 0.0)


def test_the_units_chosen_are_worth_the_most(converted):
    best = converted()["convert_value"]
    assert all(converted(reserve_units=units)["convert_value"] <= best + 1e-9 for units in range(0, 101, 3))


@pytest.mark.parametrize(
    "change",
    [
        {"stock_units": 100},
        {"price": 4.0},
        {"price": None},
        {"stock_units": None},
        {"reserve_units": None},
        {"minutes_open": None, "scheduled_at": None},
    ],
    ids=["enough stock", "no margin", "no price", "no stock known", "no reserve", "not begun"],
)
def test_nothing_is_made_without_need_or_gain_or_knowledge(converted, change):
    assert converted(**change)["convert_units"] == 0


def test_while_waiting_is_worth_something_the_supplier_is_not_told(advice):
    # 80 of the 135 that perfect knowledge would bring: waiting may still bring more
    assert advice()["score"].to_list() == [0.0]


def test_once_waiting_has_no_more_value_the_supplier_is_told(advice, even):
    # all of 10 units are surely wanted: nothing is left to learn
    row = advice(reserve_units=10, **even(60, 100)).row(0, named=True)
    assert (row["units"], row["score"]) == (10, 1.0)
    assert row["by"] == row["ends"] - timedelta(minutes=30)


def test_when_the_supplier_has_to_know_it_is_told_whatever_is_still_to_learn(advice):
    ends = advice()["cutoff"][0] + timedelta(minutes=60)
    assert advice(ends=ends)["score"].to_list() == [1.0]
    assert advice(ends=ends + timedelta(minutes=1))["score"].to_list() == [0.0]


def test_a_supplier_is_never_told_to_know_before_now(advice):
    cutoff = advice()["cutoff"][0]
    assert advice(ends=cutoff + timedelta(minutes=5))["by"].to_list() == [cutoff]
