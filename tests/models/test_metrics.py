from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.accuracy import balanced_scores, demand_scores, pinball
from models.grid import QUANTILES
from models.metrics import average_precision, hit_scores, reliability

CUTOFF = datetime(2024, 5, 1, tzinfo=UTC)


def _rows(demand, median, censored=None, **more):
    units = {name: np.asarray(median, dtype=float) for name in QUANTILES}
    return pl.DataFrame(
        {"demand_units": np.asarray(demand, dtype=float), "censored": censored or [False] * len(demand)}
        | {"demand_mean": np.asarray(median, dtype=float)}
        | units
        | more
    )


def test_wape_and_bias_are_shares_of_all_units():
    scores = demand_scores(_rows([10, 30], [20, 20]))
    assert scores["wape"] == pytest.approx(20 / 40)
    assert scores["bias"] == pytest.approx(0.0)


def test_sold_out_rows_are_left_out_and_counted():
    scores = demand_scores(_rows([10, 1000], [10, 1], censored=[False, True]))
    assert (scores["rows_judged"], scores["rows_left_out"], scores["wape"]) == (1.0, 1.0, 0.0)


def test_the_interval_covers_its_ends():
    rows = _rows([5, 6, 10, 11], [8, 8, 8, 8]).with_columns(demand_p10=pl.lit(6.0), demand_p90=pl.lit(10.0))
    assert demand_scores(rows)["coverage80"] == 0.5


def test_a_forecast_without_quantiles_has_no_coverage_and_no_pinball():
    rows = _rows([5, 6], [5, 6]).with_columns(demand_p10=pl.lit(None, pl.Float64), demand_p05=pl.lit(None, pl.Float64))
    assert not {"coverage80", "pinball", "pinball3"} & set(demand_scores(rows))


def test_verdicts_count_sold_out_rows_by_the_share_that_found_stock():
    rows = _rows([10, 30], [20, 20], censored=[False, True], available_share=[1.0, 0.5])
    assert balanced_scores(rows)["wape_all"] == pytest.approx((10 + 0.5 * 10) / (10 + 0.5 * 30))


def test_no_demand_at_all_leaves_only_counts():
    assert demand_scores(_rows([0, 0], [1, 1])) == {"rows_judged": 2.0, "rows_left_out": 0.0}


def test_a_missing_unit_costs_the_level_and_a_spare_one_the_rest():
    assert pinball(np.array([10.0]), np.array([9.0]), 0.9) == pytest.approx(0.9)
    assert pinball(np.array([10.0]), np.array([11.0]), 0.9) == pytest.approx(0.1)


def test_precision_is_right_for_perfect_worst_and_tied_rankings():
    hit = np.array([True, True, False, False])
    assert average_precision(hit, np.array([4.0, 3, 2, 1])) == 1.0
    assert average_precision(hit, np.array([1.0, 2, 3, 4])) == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert average_precision(hit, np.ones(4)) == 0.5


def test_a_listing_of_weight_two_counts_as_two_in_precision():
    hit, score = np.array([True, False, True]), np.array([3.0, 2.0, 1.0])
    twice = average_precision(np.append(hit, False), np.append(score, 2.0))
    assert average_precision(hit, score, np.array([1.0, 2.0, 1.0])) == pytest.approx(twice)


def _chances(chance, hit):
    return _rows([1.0] * len(hit), [1.0] * len(hit)).with_columns(
        available_share=pl.lit(1.0),
        p_hit=pl.Series(chance, dtype=pl.Float64),
        hit=pl.Series(hit, dtype=pl.Boolean),
        cutoff=pl.lit(CUTOFF).cast(pl.Datetime("us", "UTC")),
        session_id=pl.Series([str(number) for number in range(len(hit))]),
        product_id=pl.lit("p"),
    )


def test_right_chances_have_intercept_zero_and_slope_one():
    draw = np.random.default_rng(0)
    chance = draw.beta(1, 6, 20_000)
    scores = hit_scores(_chances(chance, draw.random(20_000) < chance), top=5)
    assert abs(scores["reliability_intercept"]) < 0.1
    assert abs(scores["reliability_slope"] - 1) < 0.05
    assert scores["brier_skill"] > 0.05


def test_telling_everyone_the_share_of_hits_has_no_skill():
    assert hit_scores(_chances([0.25] * 4, [True, False, False, False]), top=1)["brier_skill"] == pytest.approx(0.0)


def test_precision_at_k_looks_at_the_best_of_each_cutoff():
    assert hit_scores(_chances([0.9, 0.8, 0.1, 0.2], [True, False, True, False]), top=2)["precision_at_k"] == 0.5


def test_listings_without_a_bar_are_not_judged():
    with_null = _chances([0.9, 0.8, 0.1], [True, None, False])
    assert hit_scores(with_null, top=1)["hit_share"] == 0.5


def test_only_misses_cannot_be_judged():
    assert hit_scores(_chances([0.1, 0.2], [False, False]), top=1) == {}


def test_the_reliability_curve_holds_every_row_once():
    curve = reliability(_chances(np.linspace(0, 1, 25), [True, False] * 12 + [True]), bins=10)
    assert curve["rows"].sum() == 25
    assert curve["p_hit"].is_sorted()
