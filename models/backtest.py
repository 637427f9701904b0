"""What would have been forecast at earlier cutoffs, beside what then happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.contracts import Tables
from features.labels import hit_labels, outcomes
from features.listings import upcoming
from features.settings import Sensing
from features.table import compute
from models import baselines
from models.dataset import LISTING, ROW, build
from models.grid import FORECAST
from models.settings import ModelSettings
from models.train import CHALLENGER, fit

OUTCOME = (
    "scheduled_at", "sales_units", "demand_units", "censored", "available_share", "hit_bar_units", "hit",
)  # fmt: skip
COLUMNS = ("origin", "predictor", *ROW, *OUTCOME, *FORECAST)


@dataclass(frozen=True)
class Origins:
    """Cutoffs from which to forecast.

    Attributes:
        as_of: instant before which the outcomes must be known.
        count: how many cutoffs; the last lies one horizon before `as_of`.
        every: time between them.
    """

    as_of: datetime
    count: int
    every: timedelta

    def cutoffs(self, horizon: timedelta) -> list[datetime]:
        """The cutoffs, earliest first."""
        return [self.as_of - horizon - self.every * back for back in range(self.count - 1, -1, -1)]


def backtest(tables: Tables, origins: Origins, sensing: Sensing, settings: ModelSettings) -> pl.DataFrame:
    """One row per listing, origin and predictor, baselines among them: forecast and outcome side by side.

    At each origin everything is learnt anew from what was known strictly before it.

    Returns:
        `COLUMNS`; listings whose session was not over before `as_of` are left out.
    """
    finished = outcomes(tables, origins.as_of, sensing)
    frames = [told_at(tables, cutoff, sensing, settings) for cutoff in origins.cutoffs(_horizon(settings))]
    told = pl.concat(frames) if frames else _nothing()
    return (
        told.join(finished.drop("begins", strict=False), on=LISTING, how="inner", maintain_order="left")
        .pipe(_labelled, finished, sensing)
        .select(COLUMNS)
    )


def told_at(tables: Tables, cutoff: datetime, sensing: Sensing, settings: ModelSettings) -> pl.DataFrame:
    """Forecasts of the listings ahead of one cutoff by every predictor: `origin`, `predictor`, ROW and FORECAST."""
    listings = upcoming(tables, cutoff, _horizon(settings)).select(ROW)
    if not listings.height:
        return _nothing()
    dataset = build(tables, cutoff, sensing, settings)
    features = compute(tables, listings, sensing)
    ours = fit(dataset, settings, sensing.labels.hit_share).forecast(features)
    told = {CHALLENGER: ours, **baselines.forecasts(dataset, features, settings)}
    return pl.concat(
        frame.select(
            pl.lit(cutoff).cast(frame["cutoff"].dtype).alias("origin"), pl.lit(name).alias("predictor"), pl.all()
        )
        for name, frame in told.items()
    )


def _horizon(settings: ModelSettings) -> timedelta:
    return timedelta(days=settings.horizon_days)


def _labelled(rows: pl.DataFrame, finished: pl.DataFrame, sensing: Sensing) -> pl.DataFrame:
    return hit_labels(finished, rows, sensing.labels)


def _nothing() -> pl.DataFrame:
    instant = pl.Datetime("us", "UTC")
    instants, texts = ("origin", "cutoff"), ("predictor", "session_id", "product_id")
    schema: dict[str, pl.DataType] = dict.fromkeys(instants, instant) | dict.fromkeys(texts, pl.String())
    schema |= dict.fromkeys(FORECAST, pl.Float64())
    return pl.DataFrame(schema=schema).select("origin", "predictor", *ROW, *FORECAST)
