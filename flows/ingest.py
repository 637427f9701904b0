"""A landing zone comes into the lake; what breaks the contract goes to quarantine, and a summary says all of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from flows.ingest_report import DeliveryRefusedError, IngestReport
from flows.intake import receive, refusals
from flows.lake import Lake
from flows.places import Place
from flows.receiving import Receiver
from flows.run_names import run_name
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
    lake: Place

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (*self.told, f"lake: {self.lake}, data version {self.data_version}")


@flow(name="ingest", flow_run_name=run_name)
def ingest(site: Site, landing: Path) -> Ingested:
    """Bring landing tables into the lake, what is bad to quarantine.

    Args:
        site: the home and the configuration laid over the defaults.
        landing: folder with one sub-folder of files per landing table.
    """
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
        DeliveryRefusedError: a table was refused, or none of its files can be read.
    """
    if reasons := refusals(report):
        for line in report.sentences():
            LOG.warning("%s", line)
        raise DeliveryRefusedError("; ".join(reasons), report)
    lake = Lake(site.made())
    return Ingested(tuple(report.sentences()), report.new_rows, lake.data_version(), lake.root)
