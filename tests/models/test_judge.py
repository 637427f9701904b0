import polars as pl
import pytest

from models.judge import table
from models.train import train


@pytest.fixture(scope="module")
def judged(dataset, settings):
    return train(dataset, settings, 0.1).judged


def test_the_table_has_every_predictor_every_fold_and_the_whole(judged, settings):
    scores = table(judged, settings)
    assert scores.columns == ["predictor", "fold", "metric", "value"]
    assert scores.filter(metric="wape").height == 9 * (settings.folds + 1)
    assert scores["value"].is_finite().all()


def test_nothing_judged_gives_an_empty_table(settings):
    assert table(pl.DataFrame(), settings).height == 0
