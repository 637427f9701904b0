"""A landing zone comes into the lake; what breaks the contract goes to quarantine, and a summary says all of it."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from features.contracts import TABLES
from features.landing_files import LandingError, Survey, survey
from features.tally import faults_of
from flows.ingest_report import DeliveryRefusedError, IngestReport
from flows.lake import Lake
from flows.outcome import Outcome, logged
from flows.receiving import Delivery, Receiver
from flows.site import Site
from flows.steps import step
from flows.summaries import published
from flows.viewer_key import door

LOG = logging.getLogger("baokuan.ingest")
NAME = "ingest-report"


@dataclass(frozen=True)
class Ingested:
    """What a delivery came to, in few words, and the version of the data after it."""

    told: tuple[str, ...]
    new_rows: int
    data_version: str
    lake: Path

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (*self.told, f"lake: {self.lake}, data version {self.data_version}")


@flow(name="ingest")
def ingest(site: Site, landing: Path) -> Ingested:
    """Bring landing tables into the lake, what is bad to quarantine."""
    with site.alone():
        report = step(take_in)(site, landing)
        step(publish)(report)
        return step(accept)(site, report)


def take_in(site: Site, landing: Path) -> IngestReport:
    """Bring a landing zone into the home's lake."""
    home, settings = site.made(), site.settings().ingest
    receiver = Receiver(Lake(home), settings, door(home, keep_text=settings.keep_text))
    return receive(receiver, landing, datetime.now(UTC))


def publish(report: IngestReport) -> None:
    """Put the summary beside the run."""
    published(NAME, report.markdown())


def accept(site: Site, report: IngestReport) -> Ingested:
    """The delivery's result, if all that must be there is there.

    Raises:
        DeliveryRefusedError: a table was refused, or one that must be there has no file that can be used.
    """
    lake = Lake(site.made())
    if reasons := refusals(lake, report):
        for line in report.sentences():
            LOG.warning("%s", line)
        raise DeliveryRefusedError("; ".join(reasons), report)
    return Ingested(tuple(report.sentences()), report.new_rows, lake.data_version(), lake.root)


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
        shutil.rmtree(lake.root / ".staging")
    return report


def refusals(lake: Lake, report: IngestReport) -> list[str]:
    """Why a delivery is not accepted, a reason each; nothing where it is."""
    refused = {one.file.contract.name: one for one in report.refused() if one.read_rows}
    unusable = {
        name: report.refused_of(name)[0]
        for name, contract in TABLES.items()
        if contract.required and not lake.has(name) and report.refused_of(name)
    }
    return [f"{name}: {one.file.name}: {one.reason}" for name, one in {**unusable, **refused}.items()]


def _all_required(lake: Lake, found: Survey, landing: Path) -> None:
    missing = [
        name for name, contract in TABLES.items() if contract.required and not found.files[name] and not lake.has(name)
    ]
    if missing:
        raise LandingError(f"{landing} has no files for {', '.join(missing)}, which must be there")


def _log(lake: Lake, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Remember what became of each file, once; a file known from a run that died before this is logged as known."""
    fresh = {
        one.entry: one
        for one in outcomes
        if not lake.known("ingest_log", one.entry) and not lake.known("ingest_log", f"{one.source}:ingested")
    }
    if fresh:
        append = lake.append("ingest_log", f"{lake.commits('ingest_log'):020d}")
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
