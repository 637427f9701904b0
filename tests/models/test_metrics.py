from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, mean_pinball_loss, ndcg_score

from models.accuracy import balanced_scores, demand_scores, pinball
from models.grid import LEVELS, QUANTILES
from models.metrics import average_precision, hit_scores, reliability, scores

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


def test_no_demand_at_all_has_no_error_as_a_share_of_it():
    scores = demand_scores(_rows([0, 0], [1, 1]))
    assert (scores["rows_judged"], scores["rows_left_out"]) == (2.0, 0.0)
    assert not {"wape", "bias", "bias_mean", "pinball", "pinball3"} & set(scores)
    assert scores["coverage_p05"] == 1.0


def test_a_level_is_right_that_lies_between_the_outcomes_below_and_not_above_its_quantile():
    rows = _rows([0, 0, 1, 5], [1, 1, 1, 1]).with_columns(demand_p25=pl.lit(0.0), demand_p90=pl.Series([1.0, 1, 1, 4]))
    scores = demand_scores(rows)
    assert (scores["below_p25"], scores["coverage_p25"]) == (0.0, 0.5)
    assert (scores["below_p90"], scores["coverage_p90"]) == (0.5, 0.75)


def test_pinball_over_the_grid_is_the_mean_of_scikit_learns():
    draw = np.random.default_rng(5)
    demand, told = draw.poisson(20, 300).astype(float), np.sort(draw.uniform(0, 40, (300, len(LEVELS))), axis=1)
    rows = _rows(demand, np.zeros(300)).with_columns(
        pl.Series(name, told[:, place]) for place, name in enumerate(QUANTILES)
    )
    theirs = [mean_pinball_loss(demand, told[:, place], alpha=level) for place, level in enumerate(LEVELS)]
    assert demand_scores(rows)["pinball"] == pytest.approx(np.mean(theirs))


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


def test_precision_agrees_with_scikit_learn_under_ties_and_weights():
    draw = np.random.default_rng(2)
    hit, score, weight = draw.random(500) < 0.2, draw.random(500).round(1), draw.random(500)
    assert average_precision(hit, score) == pytest.approx(average_precision_score(hit, score))
    theirs = average_precision_score(hit, score, sample_weight=weight)
    assert average_precision(hit, score, weight) == pytest.approx(theirs)


def test_precision_without_hits_is_not_told():
    assert np.isnan(average_precision(np.array([False, False]), np.array([1.0, 2.0])))


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


def test_chances_agree_with_scikit_learn():
    draw = np.random.default_rng(4)
    chance = draw.beta(1, 4, 2_000)
    hit = draw.random(2_000) < chance**1.5
    told = hit_scores(_chances(chance, hit), top=30)
    assert told["brier"] == pytest.approx(brier_score_loss(hit, chance))
    assert told["log_loss"] == pytest.approx(log_loss(hit, np.clip(chance, 1e-6, 1 - 1e-6)))
    assert told["ndcg_at_k"] == pytest.approx(ndcg_score([hit], [chance], k=30))
    odds = np.log(chance / (1 - chance))[:, None]
    line = LogisticRegression(C=np.inf, tol=1e-8).fit(odds, hit)
    assert told["reliability_slope"] == pytest.approx(line.coef_[0, 0], rel=1e-3)
    assert told["reliability_intercept"] == pytest.approx(line.intercept_[0], rel=1e-3)


def test_a_list_is_made_at_each_cutoff_and_gains_are_discounted_by_rank():
    two = pl.concat([_chances([0.9, 0.8, 0.7], [False, True, True]), _chances([0.3, 0.2], [True, False])])
    late = pl.Series([CUTOFF] * 3 + [CUTOFF.replace(month=6)] * 2, dtype=pl.Datetime("us", "UTC"))
    told = hit_scores(two.with_columns(cutoff=late), top=2)
    first = (1 / np.log2(3)) / (1 + 1 / np.log2(3))
    assert told["ndcg_at_k"] == pytest.approx((first + 1) / 2)
    assert told["precision_at_k"] == pytest.approx(2 / 4)


def test_skill_is_counted_against_the_share_that_was_known():
    rows = _chances([0.5, 0.5, 0.0, 0.0], [True, False, False, False]).with_columns(known_hit_share=pl.lit(0.1))
    naive = (0.9**2 + 3 * 0.1**2) / 4
    assert hit_scores(rows, top=1)["brier_skill"] == pytest.approx(1 - 0.125 / naive)


def test_chances_that_part_hits_from_misses_have_no_likeliest_line():
    told = hit_scores(_chances([0.9, 0.8, 0.1], [True, True, False]), top=1)
    assert not {"reliability_slope", "reliability_intercept"} & set(told)
    assert not {"reliability_slope"} & set(hit_scores(_chances([0.5, 0.5], [True, False]), top=1))


def test_money_is_told_where_it_is_known():
    rows = _chances([0.9, 0.1], [True, False])
    assert "profit_share" not in scores(rows, top=1)
    money = {"profit": [6.0, -1.0], "oracle_profit": [8.0, 2.0], "sold_units": [3.0, 1.0], "stocked_units": [4.0, 4.0]}
    told = scores(rows.with_columns(pl.DataFrame(money), realised_units=pl.Series([5.0, 1.0])), top=1)
    assert (told["profit_share"], told["leftover_share"]) == (0.5, 0.5)
    assert told["fill_rate"] == pytest.approx(4 / 6)


def test_listings_without_a_bar_are_not_judged():
    with_null = _chances([0.9, 0.8, 0.1], [True, None, False])
    assert hit_scores(with_null, top=1)["hit_share"] == 0.5


def test_only_misses_cannot_be_judged():
    assert hit_scores(_chances([0.1, 0.2], [False, False]), top=1) == {}


def test_the_reliability_curve_holds_every_row_once():
    curve = reliability(_chances(np.linspace(0, 1, 25), [True, False] * 12 + [True]), bins=10)
    assert curve["rows"].sum() == 25
    assert curve["p_hit"].is_sorted()
