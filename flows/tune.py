"""Looking for better settings, for as long as one likes; the next call goes on where this one ended."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import yaml
from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from flows.data import Data, Stretch, read_data, stretch_of_data
from flows.durable import text
from flows.moments import Ahead, Span
from flows.registry import Registry
from flows.run_names import run_name
from flows.search import Search, held_out, judged, kept_lessons, named, opened
from flows.site import Site
from flows.steps import step
from flows.study import Study, Try
from flows.summaries import page, published
from flows.trial_runs import close, open_again, record_trial
from models.tuning import OBJECTIVE, stretches

LOG = logging.getLogger("baokuan.tune")
FILE = "tuned.yaml"


class Effort(BaseModel):
    """How many settings to try in this call, and how long at most; the trial under way is ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: int = Field(ge=1, le=10_000)
    budget: Span


@dataclass(frozen=True)
class Tuned:
    """The best settings so far, written as a file."""

    path: Path
    words: tuple[str, ...]
    run: str
    laid_over: tuple[Path, ...] = ()
    """The configuration files that it was tuned with, and that belong under it."""

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            *self.words,
            f"use them with: {' '.join(f'--config {path}' for path in (*self.laid_over, self.path))}",
            f"run, with a run below it for each trial: {self.run}",
        )


@flow(name="tune", flow_run_name=run_name)
def tune(site: Site, ahead: Ahead, effort: Effort, out: Path) -> Tuned:
    """Try other settings of learning on past sessions, and write the best ones as a file for --config."""
    with site.alone():
        data = step(read_data)(site)
        search = step(lay_out)(site, data, stretch_of_data(ahead, data))
        step(try_settings)(search, effort)
        tuned = step(write_best)(search, out)
        step(publish)(tuned)
        return tuned


def lay_out(site: Site, data: Data, stretch: Stretch) -> Search:
    """The rows, built once and kept while the study goes on, and what was tried on them before.

    Raises:
        NoRoomError: the past is too short.
    """
    name = named(site, data, stretch)
    lessons = kept_lessons(site, data, stretch, name)
    stretches(lessons.dataset, lessons.settings)
    study, registry = Study(site.made(), name, lessons.settings), Registry(site)
    before = study.noted("run_id")
    run_id = before if before and open_again(registry, before) else opened(registry, lessons, name)
    study.note("run_id", run_id)
    return Search(lessons, study, run_id)


def try_settings(search: Search, effort: Effort) -> None:
    """Try one set of settings after the other, the defaults first, until the trials or the time are used up."""
    registry, begin = Registry(search.lessons.site), perf_counter()
    for number in range(effort.trials):
        if number and perf_counter() - begin >= effort.budget.total_seconds():
            LOG.info("the time is used up after %d trials", number)
            break
        tried = search.study.ask()
        outcome = judged(search, tried)
        record_trial(registry, search.run_id, outcome)  # first: a trial that could not be recorded is tried again
        search.study.tell(tried, outcome.loss)
        LOG.info("trial %d of %d: %s", number + 1, effort.trials, outcome.words)


def write_best(search: Search, out: Path) -> Tuned:
    """The best settings as a file, and how much they gain on what they were chosen by and on what they were not."""
    best, least = search.study.best()
    default, before = search.study.default()
    words = (*tried_in_words(search, least, before), locked_in_words(search, best, default))
    head = "".join(f"# {line}\n" for line in ("Found by baokuan tune.", *words))
    path = text(out / FILE, head + yaml.safe_dump({"models": dict(best.values)}))
    registry = Registry(search.lessons.site)
    close(registry, search.run_id, {OBJECTIVE: least, f"defaults_{OBJECTIVE}": before}, path)
    return Tuned(path, words, registry.link(search.run_id), search.lessons.site.config)


def tried_in_words(search: Search, least: float, before: float) -> tuple[str, ...]:
    """How many trials there were, and what the best gains where it was chosen."""
    count, given_up = search.study.counts()
    gains = (
        f"{OBJECTIVE} {least:.4g}, {100 * (1 - least / before):.1f}% less than the {before:.4g} of the defaults"
        if least < before
        else f"nothing tried is better than the defaults, with {OBJECTIVE} {before:.4g}"
    )
    return (f"{count} settings tried, {given_up} given up early", f"on the stretches that chose them: {gains}")


def locked_in_words(search: Search, best: Try, default: Try) -> str:
    """What the best gains on the locked stretch; worked out once for each best and kept."""
    if best.is_default:
        return "the defaults stay: there is nothing to hold against them on the locked stretch"
    key = f"locked {best.number}"
    if search.study.noted(key) is None:
        line = next(one for one in held_out(search, best, default).lines if one.metric == OBJECTIVE)
        numbers = (line.first, line.second, line.better.low, line.better.high)
        search.study.note(key, [*numbers])
    defaults, own, low, high = search.study.noted(key)
    sure = "how sure that is cannot be told" if None in (low, high) else f"{low:.3g} to {high:.3g} in 90% of the draws"
    return (
        f"on the locked last stretch, which chose nothing: {OBJECTIVE} {own:.4g} against {defaults:.4g} of the "
        f"defaults, better by {defaults - own:.3g} ({sure})"
    )


def publish(tuned: Tuned) -> str:
    """A page of this run, beside it in Prefect."""
    return published("tuning", page("Tuning", {"file": tuned.path}, tuned.words))
