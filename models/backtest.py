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
from models.dataset import LISTING, ROW, Dataset, build
from models.grid import FORECAST
from models.returns import came_back
from models.settings import ModelSettings
from models.train import CHALLENGER, fit
from models.truth import happened

PLAN = ("scheduled_at", "price", "unit_cost", "salvage_value", "new_product", "large_session", "known_hit_share")
OUTCOME = (
    "sales_units", "demand_units", "censored", "available_share", "hit_bar_units", "hit", "capped", "realised_units",
    "actual_return_rate",
)  # fmt: skip
COLUMNS = ("origin", "fold", "locked", "predictor", *ROW, *PLAN, *OUTCOME, *FORECAST)
SIZED_BY = "exponential_mean"  # so that ours does not choose by which sessions it is judged
TOLD = ("origin", "predictor", *ROW, *PLAN, *FORECAST)


@dataclass(frozen=True, eq=False)
class Origins:
    """Cutoffs from which to forecast, and what is known afterwards.

    Attributes:
        as_of: instant before which the outcomes must be known.
        count: how many cutoffs; the last lies one horizon before `as_of`.
        every: time between them.
        truth: the true demand of listings, where somebody knows it, as `models.truth.checked` gives it. It only judges.
    """

    as_of: datetime
    count: int
    every: timedelta
    truth: pl.DataFrame | None = None

    def cutoffs(self, horizon: timedelta) -> list[datetime]:
        """The cutoffs, earliest first."""
        return [self.as_of - horizon - self.every * back for back in range(self.count - 1, -1, -1)]


def backtest(tables: Tables, origins: Origins, sensing: Sensing, settings: ModelSettings) -> pl.DataFrame:
    """One row per listing, origin and predictor, baselines among them: forecast and outcome side by side.

    At each origin everything is learnt anew from what was known strictly before it; all listings of a session that lie
    ahead of it are in its fold.

    Returns:
        `COLUMNS`. `fold` counts the origins from 1, and the last is `locked`: nothing is to be chosen by it, nor by
        what earlier origins said of the same sessions, where origins lie closer together than they look ahead.
        `new_product`: never shown before the origin; `capped`: it sold out; `large_session`: of the sessions of its
        fold in the half with more listings or, among equals, with more units to expect; `known_hit_share`: of the
        listings learnt from at the origin; `realised_units`: the true demand where it is known, else the sales.
        Listings whose session was not over before `as_of`, and of which no truth is known, are left out.
    """
    horizon = timedelta(days=settings.horizon_days)
    cutoffs = origins.cutoffs(horizon)
    told = pl.concat([told_at(tables, cutoff, sensing, settings) for cutoff in cutoffs] or [_nothing()])
    outcome = happened(outcomes(tables, origins.as_of, sensing), told, origins.truth)
    returned = came_back(Dataset(outcome, origins.as_of, horizon), outcome, settings.return_prior_units)
    judged = outcome.drop("scheduled_at").with_columns(actual_return_rate=pl.coalesce("true_return_rate", returned))
    fold = pl.col("origin").replace_strict(cutoffs, list(range(1, len(cutoffs) + 1)), return_dtype=pl.Int64)
    return (
        hit_labels(outcome, told.join(judged, on=LISTING, maintain_order="left"), sensing.labels)
        .with_columns(fold=fold)
        .with_columns(locked=(pl.col("fold") == len(cutoffs)).any().over("session_id"))
        .select(COLUMNS)
    )


def told_at(tables: Tables, cutoff: datetime, sensing: Sensing, settings: ModelSettings) -> pl.DataFrame:
    """Forecasts of the listings ahead of one cutoff by every predictor: `origin`, `predictor`, ROW, `PLAN`, FORECAST.

    Where a baseline knows nothing of returns it is lent ours, so that money tells its demand apart and nothing else.
    """
    listings = upcoming(tables, cutoff, timedelta(days=settings.horizon_days))
    if not listings.height:
        return _nothing()
    dataset = build(tables, cutoff, sensing, settings)
    origin = _Origin(dataset, outcomes(tables, cutoff, sensing), sensing, settings)
    told = origin.forecasts(compute(tables, listings.select(ROW), sensing))
    plan = origin.plan(listings, told[SIZED_BY])
    lent = pl.coalesce("return_rate", told[CHALLENGER]["return_rate"])
    return pl.concat(
        plan.with_columns(origin=pl.col("cutoff"), predictor=pl.lit(name))
        .join(frame.with_columns(lent), on=ROW, maintain_order="left")
        .select(TOLD)
        for name, frame in told.items()
    )


@dataclass(frozen=True, eq=False)
class _Origin:
    """What is known at one origin."""

    dataset: Dataset
    finished: pl.DataFrame
    sensing: Sensing
    settings: ModelSettings

    def forecasts(self, features: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Every predictor's forecast of the listings ahead, ours first."""
        labels, settings = self.sensing.labels, self.settings
        naive = baselines.sales_as_demand(self.dataset, self.finished, labels)
        ours = fit(self.dataset, settings, labels.hit_share).forecast(features)
        same = naive.rows.equals(self.dataset.rows)  # where nothing ever sold out
        sales = ours if same else fit(naive, settings, labels.hit_share).forecast(features)
        return {CHALLENGER: ours, baselines.SALES: sales, **baselines.everything(self.dataset, features, settings)}

    def plan(self, listings: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
        """Listings with ROW and `PLAN`; of sessions with as many listings those are larger that may sell more."""
        share = self.dataset.rows["hit"].mean()
        sizes = expected.group_by("session_id").agg(pl.len(), pl.col("demand_mean").sum().round(6))
        larger = sizes.sort("len", "demand_mean", "session_id").select(
            "session_id", large_session=2 * pl.int_range(pl.len()) >= pl.len()
        )
        return (
            listings.join(larger, on="session_id", how="left", maintain_order="left")
            .with_columns(
                new_product="is_new_product",
                known_hit_share=pl.lit(self.sensing.labels.hit_share if share is None else share, pl.Float64),
            )
            .select(*ROW, *PLAN)
        )


def _nothing() -> pl.DataFrame:
    instants, flags = ("origin", "cutoff", "scheduled_at"), ("new_product", "large_session")
    schema: dict[str, pl.DataType] = dict.fromkeys(TOLD, pl.Float64())
    schema |= dict.fromkeys(("predictor", *LISTING), pl.String()) | dict.fromkeys(flags, pl.Boolean())
    return pl.DataFrame(schema=schema | dict.fromkeys(instants, pl.Datetime("us", "UTC")))
