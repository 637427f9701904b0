"""A look at the predictor in service: what has changed since it learnt, who is told, and what the rules make of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import AwareDatetime

from features.contracts import TABLES
from flows.data import Data, instant_as_scheduled, read_data
from flows.drift_alarms import new_alarms, tell
from flows.findings import keep_findings, kept_findings
from flows.monitor_page import markdown, said, unwatched
from flows.recovery import Action, baseline_by_rule, rolled_back_by_rule
from flows.registry import Registry
from flows.run_names import run_name
from flows.serving import Serving, serving
from flows.site import Site
from flows.steps import step
from flows.summaries import published
from flows.watched_runs import judged_of, recorded_look, written
from models.drift.alarms import Alarm
from models.drift.feed import feed
from models.drift.rows import Past
from models.drift.told import Finding, table
from models.drift.watch import Seen, Watched, look

LOG = logging.getLogger("baokuan.monitor")


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at, from where, and what was seen."""

    site: Site
    data: Data
    as_of: datetime
    serving: Serving
    seen: Seen


@dataclass(frozen=True)
class Monitored:
    """What a look at the predictor in service came to.

    Attributes:
        predictor: which one.
        alarms: the kinds of drift that it shows.
        fresh: those of them that were not told before.
        actions: what was done by the rules.
        remarks: the rest, in words.
        page: where all of it stands.
        run: where the record of it is.
    """

    predictor: str
    alarms: tuple[Alarm, ...]
    fresh: tuple[Alarm, ...]
    actions: tuple[Action, ...]
    remarks: tuple[str, ...]
    page: Path
    run: str

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"{self.predictor}: {len(self.alarms)} alarms, {len(self.fresh)} of them new",
            *(said(one) for one in self.alarms),
            *(one.said for one in self.actions),
            *self.remarks,
            f"report: {self.page}",
            f"run: {self.run}",
        )


@flow(name="monitor", flow_run_name=run_name)
def monitor(site: Site, out: Path, as_of: AwareDatetime | None = None) -> Monitored:
    """Hold what came since the predictor in service learnt against what it learnt from, tell, and act by the rules.

    Args:
        site: the home and the configuration laid over the defaults.
        out: folder for the report.
        as_of: the moment to look back from; by default that for which the run is scheduled.
    """
    with site.alone():
        data = step(read_data)(site)
        seen = step(look_closely)(site, data, instant_as_scheduled(as_of))
        fresh = step(tell_new_alarms)(seen)
        actions = step(act)(seen)
        told = step(keep_and_write)(seen, fresh, actions, out)
        step(publish)(told)
        return told


def look_closely(site: Site, data: Data, as_of: datetime) -> Look:
    """What has changed since the predictor in service learnt.

    Raises:
        NoPredictorError, BrokenPredictorError: nothing is in service that can be looked at.
    """
    config, service = site.settings(), serving(site, as_of)
    registry = Registry(site)
    lazy = {name: data.tables[name].lazy() for name in TABLES if data.tables[name].height}
    watched = Watched(
        predictor=service.predictor,
        judged=judged_of(registry, service.version),
        past=Past(data.tables, as_of, config.sensing()),
        feed=feed(lazy, as_of, config.market.timezone),
        settings=config.monitor,
    )
    seen = look(watched, config.models.top)
    LOG.info("%d listings since %s, alarms: %s", seen.rows.height, watched.begins, [one.kind for one in seen.alarms])
    return Look(site, data, as_of, service, seen)


def tell_new_alarms(found: Look) -> tuple[Alarm, ...]:
    """The alarms that were not told before, each now told to Prefect once."""
    before = kept_findings(found.site).filter(pl.col("as_of") < found.as_of)
    fresh = new_alarms(found.seen.alarms, before, str(found.serving.version))
    for alarm in fresh:
        LOG.warning("%s: %s", found.serving.version, said(alarm))
        tell(alarm, found.serving.version, found.as_of)
    return fresh


def act(found: Look) -> tuple[Action, ...]:
    """What the rules make of it: a worse champion rolled back, a baseline that keeps winning in its place."""
    if found.serving.version != Registry(found.site).champion():
        return ()  # a look back at another time: nothing of today hangs on it
    gone = rolled_back_by_rule(found.site, found.serving, found.seen)
    return gone or baseline_by_rule(found.site, found.serving, found.as_of)


def keep_and_write(found: Look, fresh: tuple[Alarm, ...], actions: tuple[Action, ...], out: Path) -> Monitored:
    """Findings into the lake, page and tables as files, and all of it into the records."""
    done = [Finding("action", one.what, said=one.said) for one in actions]
    rows = table((*found.seen.findings, *done), found.as_of, str(found.serving.version))
    keep_findings(found.site, rows, found.data.version)
    told = {"predictor": found.serving.name, "as of": found.as_of.isoformat(), "data version": found.data.version}
    files = written(out, markdown(told, found.seen, [one.said for one in actions]), rows, found.seen)
    run = recorded_look(found.site, found.data, (found.serving, found.as_of), rows, files)
    return Monitored(found.serving.name, found.seen.alarms, fresh, actions, unwatched(found.seen), files[0], run)


def publish(told: Monitored) -> str:
    """A page of this run, beside it in Prefect."""
    return published("monitor", told.page.read_text(encoding="utf-8"))
