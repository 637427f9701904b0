"""How good each predictor was, fold by fold."""

from collections.abc import Iterable

import polars as pl

from models.metrics import scores
from models.settings import ModelSettings

SCORES = {"predictor": pl.String, "fold": pl.Int64, "metric": pl.String, "value": pl.Float64}


def table(judged: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """One row per predictor, fold and metric; a null fold holds the value over all folds together."""
    rows: list[tuple[str | int, str | int | None, str, float]] = []
    for name, own in _by(judged, "predictor"):
        rows += [(name, None, metric, value) for metric, value in scores(own, settings.top).items()]
        for fold, part in _by(own, "fold"):
            rows += [(name, fold, metric, value) for metric, value in scores(part, settings.top).items()]
    return pl.DataFrame(rows, schema=SCORES, orient="row")


def _by(judged: pl.DataFrame, column: str) -> Iterable[tuple[str | int, pl.DataFrame]]:
    if not judged.height:
        return []
    return [(key[0], rows) for key, rows in judged.partition_by(column, as_dict=True, maintain_order=True).items()]
