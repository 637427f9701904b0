"""What became of the lists: each is compared with what happened, as its session ends and again as returns are in."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import AwareDatetime

from flows.aftermath import compared, keep, kept_before
from flows.data import Data, instant_as_scheduled, read_data
from flows.durable import whole
from flows.feedback_pages import write_pages
from flows.lessons import looking_back, params, tags
from flows.registry import Registry
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import page, published
from flows.tracking import FEEDBACK, Entry, record_entry_once
from models.metrics import reliability
from models.segments import LIST, as_recorded, by_segment
from stocking.durable import replace
from stocking.feedback.changes import Tally, tally
from stocking.feedback.contract import latest
from stocking.feedback.shown import Findings
from stocking.papers import tables
from stocking.papers.paper import About

LOG = logging.getLogger("baokuan.feedback")
ROWS, FLAT, SEGMENTS = "feedback.parquet", "feedback.csv", "feedback_segments.parquet"
GROUPS = 8
MAIN = ("profit_share", "fill_rate", "leftover_share", "wape_all", "bias_mean_all", "coverage80", "ap")


@dataclass(frozen=True, eq=False)
class Review:
    """What is known of lists up to a moment, and what it comes to.

    Attributes:
        site: whose.
        data: the lake as read.
        as_of: the moment.
        rows: the feedback of the last days, both stages.
        new: how many rows of all the feedback were not known before.
        scores: of each kind of listing (`models.segments`).
    """

    site: Site
    data: Data
    as_of: datetime
    rows: pl.DataFrame
    new: int
    scores: pl.DataFrame

    @property
    def last(self) -> pl.DataFrame:
        """Each listing once, as it was judged last."""
        return latest(self.rows)

    def about(self) -> About:
        """What every page tells of itself."""
        settings = self.site.settings()
        days = timedelta(days=settings.feedback.days)
        return About(self.as_of, days, settings.market.timezone, settings.market.currency, "", self.data.version)


@dataclass(frozen=True)
class Fed:
    """A look back that was written.

    Attributes:
        page: the operator's.
        pages: how many merchants have one, and where the file lies that says whose is which.
        table: all rows that the page tells of.
        listings: they are about.
        new: rows that were not known before.
        changes: what merchants changed.
        run: in the records.
        figures: the main scores by name.
    """

    page: Path
    pages: tuple[int, Path]
    table: Path
    listings: int
    new: int
    changes: Tally
    run: str
    figures: tuple[tuple[str, float], ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"{self.listings:,} listings of lists are over; {self.new:,} rows are new",
            ", ".join(f"{name} {value:.3f}" for name, value in self.figures) or "nothing to score yet",
            f"merchants: {self.changes.words()}",
            f"page: {self.page}",
            f"table: {self.table}",
            f"{self.pages[0]:,} pages for merchants, named in: {self.pages[1]}",
            f"run: {self.run}",
        )


@flow(name="feedback", flow_run_name=run_name)
def feedback(site: Site, out: Path, as_of: AwareDatetime | None = None) -> Fed:
    """Compare the lists whose sessions are over with what happened, and keep what was found.

    Args:
        site: the home and the configuration laid over the defaults.
        out: folder for the table and the pages.
        as_of: the moment to look back from; by default that for which the run is scheduled.
    """
    with site.alone():
        moment = instant_as_scheduled(as_of)
        data = step(read_data)(site)
        rows = step(compared)(site, data, moment)
        new = step(keep)(site, rows)
        review = step(score)(site, data, moment, new)
        fed = step(write_and_record)(review, out)
        step(publish)(fed, moment)
        return fed


def score(site: Site, data: Data, as_of: datetime, new: int) -> Review:
    """What is kept of the last days, with every score of every kind of listing."""
    settings = site.settings()
    since = as_of - timedelta(days=settings.feedback.days)
    rows = kept_before(site, as_of).filter(pl.col("scheduled_at") >= since)
    scores = by_segment(latest(rows), settings.models.top)
    LOG.info("%d rows of the last %d days", rows.height, settings.feedback.days)
    return Review(site, data, as_of, rows, new, scores)


def write_and_record(review: Review, out: Path) -> Fed:
    """The table, the scores and the pages as files, which are kept with the run in the records."""
    table = whole(out / ROWS, review.rows.write_parquet)
    flat = replace(out / FLAT, tables.csv(review.rows))
    segments = whole(out / SEGMENTS, review.scores.write_parquet)
    findings = Findings(review.scores, reliability(review.last, GROUPS), LIST)
    written = write_pages(review.rows, findings, review.about(), out)
    registry = Registry(review.site)
    run = record_entry_once(registry, entry(review), LIST, (table, flat, segments, written.page))
    ours = review.scores.filter(segment="all", predictor=LIST).select("metric", "value")
    told = dict(ours.iter_rows())
    return Fed(
        page=written.page,
        pages=(written.merchants, written.index),
        table=table,
        listings=review.last.height,
        new=review.new,
        changes=tally(review.last),
        run=registry.link(run),
        figures=tuple((name, told[name]) for name in MAIN if name in told),
    )


def entry(review: Review) -> Entry:
    """What the records keep of a look back."""
    lessons = looking_back(review.site, review.data, review.as_of)
    digest = hashlib.sha256(tables.parquet(review.rows)).hexdigest()
    changed = tally(review.last)
    more = {"changes": changed.changed, "changes_right": changed.right, "changes_wrong": changed.wrong}
    rows = [(LIST, None, name, float(value)) for name, value in {**more, "changes_worth": changed.worth}.items()]
    scores = as_recorded(review.scores)
    return Entry(
        stage=FEEDBACK,
        horizon_days=lessons.settings.horizon_days,
        as_of=review.as_of,
        params=params(lessons),
        tags={**tags(lessons), "feedback_sha256": digest},
        inputs=(),
        scores=pl.concat([scores, pl.DataFrame(rows, schema=scores.schema, orient="row")]),
    )


def publish(fed: Fed, as_of: datetime) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {
        "as of": as_of.isoformat(),
        "listings": fed.listings,
        "new rows": fed.new,
        **{name: f"{value:.3f}" for name, value in fed.figures},
        "merchants": fed.changes.words(),
        "page": fed.page,
        "run": fed.run,
    }
    return published("feedback", page("What became of the lists", facts))
