import polars as pl
import pytest

from models.judge import table, verdict
from models.train import CHALLENGER, CHAMPION, train


@pytest.fixture(scope="module")
def judged(dataset, settings):
    return train(dataset, settings, 0.1).judged


def _as_champion(judged, source, worse=1.0):
    """The forecasts of one predictor under the champion's name, with demand that much too high."""
    units = [name for name in judged.columns if name.startswith("demand_") and name != "demand_units"]
    own = judged.filter(predictor=source).with_columns(pl.col(units) * worse, predictor=pl.lit(CHAMPION))
    return pl.concat([judged, own])


def _easy(judged):
    """Only the challenger and the weakest baseline: so small a season is no place to win much."""
    return judged.filter(pl.col("predictor").is_in([CHALLENGER, "category_mean"]))


def test_the_first_predictor_always_takes_over(judged, settings):
    assert verdict(judged, settings, in_service=False).promoted
    assert verdict(pl.DataFrame(), settings, in_service=False).promoted


def test_losing_to_a_baseline_is_told(judged, settings):
    better = judged.with_columns(
        pl.when(pl.col("predictor") == "last_session").then("demand_units").otherwise("demand_p50").alias("demand_p50")
    )
    told = verdict(better, settings, in_service=False)
    assert told.promoted
    assert "last_session" in told.lost_to
    assert "last_session" in told.reasons[0]


def test_a_champion_that_cannot_be_compared_stays(judged, settings):
    told = verdict(judged, settings, in_service=True)
    assert not told.promoted
    assert "cannot be compared" in told.reasons[0]


def test_a_worse_champion_is_replaced(judged, settings):
    rivals = _as_champion(_easy(judged), CHALLENGER, worse=2.0)
    assert verdict(rivals, settings, in_service=True).promoted


def test_an_equal_champion_stays(judged, settings):
    assert not verdict(_as_champion(judged, CHALLENGER), settings, in_service=True).promoted


def test_a_champion_is_compared_on_its_own_folds_only(judged, settings):
    rivals = _as_champion(_easy(judged), CHALLENGER)
    spoilt = rivals.with_columns(
        pl.when((pl.col("fold") == 1) & (pl.col("predictor") == CHALLENGER))
        .then(pl.col("demand_p50") + 1000)
        .otherwise("demand_p50")
        .alias("demand_p50")
    )
    later = spoilt.filter(~((pl.col("predictor") == CHAMPION) & (pl.col("fold") == 1)))
    sentence = next(reason for reason in verdict(later, settings, in_service=True).reasons if "champion:" in reason)
    ours, theirs = (part.split(" against ") for part in sentence.split(": ", 1)[1].split(", "))
    assert ours[0].split()[-1] == ours[1]
    assert theirs[0].split()[-1] == theirs[1]


def test_the_table_has_every_predictor_every_fold_and_the_whole(judged, settings):
    scores = table(judged, settings)
    assert scores.columns == ["predictor", "fold", "metric", "value"]
    assert scores.filter(metric="wape").height == 5 * (settings.folds + 1)
    assert scores["value"].is_finite().all()


def test_nothing_judged_gives_an_empty_table(settings):
    assert table(pl.DataFrame(), settings).height == 0
