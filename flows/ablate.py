"""What each group of features adds to hits, demand and profit: learnt with and without it, judged on later sessions."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from features.catalog import GROUPS
from features.listings import ahead as listings_ahead
from flows.ablation_page import in_words, markdown
from flows.data import read_data, stretch_of_data
from flows.durable import text, whole
from flows.lessons import Lessons, flattened, inputs, params, tags
from flows.moments import Ahead
from flows.registry import Registry
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import published
from flows.tracking import Entry, record_entry
from flows.train import collect_lessons
from models.ablation import ALL, Plan, Split, forecasts, thinned
from models.contributions import Scores, scores_of, table
from models.dataset import ROW, TRUTH
from models.paired import Draws
from models.returns import came_back
from stocking.profit import earned_by_line

LOG = logging.getLogger("baokuan.ablate")
ROWS, PAGE = "ablation.parquet", "ablation.md"
DAY = timedelta(days=1)
MONEY = ("price", "unit_cost", "salvage_value")


class Effort(BaseModel):
    """How many rows to learn from and judge on at most, and how often each variant is learnt, with other seeds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1_000)
    repeats: int = Field(ge=1, le=20)


@dataclass(frozen=True, eq=False)
class Case:
    """What is compared, and on what.

    Attributes:
        lessons: the rows, at most as many as the effort allows.
        plan: the variants and their comparisons.
        split: the stretches that teach, tune and judge.
        judged: the rows that judge, in their order: `ROW`, `TRUTH`, prices and costs, and the share that came back.
        effort: how much of it, how often.
    """

    lessons: Lessons
    plan: Plan
    split: Split
    judged: pl.DataFrame
    effort: Effort

    def facts(self) -> dict[str, str]:
        """What the numbers rest on, in words."""
        judged, earlier = self.judged, self.split.earlier
        begin, end = judged.select(begin=pl.col("scheduled_at").min(), end=pl.col("scheduled_at").max()).row(0)
        sessions = judged["session_id"].n_unique()
        return {
            "as of": self.lessons.dataset.as_of.isoformat(),
            "horizon": f"{self.lessons.dataset.horizon / DAY:g} days",
            "learnt from": f"{earlier.rows.height:,} rows of {earlier.listings:,} listings",
            "tuned on": f"{self.split.middle.rows.height:,} rows after them",
            "judged on": f"{judged.height:,} later rows of {sessions:,} sessions, {begin:%Y-%m-%d} to {end:%Y-%m-%d}",
            "repeats": f"{self.effort.repeats}",
            "data version": self.lessons.data.version,
        }


@dataclass(frozen=True)
class Ablated:
    """A comparison of all groups that was written."""

    rows: Path
    page: Path
    run: str
    words: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (*self.words, f"table: {self.page}", f"the same as rows: {self.rows}", f"run: {self.run}")


@flow(name="ablate", flow_run_name=run_name)
def ablate(site: Site, ahead: Ahead, effort: Effort, out: Path) -> Ablated:
    """Learn with and without each group of features, and write what each adds to hits, demand and profit."""
    with site.alone():
        data = step(read_data)(site)
        lessons = step(collect_lessons)(site, data, stretch_of_data(ahead, data))
        case = step(lay_out)(lessons, effort)
        scores = step(forecast_and_judge)(case)
        ablated = step(write_and_record)(case, scores, out)
        step(publish)(ablated)
        return ablated


def lay_out(lessons: Lessons, effort: Effort) -> Case:
    """Which rows teach, tune and judge, which groups say something, and what is compared.

    Raises:
        TooLittleTimeError: there is no room for three stretches of time.
    """
    thin = replace(lessons, dataset=thinned(lessons.dataset, effort.rows, lessons.settings.seed))
    split = Split.of(thin.dataset, lessons.settings)
    groups = {name: tuple(feature.name for feature in own) for name, own in GROUPS.items()}
    plan = Plan.of(groups, split.earlier.rows)
    LOG.info("%d variants, each learnt from %d rows", len(plan.variants()), split.earlier.rows.height)
    return Case(thin, plan, split, with_truth(lessons, split.later.rows), effort)


def with_truth(lessons: Lessons, later: pl.DataFrame) -> pl.DataFrame:
    """The rows that judge, with how they ended and what a unit costs, earns and fetches."""
    dataset = lessons.dataset
    listed = listings_ahead(lessons.data.tables, later.select("cutoff").unique(), dataset.horizon)
    back = came_back(dataset, later, lessons.settings.return_prior_units)
    return (
        later.select(*ROW, *TRUTH)
        .join(listed.select(*ROW, *MONEY), on=ROW, how="left", maintain_order="left")
        .with_columns(back.alias("actual_return_rate"))
    )


def forecast_and_judge(case: Case) -> Scores:
    """Every variant's metrics, on the sessions as they were and in every draw of them."""
    settings, policy = case.lessons.settings, case.lessons.site.settings().policy
    draws = Draws.of(case.judged["session_id"], case.effort.repeats, settings.seed)
    scores = {}
    for name, told in forecasts(case.plan, case.split, settings, case.effort.repeats):
        lines = [case.judged.hstack(forecast.drop(ROW)) for forecast in told]
        scores[name] = draws.scores([one.hstack(earned_by_line(one, policy)) for one in lines])
        LOG.info("%s: %s", name, ", ".join(f"{metric} {drawn[0]:.4f}" for metric, drawn in scores[name].items()))
    return scores


def write_and_record(case: Case, scores: Scores, out: Path) -> Ablated:
    """The table as rows and as a page, both kept with the run in the records."""
    compared = table(case.plan, scores)
    rows = whole(out / ROWS, compared.write_parquet)
    page = text(out / PAGE, markdown(compared, case.facts()))
    registry, lessons = Registry(case.lessons.site), case.lessons
    entry = Entry(
        stage="ablate",
        horizon_days=lessons.settings.horizon_days,
        as_of=lessons.dataset.as_of,
        params=params(lessons) | flattened({"ablation": case.effort.model_dump()}),
        tags=tags(lessons),
        inputs=inputs(lessons),
        scores=scores_of(compared, scores),
    )
    run = record_entry(registry, entry, ALL, (rows, page))
    return Ablated(rows, page, registry.link(run), in_words(compared))


def publish(ablated: Ablated) -> str:
    """A page of this run, beside it in Prefect."""
    return published("ablation", ablated.page.read_text(encoding="utf-8"))
