"""Looking back: what would have been forecast at past cutoffs, beside what then happened and the baselines."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from flows.backtest_page import in_words, markdown
from flows.data import Data, Stretch, read_data, stretch_of_data
from flows.durable import text, whole
from flows.lessons import Lessons, flattened, inputs, params, tags
from flows.moments import Ahead, Span
from flows.registry import Registry
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import published
from flows.tracking import Entry, record_entry
from models.backtest import Origins
from models.backtest import backtest as forecast_again
from models.dataset import Dataset
from models.report import report, scores_of
from models.settings import ModelSettings
from models.train import CHALLENGER
from models.truth import TruthError, checked
from stocking.profit import earned_by_line

LOG = logging.getLogger("baokuan.backtest")
FILE, METRICS, PAGE = "backtest.parquet", "backtest_metrics.parquet", "backtest.md"


class Past(BaseModel):
    """The cutoffs to look back from, and what is known besides the landing tables.

    Attributes:
        origins: how many cutoffs; the last lies one horizon before the moment named, or before the newest row.
        every: how far apart they lie.
        truth: a Parquet file of true demand (`session_id`, `product_id`, `demand`, and `return_rate` if known) to judge
            by; nothing is learnt from it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: int = Field(ge=1, le=400)
    every: Span
    truth: Path | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """What is tested, and how.

    Attributes:
        site: whose.
        data: the lake as read.
        stretch: the moment before which outcomes count, and the horizon.
        past: the cutoffs.
        settings: of the models.
    """

    site: Site
    data: Data
    stretch: Stretch
    past: Past
    settings: ModelSettings

    def origins(self) -> Origins:
        """The cutoffs, with the truth where there is any."""
        truth = read_truth(self.past.truth) if self.past.truth else None
        return Origins(as_of=self.stretch.cutoff, count=self.past.origins, every=self.past.every, truth=truth)

    def facts(self, judged: pl.DataFrame) -> dict[str, str]:
        """What the numbers rest on, in words."""
        ours = judged.filter(predictor=CHALLENGER)
        return {
            "as of": self.stretch.cutoff.isoformat(),
            "horizon": f"{self.settings.horizon_days:g} days",
            "origins": f"{self.past.origins}, {self.past.every / timedelta(days=1):g} days apart; the last is locked",
            "judged on": f"{ours.height:,} listings of {ours['session_id'].n_unique():,} sessions",
            "judged by": "the true demand, where it is known" if self.past.truth else "labels, and money by sales",
            "k": f"{self.settings.top} listings at each origin",
            "data version": self.data.version,
        }


@dataclass(frozen=True)
class Tested:
    """A backtest that was written, and its scores in words."""

    path: Path
    page: Path
    rows: int
    run: str
    scores: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        rows = f"{self.rows:,} rows, one per listing, origin and predictor: {self.path}"
        return (*self.scores, rows, f"report: {self.page}", f"run: {self.run}")


@flow(name="backtest", flow_run_name=run_name)
def backtest(site: Site, ahead: Ahead, past: Past, out: Path) -> Tested:
    """Forecast past sessions as if each cutoff were today, and judge forecasts and baselines by what then happened.

    Args:
        site: the home and the configuration laid over the defaults.
        ahead: how far each forecast reaches; and the moment of the last one, by default that of the newest row.
        past: how many moments, and how far apart.
        out: folder for tables and pictures.
    """
    with site.alone():
        data = step(read_data)(site)
        case = step(lay_out)(site, data, stretch_of_data(ahead, data), past)
        judged = step(forecast_past)(case)
        told = step(report)(judged, case.settings)
        tested = step(write_and_record)(case, judged, told, out)
        step(publish)(tested)
        return tested


def lay_out(site: Site, data: Data, stretch: Stretch, past: Past) -> Case:
    """What is tested, with the horizon that a training would look for."""
    horizon = {"horizon_days": stretch.training_days()}
    return Case(site, data, stretch, past, site.settings().models.model_copy(update=horizon))


def forecast_past(case: Case) -> pl.DataFrame:
    """Forecasts, outcomes and money at every cutoff, by a predictor learnt before it and by the baselines."""
    config = case.site.settings()
    judged = forecast_again(case.data.tables, case.origins(), config.sensing(), case.settings)
    LOG.info("%d rows by %d predictors", judged.height, judged["predictor"].n_unique())
    wanted = judged.with_columns(demand_units="realised_units")
    return judged.hstack(earned_by_line(wanted, config.policy))


def read_truth(path: Path) -> pl.DataFrame:
    """The true demand of listings out of a file.

    Raises:
        TruthError: it is no Parquet file that can be read, or not such a table.
    """
    try:
        return checked(pl.read_parquet(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TruthError(f"the true demand in {path} cannot be read: {str(error).splitlines()[0]}") from None


def write_and_record(case: Case, judged: pl.DataFrame, told: pl.DataFrame, out: Path) -> Tested:
    """Rows, metrics and page as files, which are kept with the run in the records."""
    rows, metrics, page = (out / name for name in (FILE, METRICS, PAGE))
    whole(rows, judged.write_parquet)
    whole(metrics, told.write_parquet)
    text(page, markdown(told, case.facts(judged)))
    registry = Registry(case.site)
    run = record_entry(registry, entry(case, judged, told), CHALLENGER, (rows, metrics, page))
    return Tested(rows, page, judged.height, registry.link(run), in_words(told))


def entry(case: Case, judged: pl.DataFrame, told: pl.DataFrame) -> Entry:
    """What the records keep of a backtest."""
    dataset = Dataset(judged, case.stretch.cutoff, case.stretch.horizon)
    lessons = Lessons(case.site, case.data, dataset, case.settings)
    *tables, _ = inputs(lessons)  # at each origin the lessons are others
    return Entry(
        stage="backtest",
        horizon_days=case.settings.horizon_days,
        as_of=case.stretch.cutoff,
        params=params(lessons) | flattened({"backtest": case.past.model_dump(mode="json")}),
        tags=tags(lessons),
        inputs=tuple(tables),
        scores=scores_of(told),
    )


def publish(tested: Tested) -> str:
    """A page of this run, beside it in Prefect."""
    return published("backtest", tested.page.read_text(encoding="utf-8"))
