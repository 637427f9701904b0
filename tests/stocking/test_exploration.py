from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from stocking.exploration import effect
from stocking.plan import planned


def many(lines, count, **change):
    named = [{"session_id": f"S{n}", "product_id": f"P{n}"} | change for n in range(count)]
    return lines(*named)


def exploring(policy, share=0.5, **more):
    return policy.model_copy(update={"explore_share": share, "explore_level": 0.95, **more})


@pytest.fixture
def some(lines, stock):
    def build(count, **change):
        return many(lines, count, **change), stock(**{f"P{n}": (0, 0) for n in range(count)})

    return build


def test_by_default_nothing_is_drawn_and_nothing_logged(some, policy):
    plan = planned(*some(5), policy)
    assert policy.explore_share == 0.0
    assert plan.explored.height == 0
    assert plan.lines["recommended_units"].to_list() == [75] * 5


def test_what_is_drawn_gets_goods_for_a_higher_quantile_and_says_so(some, policy):
    plan = planned(*some(60), exploring(policy))
    told = plan.lines.join(plan.explored.select("session_id", "drawn", "extra_units"), on="session_id")
    assert 15 < told["drawn"].sum() < 45
    assert set(told.filter("drawn")["recommended_units"]) == {95}
    assert set(told.filter(~pl.col("drawn"))["recommended_units"]) == {75}
    assert set(told["extra_units"]) == {20}
    notes = told.filter("drawn")["notes"].explode().unique().to_list()
    assert notes == ["drawn by lot: 20 units more than pays best, to learn how much is wanted"]
    assert told.filter(~pl.col("drawn"))["notes"].explode().drop_nulls().len() == 0


def test_the_chance_of_all_that_could_be_drawn_is_logged_whether_they_were_or_not(some, policy):
    log = planned(*some(40), exploring(policy, 0.1)).explored
    assert log.height == 40
    assert set(log["propensity"]) == {0.1}
    assert 0 < log["drawn"].sum() < 20


def test_the_lot_hangs_on_product_and_session_not_on_the_cutoff_or_the_order_of_rows(some, policy):
    frame, stock = some(30)
    later = frame.with_columns(pl.col("cutoff") + timedelta(days=1), pl.col("scheduled_at") + timedelta(days=1))
    policy = exploring(policy)
    first = planned(frame, stock, policy).explored
    assert planned(later, stock, policy).explored["drawn"].to_list() == first["drawn"].to_list()
    assert planned(frame.sample(fraction=1, shuffle=True, seed=1), stock, policy).explored.equals(first)
    other = planned(frame, stock, policy.model_copy(update={"explore_seed": 8})).explored
    assert other["drawn"].to_list() != first["drawn"].to_list()


def test_neither_what_a_merchant_decided_nor_what_earns_nothing_nor_what_has_enough_is_drawn(lines, stock, policy):
    frame = lines(
        {"session_id": "S1", "product_id": "P1", "approved_units": 75},
        {"session_id": "S2", "product_id": "P2", "unit_cost": 10.0},
        {"session_id": "S3", "product_id": "P3"},
        {"session_id": "S4", "product_id": "P4"},
    )
    log = planned(frame, stock(P1=(0, 0), P2=(0, 0), P3=(97, 0), P4=(0, 0)), exploring(policy)).explored
    assert log["product_id"].to_list() == ["P4"]


@pytest.mark.parametrize("budget", [0.0, 1500.0, 3300.0, 3500.0, 5000.0])
def test_limits_are_kept_and_only_as_many_could_be_drawn_as_fit_all_at_once(some, policy, budget):
    """Ten listings whose best 75 units cost 300 each; being drawn costs 80 more."""
    limited = exploring(policy, 0.5, budget=budget)
    usual, plan = planned(*some(10), limited.model_copy(update={"explore_share": 0.0})), planned(*some(10), limited)
    assert (plan.lines["recommended_units"] * 4.0).sum() <= budget
    spare = budget - (usual.lines["recommended_units"] * 4.0).sum()
    assert (plan.explored["extra_units"] * 4.0).sum() <= spare
    assert plan.explored.height == {0.0: 0, 1500.0: 0, 3300.0: 3, 3500.0: 6, 5000.0: 10}[budget]


def test_packs_and_the_highest_service_level_are_kept(some, policy):
    plan = planned(*some(20, pack_units=30), exploring(policy, explore_level=0.97))
    assert set(plan.lines["recommended_units"]) <= {60, 90}
    capped = planned(*some(20), exploring(policy, explore_level=0.97, service_level_max=0.8))
    assert capped.lines["recommended_units"].max() <= 80


def test_the_mean_with_more_goods_is_right_on_average_though_few_are_drawn():
    """What sells better anyway is drawn more often here, so that plain means are far off."""
    dice = np.random.default_rng(6)
    usual, chance = np.linspace(0.0, 8.0, 200), np.linspace(0.1, 0.5, 200)
    gains, plain = [], []
    for _ in range(400):
        drawn = dice.random(200) < chance
        outcome = usual + 3.0 * drawn
        gains.append(effect(outcome, drawn, chance).gain)
        plain.append(outcome[drawn].mean() - outcome[~drawn].mean())
    assert np.mean(gains) == pytest.approx(3.0, abs=0.1)
    assert np.mean(plain) > 4.0


def test_the_error_shrinks_with_the_listings():
    dice = np.random.default_rng(1)
    small, large = (effect(dice.normal(size=n), dice.random(n) < 0.2, np.full(n, 0.2)).error for n in (100, 10_000))
    assert small / large == pytest.approx(10, rel=0.4)


def test_nothing_can_be_told_where_nothing_was_drawn():
    told = effect(np.ones(3), np.zeros(3, dtype=bool), np.full(3, 0.1))
    assert np.isnan(told.gain)
    assert told.usual == 1.0
