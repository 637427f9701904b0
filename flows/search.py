"""What is searched for better settings: rows that are built once, and how good settings are on them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from time import perf_counter

import polars as pl

from flows.data import Data, Stretch
from flows.durable import folder, whole
from flows.lessons import Lessons, flattened, inputs, params, tags
from flows.provenance import learning_code
from flows.registry import Registry
from flows.site import Site
from flows.study import Study, Try
from flows.tracking import Entry, begun
from flows.train import collect_lessons
from flows.trial_runs import Outcome
from models.accuracy import balanced_scores
from models.comparison import Comparison, comparison
from models.dataset import Dataset
from models.judge import SCORES, table
from models.tuning import OBJECTIVE, forecasts, stretches

ROWS = "tuning"


@dataclass(frozen=True, eq=False)
class Search:
    """What is searched, on which rows, and where it is recorded.

    Attributes:
        lessons: the rows, with the settings as the configuration names them.
        study: what was tried before.
        run_id: the MLflow run above the trials.
    """

    lessons: Lessons
    study: Study
    run_id: str


def named(site: Site, data: Data, stretch: Stretch) -> str:
    """The name of the study: the same data, cutoff, horizon, configuration and code go on with the same one."""
    content = [stretch.cutoff.isoformat(), site.settings().model_dump(mode="json"), learning_code()]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return f"{data.version}-{stretch.training_days():g}d-{digest[:12]}"


def kept_lessons(site: Site, data: Data, stretch: Stretch, name: str) -> Lessons:
    """The rows to learn from as they were kept, or built anew; those of other studies go."""
    place = folder(site.made() / ROWS) / f"{name}.parquet"
    if place.exists():
        settings = site.settings().models.model_copy(update={"horizon_days": stretch.training_days()})
        dataset = Dataset(pl.read_parquet(place), stretch.cutoff, timedelta(days=settings.horizon_days))
        return Lessons(site, data, dataset, settings)
    lessons = collect_lessons(site, data, stretch)
    for old in place.parent.glob("*.parquet"):
        old.unlink()
    whole(place, lessons.dataset.rows.write_parquet)
    return lessons


def opened(registry: Registry, lessons: Lessons, name: str) -> str:
    """A new run above the trials."""
    entry = Entry(
        stage="tune",
        horizon_days=lessons.settings.horizon_days,
        as_of=lessons.dataset.as_of,
        params=params(lessons),
        tags={**tags(lessons), "study": name},
        inputs=inputs(lessons),
        scores=pl.DataFrame(schema=SCORES),
    )
    return begun(registry, entry)


def judged(search: Search, tried: Try) -> Outcome:
    """Forecasts of all stretches but the locked one with these settings; given up where they lie behind early on."""
    lessons, begin = search.lessons, perf_counter()
    settings = tried.settings(lessons.settings)
    told: list[pl.DataFrame] = []
    count = stretches(lessons.dataset, settings)
    hopeless = False
    for rows in islice(forecasts(lessons.dataset, settings), count):
        told.append(rows)
        hopeless = len(told) < count and search.study.hopeless(tried, loss(told), len(told))
        if hopeless:
            break
    return Outcome(
        name=f"trial {tried.number}",
        values=flattened({"models": dict(tried.values)}),
        scores=table(pl.concat(told), settings),
        loss=None if hopeless else loss(told),
        seconds=perf_counter() - begin,
        is_default=tried.is_default,
    )


def loss(told: Sequence[pl.DataFrame]) -> float:
    """What is made small: the mean loss of all quantiles, in units."""
    return balanced_scores(pl.concat(told))[OBJECTIVE]


def on_locked(search: Search, tried: Try) -> pl.DataFrame:
    """Forecasts of the locked stretch with some settings: what no trial has seen."""
    *_, last = forecasts(search.lessons.dataset, tried.settings(search.lessons.settings))
    return last


def held_out(search: Search, best: Try, default: Try) -> Comparison:
    """The best settings beside the defaults on the locked stretch: the second are the best."""
    told = [on_locked(search, one) for one in (default, best)]
    return comparison(told[0], told[1], search.lessons.settings)
