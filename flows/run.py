"""All of it in one go: what was delivered comes in, a predictor is there or is trained, the list goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from flows.command import Told
from flows.data import stretch_as_scheduled
from flows.ingest import ingest
from flows.moments import Ahead
from flows.remembered import ranking
from flows.run_names import run_name
from flows.site import Site
from flows.standing import Standing
from flows.stock import Listed, stock
from flows.train import train
from stocking.papers.style import Language


@dataclass(frozen=True)
class Ran:
    """What each part came to."""

    parts: tuple[Told, ...]
    listed: Listed | Standing

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return [sentence for part in (*self.parts, self.listed) for sentence in part.sentences()]


@flow(name="run", flow_run_name=run_name)
def run(site: Site, landing: Path, ahead: Ahead, out: Path, language: Language | None = None) -> Ran:  # noqa: PLR0913, PLR0917 - parameters of a deployment
    """Ingest, train unless a predictor that had seen nothing later serves, and write the stocking list."""
    ahead = stretch_as_scheduled(ahead).ahead()
    ingested = ingest(site, landing)
    trained = trained_unless_served(site, ahead)
    listed = stock(site, ahead, out, language)
    return Ran((ingested, *trained), listed)


def trained_unless_served(site: Site, ahead: Ahead) -> Sequence[Told]:
    """A training run, or nothing where a predictor that was trained before the cutoff is in service."""
    return () if ranking(site).fitting(stretch_as_scheduled(ahead).cutoff) else (train(site, ahead),)
