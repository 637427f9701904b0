"""The simple forecasts that a predictor must beat, from the same features and nothing newer."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.boosting import Aim, Rows, grow
from models.dataset import ROW, Dataset
from models.encoding import Encoding
from models.grid import FORECAST, QUANTILES, Floats
from models.hits import line, sigmoid
from models.settings import ModelSettings

# Each names the features that it falls back on, best first: here, then anywhere, then its kin.
NAIVE: Mapping[str, tuple[str, ...]] = {
    "last_session": ("room_units_last", "units_last", "category_units_28d"),
    "category_mean": ("category_units_28d", "department_units_28d"),
    "exponential_mean": ("room_units_fading", "units_per_showing_fading", "category_units_28d"),
}
PLAIN = "plain_lightgbm"
_PLAIN_LEVELS = {"demand_p10": 0.10, "demand_p50": 0.50, "demand_p90": 0.90}


def forecasts(train: Dataset, features: pl.DataFrame, settings: ModelSettings) -> dict[str, pl.DataFrame]:
    """Every baseline's forecast of the listings in a feature table: ROW and `FORECAST`, null where it has none.

    Args:
        train: listings that had ended before the forecast; they set the simple ones' odds and teach the plain one.
        features: the feature table of the listings ahead.
        settings: of the run; the plain LightGBM takes only its seed, threads, bins and number of trees from them.
    """
    found = {name: _naive(fallbacks, train, features) for name, fallbacks in NAIVE.items()}
    return found | {PLAIN: _plain(train, features, settings)}


def _naive(fallbacks: tuple[str, ...], train: Dataset, features: pl.DataFrame) -> pl.DataFrame:
    mean = train.rows["sales_units"].mean()
    otherwise = float(mean) if isinstance(mean, float) else 0.0
    labelled = train.rows.filter(pl.col("hit").is_not_null())
    guess = _guess(fallbacks, features, otherwise)
    past = np.log1p(_guess(fallbacks, labelled, otherwise))
    odds = line(past, labelled["hit"].to_numpy(), np.ones(len(past)))
    chance = sigmoid(odds[0] + odds[1] * np.log1p(guess))
    return _told(features, {"p_hit": chance, "demand_mean": guess, "demand_p50": guess})


def _guess(fallbacks: tuple[str, ...], rows: pl.DataFrame, otherwise: float) -> Floats:
    there = [pl.col(name) for name in fallbacks if name in rows.columns]
    guess = rows.with_columns(_guess=pl.coalesce(*there, pl.lit(otherwise)).cast(pl.Float64))["_guess"]
    return np.asarray(guess.to_numpy(), dtype=np.float64)


def _plain(train: Dataset, features: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """LightGBM as it comes: sales as they were, sold out or not, fixed trees, nothing put right afterwards."""
    if not train.rows.height:
        return _told(features, {})
    plain = settings.model_copy(update={"learning_rate": 0.1, "leaves": 31, "min_data": 20})
    encoding = Encoding.of(train.rows, train.features)
    matrix = encoding.matrix(features)
    sales = train.rows["sales_units"].cast(pl.Float64).to_numpy()
    binned = Rows(encoding, encoding.matrix(train.rows), sales, np.ones(len(sales))).binned(plain)
    raw = [
        grow(binned, Aim("quantile", level), plain.plain_rounds, plain).raw(matrix, plain.threads)
        for level in _PLAIN_LEVELS.values()
    ]
    units = np.sort(np.maximum(np.stack(raw), 0.0), axis=0)
    told = dict(zip(_PLAIN_LEVELS, units, strict=True)) | {"demand_mean": units[1]}
    return _told(features, told | {"p_hit": _plain_chance(train, matrix, encoding, plain)})


def _plain_chance(train: Dataset, matrix: pl.DataFrame, encoding: Encoding, plain: ModelSettings) -> Floats:
    rows = train.rows.filter(pl.col("hit").is_not_null())
    label = rows["hit"].cast(pl.Float64).to_numpy()
    if len(np.unique(label)) < 2:  # noqa: PLR2004 - only hits, or none
        return np.full(matrix.height, label.mean() if len(label) else 0.0)
    binned = Rows(encoding, encoding.matrix(rows), label, np.ones(len(label))).binned(plain)
    return sigmoid(grow(binned, Aim("binary"), plain.plain_rounds, plain).raw(matrix, plain.threads))


def _told(features: pl.DataFrame, told: Mapping[str, Floats]) -> pl.DataFrame:
    columns = [
        pl.Series(name, told[name]) if name in told else pl.lit(None, pl.Float64).alias(name) for name in FORECAST
    ]
    assert set(told) <= {*FORECAST, *QUANTILES}  # noqa: S101
    return features.select(ROW).with_columns(*columns)
