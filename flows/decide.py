"""What a merchant decided comes back: a workbook is read, held against the suppliers' terms, and kept in the lake."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import AwareDatetime

from features.context import listings_known
from features.quarantine import QUARANTINE
from flows.lake import Lake
from flows.once import add_once
from flows.places import Place
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.summaries import page, plain, published
from stocking.acceptance import Acceptance, acceptance
from stocking.incoming.answers import Answers, answers
from stocking.incoming.archive import LIMITS, WorkbookError
from stocking.judged import Judged, judged, sessions_meant
from stocking.units import with_order_terms

LOG = logging.getLogger("baokuan.decide")
TABLE = "decisions"
_PLAN = ("sessions", "lineups", "products", "suppliers")
_MOST_TOLD = 20
_MOST_SHOWN = 500


class DecisionsRefusedError(WorkbookError):
    """A workbook none of whose answers can be kept; the message says why of the first."""


@dataclass(frozen=True)
class Decided:
    """What came back in a workbook.

    Attributes:
        file: its name.
        decided_at: when it was decided.
        fresh: whether the decisions are new; the same file a second time changes nothing.
        figures: how far the list was followed.
        refused: what cannot count, a line each.
        lake: where the rest is kept.
    """

    file: str
    decided_at: datetime
    fresh: bool
    figures: Acceptance
    refused: tuple[str, ...]
    lake: Place

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        facts = [f"{name}: {fact}" for name, fact in self.figures.facts().items()]
        more = len(self.refused) - _MOST_TOLD
        return (
            *facts,
            *(f"not kept: {one}" for one in self.refused[:_MOST_TOLD]),
            *([f"… and {more:,} more; all are in the table quarantine"] if more > 0 else []),
            self.outcome(),
        )

    def markdown(self) -> str:
        """The same as a page."""
        facts = {"file": self.file, "decided at": self.decided_at.isoformat(), **self.figures.facts()}
        return page("Decisions", facts, (self.outcome(), *(f"not kept: {one}" for one in self.refused[:_MOST_SHOWN])))

    def outcome(self) -> str:
        """What became of the decisions."""
        kept = self.figures.lines - self.figures.unanswered - self.figures.refused
        if not kept:
            return f"{plain(self.file)} holds no decision: nothing was changed"
        if not self.fresh:
            return f"{plain(self.file)} was taken in before: nothing was changed"
        return f"kept as decided at {self.decided_at.isoformat()} in: {self.lake / TABLE}"


@flow(name="decide", flow_run_name=run_name)
def decide(site: Site, file: Path, at: AwareDatetime) -> Decided:
    """Take a merchant's decisions in from the workbook that the list was sent as."""
    with site.alone():
        sent = step(read_answers)(file)
        found = step(hold_against_terms)(site, sent, at)
        fresh = step(keep)(site, sent, found, file.name)
        decided = told(site, file, (found, fresh), at)
        step(publish)(decided)
        return step(accept)(decided)


def read_answers(file: Path) -> Answers:
    """What the workbook says.

    Raises:
        WorkbookError: it is no merchant's list, or too large.
    """
    if not file.is_file():
        raise WorkbookError(f"{file} is no file")
    with file.open("rb") as stream:
        content = stream.read(LIMITS.file_bytes + 1)
    try:
        return answers(content)
    except WorkbookError as error:
        raise WorkbookError(f"{file} {error}") from None


def hold_against_terms(site: Site, sent: Answers, at: datetime) -> Judged:
    """Which answers can be kept: those on listings that were known by then, in the packs of their suppliers."""
    tables = Lake(site.made()).tables(_PLAN)
    sessions = sessions_meant(sent, tables["sessions"]["session_id"].unique().sort())
    moment = at.astimezone(UTC)
    listings = listings_known(tables, sessions.to_frame().with_columns(cutoff=pl.lit(moment)))
    found = judged(sent, with_order_terms(listings, site.settings().policy), moment)
    LOG.info("%d lines: %d accepted, %d refused", found.lines, found.accepted.height, found.refused.height)
    return found


def keep(site: Site, sent: Answers, found: Judged, name: str) -> bool:
    """Put what is refused into quarantine and then the decisions into the lake, each once; whether these are new."""
    lake = Lake(site.made())
    with lake.alone():
        _set_aside(lake, sent, found.refused, name)
        return add_once(lake, TABLE, found.accepted, (sent.sha256, name))


def told(site: Site, file: Path, kept: tuple[Judged, bool], at: datetime) -> Decided:
    """What to say of a workbook that was taken in."""
    found, fresh = kept
    reasons = found.refused.select(pl.format("row {}, {} {}: {}", "row", "column", _shown("value"), "reason"))
    return Decided(
        file=file.name,
        decided_at=at,
        fresh=fresh,
        figures=acceptance(found),
        refused=tuple(map(plain, reasons.to_series())),
        lake=Lake(site.made()).root,
    )


def publish(decided: Decided) -> str:
    """A page of this run, beside it in Prefect."""
    return published("decisions", decided.markdown())


def accept(decided: Decided) -> Decided:
    """The same, if there was anything to keep among what was answered.

    Raises:
        DecisionsRefusedError: every answer had to be refused.
    """
    figures = decided.figures
    if figures.refused and figures.refused == figures.lines - figures.unanswered:
        more = f" (and {figures.refused - 1:,} more)" if figures.refused > 1 else ""
        raise DecisionsRefusedError(f"{decided.file}: no answer can be kept: {decided.refused[0]}{more}")
    return decided


def _set_aside(lake: Lake, sent: Answers, refused: pl.DataFrame, name: str) -> None:
    """Refused answers, as quarantine keeps bad rows; the same ones of the same file once."""
    content = f"{sent.sha256} {refused.write_json()}"
    digest = hashlib.sha256(content.encode()).hexdigest()
    transaction = f"{TABLE}:{digest}"
    if refused.is_empty() or lake.known("quarantine", [transaction]):
        return
    rows = refused.select(pl.lit(TABLE).alias("table"), pl.lit(name).alias("file"), "row", "column", "value", "reason")
    append = lake.append("quarantine", digest)
    append.add(rows.select(QUARANTINE.names()))
    append.commit([transaction], {})


def _shown(column: str) -> pl.Expr:
    """What stood in a cell, in quotes and not too long."""
    return pl.format("'{}'", pl.col(column).fill_null("").str.slice(0, 60))
