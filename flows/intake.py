"""A landing zone's way into the lake, table by table; what it came to is reported."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from features.contracts import TABLES
from features.landing_files import LandingError, Survey, survey
from features.tally import faults_of
from flows.appending import stem_of
from flows.ingest_report import IngestReport
from flows.lake import Lake
from flows.outcome import Outcome, logged
from flows.receiving import Delivery, Receiver


def receive(receiver: Receiver, landing: Path, now: datetime) -> IngestReport:
    """Take in every new file of a landing zone, table by table; one that dies on the way is finished by the next run.

    Raises:
        LandingError: there is no such folder, or neither it nor the lake has a table that must be there.
    """
    found = survey(landing)
    lake = receiver.lake
    with lake.alone():
        _all_required(lake, found, landing)
        deliveries = {name: Delivery(receiver, contract) for name, contract in TABLES.items()}
        outcomes = [one for name, delivery in deliveries.items() for one in delivery.receive(found.files[name])]
        _log(lake, outcomes, now)
        report = _report(lake, deliveries, outcomes, found)
        shutil.rmtree(lake.beside / ".staging")
    return report


def refusals(report: IngestReport) -> list[str]:
    """Why a delivery is not accepted, a reason each; nothing where it is.

    A bad file beside good ones is only remarked on, but a table of which no file could be read was not delivered.
    """
    refused = {one.file.contract.name: one for one in report.refused() if one.read_rows}
    unusable = {
        name: report.refused_of(name)[0]
        for name in TABLES
        if report.refused_of(name) and not _contents(report.of_table(name)) - _contents(report.refused_of(name))
    }
    return [f"{name}: {one.file.name}: {one.reason}" for name, one in {**unusable, **refused}.items()]


def _contents(outcomes: Sequence[Outcome]) -> set[str]:
    """What the files hold: a copy of a refused file is no more readable than that file."""
    return {one.file.sha256 for one in outcomes}


def _all_required(lake: Lake, found: Survey, landing: Path) -> None:
    missing = [
        name for name, contract in TABLES.items() if contract.required and not found.files[name] and not lake.has(name)
    ]
    if missing:
        raise LandingError(f"{landing} has no files for {', '.join(missing)}, which must be there")


def _log(lake: Lake, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Remember what became of each file, once; a file known from a run that died before this is logged as known."""
    known = lake.known("ingest_log", (name for one in outcomes for name in (one.entry, f"{one.source}:ingested")))
    fresh = {one.entry: one for one in outcomes if not known & {one.entry, f"{one.source}:ingested"}}
    if fresh:
        append = lake.append("ingest_log", f"{lake.commits('ingest_log'):020d}-{stem_of(list(fresh))}")
        append.add(logged(list(fresh.values()), now))
        append.commit(list(fresh), {})


def _report(lake: Lake, deliveries: Mapping[str, Delivery], outcomes: Sequence[Outcome], found: Survey) -> IngestReport:
    came = {one.file.contract.name for one in outcomes if one.status == "ingested"}
    dangling = {place: rows for name in came for place, rows in deliveries[name].dangling().items() if rows}
    return IngestReport(
        outcomes=tuple(outcomes),
        faults=faults_of(delivery.bad.scan() for delivery in deliveries.values()),
        dangling=dict(sorted(dangling.items())),
        absent=tuple(name for name in TABLES if not lake.parts(name)),
        unread=found.unread,
        set_aside=lake.set_aside(),
    )
