"""The stocking list: what the predictor in service says of the sessions ahead, and what to have ready for them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from prefect import flow

from features.known import stock_at
from features.listings import upcoming
from features.table import compute, lost
from flows.data import Data, Stretch, read_data, stretch_as_scheduled
from flows.moments import Ahead
from flows.serving import Serving, serving
from flows.site import Site
from flows.steps import step
from flows.summaries import page, plain, published
from models.reasons import reasons
from stocking.exports import Exported, write
from stocking.plan import stocking_list

LOG = logging.getLogger("baokuan.stock")
TOP = 10


@dataclass(frozen=True, eq=False)
class Job:
    """What a list is made from: a home, its data, and the predictor in service, checked and loaded."""

    site: Site
    data: Data
    serving: Serving


@dataclass(frozen=True)
class Listed:
    """A stocking list that was written.

    Attributes:
        path: of the list.
        index: says which merchant's lines are in which file.
        listings: how many lines it has.
        predictor: the version that forecast them.
        notes: what the reader must know of the whole list.
        first: its first lines, in words.
    """

    path: Path
    index: Path
    listings: int
    predictor: str
    notes: tuple[str, ...]
    first: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"{self.listings:,} listings ahead, forecast by {self.predictor}",
            *map(plain, self.first),
            *(f"note: {note}" for note in self.notes),
            f"stocking list: {self.path}",
            f"one file per merchant, named in: {self.index}",
        )


@flow(name="stock")
def stock(site: Site, ahead: Ahead, out: Path) -> Listed:
    """Write the stocking list of the sessions that lie ahead of the cutoff."""
    with site.alone():
        stretch = stretch_as_scheduled(ahead)
        job = step(prepare)(site, stretch)
        lines = step(forecast_listings)(job, stretch)
        ranked = step(decide_units)(job, stretch, lines)
        files = step(write_list)(ranked, out)
        listed = told(job, ranked, files)
        step(publish)(listed, stretch)
        return listed


def prepare(site: Site, stretch: Stretch) -> Job:
    """The data, and the champion, or the newest former one that had seen nothing after the cutoff.

    Raises:
        NoPredictorError: there is none.
        BrokenPredictorError: none of them can be used.
    """
    return Job(site, read_data(site), serving(site, stretch.cutoff))


def forecast_listings(job: Job, stretch: Stretch) -> pl.DataFrame:
    """The listings ahead, each with its forecast, its reasons, and what they were made from."""
    listings = upcoming(job.data.tables, stretch.cutoff, stretch.horizon)
    features = compute(job.data.tables, listings, job.site.settings().sensing())
    predictor, version = job.serving.predictor, job.serving.version
    forecast = predictor.forecast(features).drop("session_id", "product_id", "cutoff")
    LOG.info("%d listings ahead, %d features each", listings.height, features.width)
    return listings.hstack(forecast.get_columns()).with_columns(
        reasons(predictor, features),
        model_version=pl.lit(str(version)),
        data_version=pl.lit(job.data.version),
        return_concentration=pl.lit(predictor.returns.close, pl.Float64),
        forecast_notes=pl.lit(pl.Series([job.serving.warnings], dtype=pl.List(pl.String))).first(),
    )


def decide_units(job: Job, stretch: Stretch, lines: pl.DataFrame) -> pl.DataFrame:
    """The stocking list, ranked."""
    held = stock_at(job.data.tables["stock"], stretch.cutoff)
    return stocking_list(lines, held, job.site.settings().policy)


def write_list(ranked: pl.DataFrame, out: Path) -> Exported:
    """The list as files, for programs and for people."""
    files = write(ranked, out)
    LOG.info("%d lines for %d merchants", ranked.height, len(files.merchants))
    return files


def told(job: Job, ranked: pl.DataFrame, files: Exported) -> Listed:
    """What to say of a list that was written."""
    version = job.serving.version
    return Listed(
        path=files.stocking_list,
        index=files.index,
        listings=ranked.height,
        predictor=f"{version} (as of {version.as_of.isoformat()})",
        notes=(*job.serving.warnings, *silences(job.data)),
        first=tuple(ranked.head(TOP).select(_first_line()).to_series()),
    )


def silences(data: Data) -> Sequence[str]:
    """What could not be known, because a table that would tell it is empty."""
    without = len(lost(data.tables))
    empty = [name for name in ("suppliers", "stock", "returns") if not data.tables[name].height]
    engagement = [f"no engagement in the lake: {without} features say nothing"] if without else []
    return [*engagement, *(f"no {name} in the lake: defaults are used" for name in empty)]


def publish(listed: Listed, stretch: Stretch) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {
        "cutoff": stretch.cutoff.isoformat(),
        "horizon": stretch.horizon,
        "listings": listed.listings,
        "predictor": listed.predictor,
        "list": listed.path,
    }
    return published("stocking-list", page("Stocking list", facts, (*listed.notes, *listed.first)))


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
