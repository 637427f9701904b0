from dataclasses import replace
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from models.dataset import ROW, TRUTH
from models.grid import LEVELS, QUANTILES
from models.promotion import Bench, Standing, verdict
from models.settings import Promotion
from models.train import CHALLENGER, CHAMPION

RULES = Promotion(
    tie=0.005, beat_champion=True, beat_baselines=True, max_slope_worsening=0.1, max_coverage_worsening=0.03
)


@pytest.fixture(scope="module")
def bench(settings):
    return Bench(RULES, settings)


@pytest.fixture(scope="module")
def judged(dataset):
    """Two folds: the challenger knows each listing's size, a rival knows half of it, another nothing of it."""
    rows = dataset.rows.with_columns(
        size=pl.col("demand_units").log1p()
        + 0.3 * pl.Series(np.random.default_rng(3).normal(size=dataset.rows.height)),
        fold=1 + pl.int_range(pl.len(), dtype=pl.Int64) % 2,
    )
    share = {CHALLENGER: 1.0, "last_session": 0.5, "category_mean": 0.0}
    return pl.concat([_forecast(rows, name, known) for name, known in share.items()])


def _forecast(rows, name, known):
    """What a predictor says that knows such a share of how a listing's size differs from the mean size."""
    wide = 0.3 + (1 - known) * rows["size"].std()
    middle = rows["size"].mean() + known * (pl.col("size") - rows["size"].mean())
    steps = [NormalDist().inv_cdf(level) * wide for level in LEVELS]
    over = (middle - np.log(31)) / wide
    return rows.select(
        pl.lit(name).alias("predictor"), "fold", *ROW, *TRUTH,
        (1 / (1 + (-1.7 * over).exp())).alias("p_hit"),
        (middle.exp() - 1).clip(0).alias("demand_mean"),
        *((middle + step).exp().sub(1).clip(0).alias(column) for step, column in zip(steps, QUANTILES, strict=True)),
    )  # fmt: skip


def _as_champion(judged, source, worse=1.0):
    """The forecasts of one predictor under the champion's name, with demand that much too high."""
    units = [name for name in judged.columns if name.startswith("demand_") and name != "demand_units"]
    own = judged.filter(predictor=source).with_columns(pl.col(units) * worse, predictor=pl.lit(CHAMPION))
    return pl.concat([judged, own])


def _easy(judged):
    """Only the challenger and the weakest baseline: so small a season is no place to win much."""
    return judged.filter(pl.col("predictor").is_in([CHALLENGER, "category_mean"]))


def test_the_first_predictor_always_takes_over(judged, bench):
    assert verdict(judged, bench, Standing.ABSENT).promoted
    assert verdict(pl.DataFrame(), bench, Standing.ABSENT).promoted


def _all_knowing(judged, name):
    """The forecasts, with those of one predictor as if it had known each listing's demand."""
    return judged.with_columns(
        pl.when(pl.col("predictor") == name).then("demand_units").otherwise(quantile).alias(quantile)
        for quantile in QUANTILES
    )


def test_losing_to_a_baseline_is_told(judged, bench):
    told = verdict(_all_knowing(judged, "last_session"), bench, Standing.ABSENT)
    assert told.promoted
    assert told.lost_to == ("last_session",)
    assert "last_session" in told.reasons[0]


def test_a_champion_that_cannot_be_compared_stays(judged, bench):
    told = verdict(judged, bench, Standing.SOUND)
    assert not told.promoted
    assert "cannot be compared" in told.reasons[0]


def test_where_all_in_service_are_broken_the_new_one_takes_over_and_is_not_called_the_first(judged, bench):
    told = verdict(_all_knowing(judged, "last_session"), bench, Standing.BROKEN)
    assert told.promoted
    assert told.reasons[0].startswith("no predictor in service can be used, so the new one takes over, although")


def test_where_one_in_service_could_not_be_checked_a_challenger_that_keeps_every_rule_waits(judged, bench):
    rivals = _as_champion(_easy(judged), CHALLENGER, worse=2.0)
    told = verdict(rivals, bench, Standing.UNCHECKED)
    assert verdict(rivals, bench, Standing.SOUND).promoted
    assert not told.promoted
    assert "could not be checked" in told.reasons[0]
    assert told.rules == verdict(rivals, bench, Standing.SOUND).rules


def test_a_worse_champion_is_replaced(judged, bench):
    rivals = _as_champion(_easy(judged), CHALLENGER, worse=2.0)
    assert verdict(rivals, bench, Standing.SOUND).promoted


def test_an_equal_champion_stays(judged, bench):
    assert not verdict(_as_champion(judged, CHALLENGER), bench, Standing.SOUND).promoted


def test_a_champion_is_compared_on_its_own_folds_only(judged, bench):
    rivals = _as_champion(_easy(judged), CHALLENGER)
    spoilt = rivals.with_columns(
        pl.when((pl.col("fold") == 1) & (pl.col("predictor") == CHALLENGER))
        .then(pl.col("demand_p50") + 1000)
        .otherwise("demand_p50")
        .alias("demand_p50")
    )
    later = spoilt.filter(~((pl.col("predictor") == CHAMPION) & (pl.col("fold") == 1)))
    sentence = next(reason for reason in verdict(later, bench, Standing.SOUND).reasons if "champion:" in reason)
    ours, theirs = (part.split(" against ") for part in sentence.split(": ", 1)[1].split(", "))
    assert ours[0].split()[-1] == ours[1]
    assert theirs[0].split()[-1] == theirs[1]


def _ruled(bench, **changed):
    return replace(bench, promotion=bench.promotion.model_copy(update=changed))


def _narrowed(judged):
    """The challenger with intervals so narrow that hardly an outcome lies within; its median and odds stay."""
    units = [
        pl.when(pl.col("predictor") == CHALLENGER).then("demand_p50").otherwise(name).alias(name) for name in QUANTILES
    ]
    return judged.with_columns(units)


def test_every_rule_is_told_with_its_numbers(judged, bench):
    told = verdict(_as_champion(_easy(judged), CHALLENGER, worse=2.0), bench, Standing.SOUND)
    assert [rule.name for rule in told.rules] == [
        "beats category_mean", "beats champion", "reliability_slope", "coverage80",
    ]  # fmt: skip
    assert told.reasons[1:] == tuple(rule.said for rule in told.rules)
    assert all(" against " in rule.said for rule in told.rules)


def test_a_challenger_that_is_worse_calibrated_does_not_take_over(judged, bench):
    narrow = _narrowed(_as_champion(_easy(judged), CHALLENGER, worse=2.0))
    forgiving = _ruled(bench, max_coverage_worsening=1.0, beat_champion=False, beat_baselines=False)
    strict = verdict(narrow, _ruled(forgiving, max_coverage_worsening=0.03), Standing.SOUND)
    assert [rule.name for rule in strict.rules if rule.required and not rule.kept] == ["coverage80"]
    assert not strict.promoted
    assert verdict(narrow, forgiving, Standing.SOUND).promoted


def test_losing_to_a_baseline_keeps_a_challenger_out_only_where_the_rules_say_so(judged, bench):
    rivals = _as_champion(judged, CHALLENGER, worse=2.0)
    strict = verdict(_all_knowing(rivals, "last_session"), bench, Standing.SOUND)
    assert strict.lost_to == ("last_session",)
    assert not strict.promoted
    assert verdict(rivals, bench, Standing.SOUND).promoted
    lenient = _ruled(bench, beat_baselines=False)
    assert verdict(_all_knowing(rivals, "last_session"), lenient, Standing.SOUND).promoted
