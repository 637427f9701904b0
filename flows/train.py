"""Learning: all that is over becomes a predictor, judged beside its rivals, registered, and in service if better."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from prefect import flow

from flows.data import Data, Stretch, read_data, stretch_of_data
from flows.lessons import Judged, Lessons, recorded
from flows.moments import Ahead
from flows.nowcasts import learn_nowcasts
from flows.registry import Registry
from flows.run_names import run_name
from flows.seal import signature
from flows.serving import serving_if_any
from flows.site import Site
from flows.soundness import Fault
from flows.steps import step
from flows.summaries import page, plain, published
from flows.tracking import record
from flows.version import Version
from models.dataset import build
from models.judge import table
from models.promotion import Bench, Standing, verdict
from models.store import save
from models.train import CHALLENGER
from models.train import train as learn_and_try

LOG = logging.getLogger("baokuan.train")


@dataclass(frozen=True)
class Trained:
    """A predictor that was registered.

    Attributes:
        version: its number and cutoff.
        promoted: whether it serves from now on.
        listings: how many finished listings it learnt from.
        reasons: of the verdict, in words.
        run: where the record of it is.
    """

    version: Version
    promoted: bool
    listings: int
    reasons: tuple[str, ...]
    run: str

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        service = "champion" if self.promoted else "challenger"
        learnt = f"{self.version} ({service}) learnt from {self.listings:,} listings that were over"
        return (
            f"{learnt} by {self.version.as_of.isoformat()}",
            *(plain(one) for one in self.reasons),
            f"training run: {self.run}",
        )


@flow(name="train", flow_run_name=run_name)
def train(site: Site, ahead: Ahead) -> Trained:
    """Learn from the sessions that are over, judge what was learnt beside its rivals, and register it.

    Args:
        site: the home and the configuration laid over the defaults.
        ahead: how far the lists will reach, as 7d; and the moment up to which is learnt, by default that of the run.
    """
    with site.alone():
        data = step(read_data)(site)
        lessons = step(collect_lessons)(site, data, stretch_of_data(ahead, data))
        judged = step(learn_nowcasts)(lessons, step(learn_and_judge)(lessons))
        trained = step(register)(lessons, judged)
        step(publish)(trained, judged)
        return trained


def collect_lessons(site: Site, data: Data, stretch: Stretch) -> Lessons:
    """Every listing that is over at rolling cutoffs, each stretched as far ahead as the list will reach."""
    config = site.settings()
    settings = config.models.model_copy(update={"horizon_days": stretch.training_days()})
    dataset = build(data.tables, stretch.cutoff, config.sensing(), settings)
    LOG.info("%d listings that are over, in %d rows", dataset.listings, dataset.rows.height)
    return Lessons(site, data, dataset, settings)


def learn_and_judge(lessons: Lessons) -> Judged:
    """A predictor, with its forecasts of past sessions beside those of the champion and the baselines."""
    config = lessons.site.settings()
    serving, faults = serving_if_any(lessons.site, lessons.dataset.as_of)
    champion = serving.predictor if serving else None
    training = learn_and_try(lessons.dataset, lessons.settings, config.labels.hit_share, champion)
    return Judged(
        training=training,
        scores=table(training.judged, lessons.settings),
        verdict=verdict(
            training.judged,
            Bench(config.promotion, lessons.settings),
            standing(faults, found=champion is not None, usable=training.in_service),
        ),
        broken=tuple(map(str, faults)),
    )


def standing(faults: Sequence[Fault], *, found: bool, usable: bool) -> Standing:
    """How the predictors in service stand.

    Args:
        faults: of those that cannot be used.
        found: whether there is one that can be loaded.
        usable: whether that one can read today's features.
    """
    if not all(one.proven for one in faults):
        return Standing.UNCHECKED
    if usable:
        return Standing.SOUND
    return Standing.BROKEN if found or faults else Standing.ABSENT


def register(lessons: Lessons, judged: Judged) -> Trained:
    """Record the run, register the predictor, and put it into service where the verdict says so."""
    registry = Registry(lessons.site)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "predictor"
        digest = save(judged.training.predictor, folder, lessons.dataset.rows)
        run_id, model_id = record(registry, recorded(lessons, judged, folder, digest), CHALLENGER)
        told = {
            "as_of": lessons.dataset.as_of.isoformat(),
            "digest": digest,
            "signature": signature(lessons.site.made(), registry.name, lessons.dataset.as_of, digest),
            "horizon_days": f"{lessons.settings.horizon_days:g}",
            "lost_to": ", ".join(judged.verdict.lost_to),
            "verdict": "; ".join(judged.reasons)[:4000],
        }
        version = registry.register(model_id, run_id, told)
        registry.copies.keep(version, folder)
    serves, but = into_service(registry, version) if judged.verdict.promoted else (False, ())
    LOG.info("%s: %s", version, judged.verdict.reasons[0])
    return Trained(
        version=version,
        promoted=serves,
        listings=lessons.dataset.listings,
        reasons=(*judged.reasons, *but, *judged.training.predictor.notes),
        run=registry.link(run_id),
    )


def into_service(registry: Registry, version: Version) -> tuple[bool, Sequence[str]]:
    """Whether a version serves its own cutoff once it was promoted; if not, why."""
    registry.promote(version)
    first, today = registry.pick(version.as_of), registry.champion() or version
    if first != version:
        why = f"{first} serves that moment, as it was champion: {version} does only where {first} cannot be used"
        return False, (why,)
    until = f"{today} stays champion of today: {version} serves only moments before {today.as_of.isoformat()}"
    return True, () if today == version else (until,)


def publish(trained: Trained, judged: Judged) -> str:
    """A page of this run, beside it in Prefect."""
    overall = judged.scores.filter(pl.col("fold").is_null(), pl.col("metric").is_in(["wape", "ap", "coverage80"]))
    scores = [f"{name}: {metric} {value:.3f}" for name, metric, value in overall.drop("fold").iter_rows()]
    facts = {"predictor": trained.version, "champion": trained.promoted, "listings": trained.listings}
    return published("training", page("Training", facts, (*trained.reasons, *scores)))
