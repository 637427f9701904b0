"""The stocking list: what the predictor in service says of the sessions ahead, and what to have ready for them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from prefect import flow

from features.known import stock_at
from features.listings import upcoming
from features.table import ROW, compute
from flows.beside import oddities, previous_list, quality, silences, with_decisions, with_voices
from flows.data import Data, Stretch, read_data, stretch_as_scheduled
from flows.explored import keep_explored
from flows.kept_lists import keep_list
from flows.moments import Ahead
from flows.run_names import run_name
from flows.serving import Serving, serving
from flows.site import Site
from flows.standing import Standing, standing_list
from flows.steps import step
from flows.summaries import page, plain, published
from models import baselines
from models.dataset import build
from models.reasons import reasons
from stocking.exports import Contents, Exported, Style, write
from stocking.papers.audiences import Background
from stocking.papers.paper import About
from stocking.papers.style import Language
from stocking.plan import Plan, planned

LOG = logging.getLogger("baokuan.stock")
TOP = 10


@dataclass(frozen=True, eq=False)
class Job:
    """What a list is made from: a home, its data, the predictor in service, and what a reader must know of both."""

    site: Site
    data: Data
    serving: Serving
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Paperwork:
    """Where the papers go, and in which language; None: the configured one."""

    out: Path
    language: Language | None = None


@dataclass(frozen=True)
class Listed:
    """A stocking list that was written.

    Attributes:
        path: of the list.
        index: says which paper is whose.
        papers: how many there are.
        listings: how many lines the list has.
        plan: what was decided together, in words.
        predictor: the version that forecast them.
        notes: what the reader must know of the whole list.
        first: its first lines, in words.
    """

    path: Path
    index: Path
    papers: int
    listings: int
    plan: str
    predictor: str
    notes: tuple[str, ...]
    first: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"{self.listings:,} listings ahead, forecast by {self.predictor}",
            self.plan,
            *map(plain, self.first),
            *(f"note: {note}" for note in self.notes),
            f"stocking list: {self.path}",
            f"{self.papers:,} papers for merchants, suppliers, logistics and anchors, named in: {self.index}",
        )


@flow(name="stock", flow_run_name=run_name)
def stock(site: Site, ahead: Ahead, out: Path, language: Language | None = None) -> Listed | Standing:
    """Write the stocking list of the sessions that lie ahead of the cutoff, and everybody's part of it.

    A scheduled run that comes late or again leaves the list alone that stands for its moment or a later one.

    Args:
        site: the home and the configuration laid over the defaults.
        ahead: how far the list reaches, as 7d; and its moment, by default that for which the run is scheduled.
        out: folder for the list and the papers.
        language: of the papers; by default as configured.
    """
    with site.alone():
        stretch = stretch_as_scheduled(ahead)
        if standing := standing_list(ahead, stretch, out):
            return standing
        job = step(prepare)(site, stretch)
        lines = step(forecast_listings)(job, stretch)
        plan = step(decide_units)(job, stretch, lines)
        files = step(write_papers)(job, stretch, plan, Paperwork(out, language))
        step(keep)(site, plan, files)
        return step(publish)(told(job, plan, files), stretch)


def prepare(site: Site, stretch: Stretch) -> Job:
    """The data, and the champion, or the newest former one that had seen nothing after the cutoff.

    Raises:
        NoPredictorError: there is none.
        BrokenPredictorError: none of them can be used.
    """
    data, service = read_data(site), serving(site, stretch.cutoff)
    return Job(site, data, service, (*service.warnings, *oddities(data, stretch.cutoff, site)))


def forecast_listings(job: Job, stretch: Stretch) -> pl.DataFrame:
    """The listings ahead, each with its forecast, its reasons, and what they were made from."""
    listings = upcoming(job.data.tables, stretch.cutoff, stretch.horizon)
    features = compute(job.data.tables, listings, job.site.settings().sensing())
    predictor = job.serving.predictor
    forecast = forecast_by(job, stretch, features).drop("session_id", "product_id", "cutoff")
    LOG.info("%d listings ahead, %d features each", listings.height, features.width - len(ROW))
    told = listings.hstack(forecast.get_columns()).with_columns(
        reasons_of(job.serving, features),
        model_version=pl.lit(job.serving.name),
        data_version=pl.lit(job.data.version),
        return_concentration=pl.lit(predictor.returns.close, pl.Float64),
        forecast_notes=pl.lit(pl.Series([job.serving.warnings], dtype=pl.List(pl.String))).first(),
    )
    return with_decisions(with_voices(told, job.data, job.site), job.site, stretch.cutoff)


def forecast_by(job: Job, stretch: Stretch, features: pl.DataFrame) -> pl.DataFrame:
    """The forecasts of the predictor in service, or of the baseline that stands in for it, which knows no returns."""
    own = job.serving.predictor.forecast(features)
    if not job.serving.instead:
        return own
    settings = job.serving.predictor.settings
    learnt = build(job.data.tables, stretch.cutoff, job.site.settings().sensing(), settings)
    told = baselines.forecasts(learnt, features, settings)[job.serving.instead]
    LOG.warning("the baseline %s forecasts instead of %s", job.serving.instead, job.serving.version)
    return told.with_columns(pl.coalesce("return_rate", own["return_rate"]).alias("return_rate"))


def reasons_of(service: Serving, features: pl.DataFrame) -> pl.Series:
    """The three strongest reasons of each forecast; a baseline has but one."""
    if not service.instead:
        return reasons(service.predictor, features)
    return pl.Series("reasons", [[f"baseline: {service.instead}"]] * features.height, dtype=pl.List(pl.String))


def decide_units(job: Job, stretch: Stretch, lines: pl.DataFrame) -> Plan:
    """The plan: orders for all listings together, and the list ranked.

    Raises:
        InfeasibleError: no plan keeps to all limits.
    """
    held = stock_at(job.data.tables["stock"], stretch.cutoff)
    plan = planned(lines, held, job.site.settings().policy)
    LOG.info(
        "%d listings planned, %.0f of at most %.0f gained", plan.lines.height, plan.prospect.gain, plan.prospect.bound
    )
    return plan


def write_papers(job: Job, stretch: Stretch, plan: Plan, paperwork: Paperwork) -> Exported:
    """The list, and each reader's part of it, as files."""
    settings, version = job.site.settings(), job.serving.name
    about = About(
        stretch.cutoff, stretch.horizon, settings.market.timezone, settings.market.currency, version, job.data.version
    )
    background = Background(about, previous_list(paperwork.out), quality(job.data, stretch.cutoff, job.warnings))
    style = Style(paperwork.language or settings.papers.language, settings.papers.formats)
    files = write(Contents(plan.lines, plan.limits, background), paperwork.out, style)
    LOG.info("%d lines in %d papers", plan.lines.height, len(files.papers))
    return files


def keep(site: Site, plan: Plan, files: Exported) -> bool:
    """Keep the list, and what was drawn by lot with which chance, once; whether it is new."""
    keep_explored(site, plan.explored, files.sha256)
    return keep_list(site, plan.stocking_list, files.sha256)


def told(job: Job, plan: Plan, files: Exported) -> Listed:
    """What to say of a list that was written."""
    version = job.serving.version
    return Listed(
        path=files.stocking_list,
        index=files.index,
        papers=len(files.papers),
        listings=plan.lines.height,
        plan=_of_plan(plan, job.site.settings().market.currency),
        predictor=f"{job.serving.name} (as of {version.as_of.isoformat()})",
        notes=(*job.warnings, *silences(job.data)),
        first=tuple(plan.lines.head(TOP).select(_first_line()).to_series()),
    )


def _of_plan(plan: Plan, currency: str) -> str:
    all_in_all, full = plan.prospect, plan.limits.filter(pl.col("worth") > 0).height
    return (
        f"orders for {all_in_all.spend:,.0f} {currency} gain {all_in_all.gain:,.0f}, no plan gains more than "
        f"{all_in_all.bound:,.0f}; {full} of {plan.limits.height} limits bind"
    )


def publish(listed: Listed, stretch: Stretch) -> Listed:
    """A page of this run, beside it in Prefect."""
    facts = {
        "cutoff": stretch.cutoff.isoformat(),
        "horizon": stretch.horizon,
        "listings": listed.listings,
        "predictor": listed.predictor,
        "list": listed.path,
    }
    published("stocking-list", page("Stocking list", facts, (*listed.notes, *listed.first)))
    return listed


def _first_line() -> pl.Expr:
    return pl.format(
        "{}. {} of {}: hit {}%, demand {}, add {}, reserve {}",
        "rank",
        pl.col("title").fill_null(pl.col("product_id")).str.slice(0, 60),
        "session_id",
        (pl.col("p_hit") * 100).round().cast(pl.Int64),
        pl.col("demand_p50").round().cast(pl.Int64),
        "recommended_units",
        "reserve_units",
    )
