"""The simple forecasts that a predictor must beat: the same rows to learn from, the same features, nothing newer."""

import polars as pl

from models.baselines import naive, plain, series
from models.baselines.plain import PLAIN
from models.baselines.sales import SALES, sales_as_demand
from models.dataset import Dataset
from models.settings import ModelSettings

__all__ = ["PLAIN", "SALES", "everything", "forecasts", "sales_as_demand"]


def forecasts(train: Dataset, features: pl.DataFrame, settings: ModelSettings) -> dict[str, pl.DataFrame]:
    """The baselines that cost little: what every training is judged beside.

    Args:
        train: listings that had ended before the forecast; they set widths and odds, and teach the trees.
        features: the feature table of all listings ahead, at one cutoff or many.
        settings: of the run; the plain LightGBM takes only its seed, threads, bins and number of trees from them.

    Returns:
        By name, one row a row in the same order: ROW and `FORECAST`. Quantiles never cross and are never below zero;
        `demand_mean` is the plain forecast itself; `return_rate` is null.
    """
    return dict(naive.forecasts(train, features)) | plain.forecasts(train, features, settings)


def everything(train: Dataset, features: pl.DataFrame, settings: ModelSettings) -> dict[str, pl.DataFrame]:
    """The same with the forecasts from each product's own series of showings: what a backtest is judged beside."""
    return forecasts(train, features, settings) | series.forecasts(train, features)
