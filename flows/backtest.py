"""Looking back: what would have been forecast at past cutoffs, beside what then happened and the baselines."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from flows.data import Data, Stretch, read_data, stretch_of_data
from flows.durable import folder
from flows.moments import Ahead, Span
from flows.site import Site
from flows.steps import step
from flows.summaries import page, published
from models.backtest import Origins
from models.backtest import backtest as forecast_again
from models.judge import table

LOG = logging.getLogger("baokuan.backtest")
FILE = "backtest.parquet"
TOLD = ("wape", "ap", "coverage80", "brier")


class Past(BaseModel):
    """The cutoffs to look back from: how many, and how far apart; the last lies one horizon before the newest row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: int = Field(ge=1, le=400)
    every: Span


@dataclass(frozen=True)
class Tested:
    """A backtest that was written, and its scores in words."""

    path: Path
    rows: int
    scores: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (*self.scores, f"{self.rows:,} rows, one per listing, origin and predictor: {self.path}")


@flow(name="backtest")
def backtest(site: Site, ahead: Ahead, past: Past, out: Path) -> Tested:
    """Forecast past sessions as if each cutoff were today, and write forecasts and outcomes side by side."""
    with site.alone():
        data = step(read_data)(site)
        judged = step(forecast_past)(site, data, stretch_of_data(ahead, data), past)
        tested = step(write_backtest)(site, judged, out)
        step(publish)(tested, past)
        return tested


def forecast_past(site: Site, data: Data, stretch: Stretch, past: Past) -> pl.DataFrame:
    """Forecasts and outcomes at every cutoff, by a predictor learnt before it and by the baselines."""
    config = site.settings()
    settings = config.models.model_copy(update={"horizon_days": stretch.training_days()})
    origins = Origins(as_of=stretch.cutoff, count=past.origins, every=past.every)
    return forecast_again(data.tables, origins, config.sensing(), settings)


def write_backtest(site: Site, judged: pl.DataFrame, out: Path) -> Tested:
    """The rows as a file, and their scores in words."""
    path = folder(out) / FILE
    unfinished = path.with_name(f"_{FILE}")
    judged.write_parquet(unfinished)
    unfinished.replace(path)
    scores = table(judged.with_columns(fold=pl.lit(None, pl.Int64)), site.settings().models)
    return Tested(path, judged.height, in_words(scores))


def in_words(scores: pl.DataFrame) -> tuple[str, ...]:
    """One line a predictor: its main scores over all origins.

    Args:
        scores: predictor, fold (null: all together), metric and value.
    """
    lines = (
        scores.filter(pl.col("fold").is_null(), pl.col("metric").is_in(TOLD))
        .with_columns(pl.format("{} {}", "metric", pl.col("value").round(3)).alias("text"))
        .group_by("predictor", maintain_order=True)
        .agg(pl.col("text").str.join(", "))
    )
    return tuple(f"{name}: {text}" for name, text in lines.iter_rows())


def publish(tested: Tested, past: Past) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {"origins": past.origins, "every": past.every, "rows": tested.rows, "file": tested.path}
    return published("backtest", page("Backtest", facts, tested.scores))
