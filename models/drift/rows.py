"""Listings as they looked at cutoffs a horizon apart, before and after a predictor's own, and what became of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.contracts import Tables
from features.labels import hit_labels, outcomes
from features.listings import ahead
from features.settings import Sensing
from features.table import compute
from models.dataset import LISTING, ROW, TRUTH
from models.drift.streams import with_day
from models.predictor import Predictor


@dataclass(frozen=True, eq=False)
class Past:
    """What is known at an instant, and how listings are read from it.

    Attributes:
        tables: all landing tables.
        as_of: the instant.
        sensing: how features and labels are made.
    """

    tables: Tables
    as_of: datetime
    sensing: Sensing

    def rows(self, cutoffs: list[datetime], horizon: timedelta) -> pl.DataFrame:
        """Listings ahead of each cutoff: ROW, `scheduled_at`, `day`, their features and, where it is known, TRUTH."""
        instants = pl.DataFrame({"cutoff": cutoffs}, schema={"cutoff": pl.Datetime("us", "UTC")})
        seen = ahead(self.tables, instants, horizon).select(*ROW, "scheduled_at", "is_new_product")
        features = compute(self.tables, seen.select(ROW), self.sensing).drop(ROW)
        finished = outcomes(self.tables, self.as_of, self.sensing)
        truth = finished.drop("begins", "scheduled_at")
        told = seen.hstack(features).join(truth, on=LISTING, how="left", maintain_order="left")
        labelled = hit_labels(finished, told, self.sensing.labels)
        return with_day(labelled, self.sensing.market.timezone)


def since(predictor: Predictor, until: datetime) -> list[datetime]:
    """The cutoffs from a predictor's own on: nothing that it forecasts from there was known when it learnt."""
    horizon = timedelta(days=predictor.settings.horizon_days)
    count = max(-((predictor.as_of - until) // horizon), 0)
    return [predictor.as_of + horizon * step for step in range(count)]


def before(predictor: Predictor, days: int) -> list[datetime]:
    """The cutoffs before a predictor's own, up to so many days back."""
    horizon = timedelta(days=predictor.settings.horizon_days)
    return [predictor.as_of - horizon * step for step in range(max(timedelta(days=days) // horizon, 1), 0, -1)]


def forecast(predictor: Predictor, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with what a predictor says of them, without their features."""
    kept = [name for name in (*ROW, "day", *TRUTH) if name in rows.columns]
    return rows.select(kept).hstack(predictor.forecast(rows).drop(ROW))


def judged_before(judged: pl.DataFrame, predictor: Predictor, timezone: str) -> pl.DataFrame:
    """Of the forecasts by which a predictor was judged those at the same kind of cutoffs: a horizon apart.

    Each was made from what had been learnt before, as later ones are.
    """
    off = pl.lit(predictor.as_of) - pl.col("cutoff")
    step = timedelta(days=predictor.settings.horizon_days)
    aligned = (off.dt.total_microseconds() % (step // timedelta(microseconds=1))) == 0
    return with_day(judged.filter(aligned), timezone)
