"""Is all well with a home? Every check, what it found, and what to do about it; nothing is changed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import polars as pl

from features.contracts import TABLES
from features.known import known_at
from flows.checkup.asking import deployed, installed, needed, probes
from flows.checkup.exposure import exposure_findings
from flows.checkup.finding import Finding, Kind
from flows.checkup.freshness import Newest, freshness_findings
from flows.checkup.lake_sound import state_findings, table_findings
from flows.checkup.machine import clock_findings, disk_findings, version_findings
from flows.checkup.predictors import copy_findings, service_findings
from flows.checkup.schedules import schedule_findings
from flows.checkup.settings import Checkup
from flows.copies import AwayError, Copies
from flows.delta_log import LakeDamagedError
from flows.lake import Lake, schema_of
from flows.own_tables import OWN
from flows.places import LakeAwayError, answering
from flows.provenance import ROOT
from flows.remembered import ranking
from flows.servers.meant import PREFECT
from flows.site import Site
from flows.soundness import Fault, examined


@dataclass(frozen=True)
class Diagnosis:
    """What was found; what somebody must act on comes first."""

    findings: tuple[Finding, ...]

    @property
    def status(self) -> int:
        """The exit status: 1 where somebody must act."""
        return int(any(one.bad for one in self.findings))

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return [*map(str, self.findings)] or ["all is well"]


def diagnosed(site: Site, now: datetime, *, deep: bool = False) -> Diagnosis:
    """Look at the lake, the predictors, the servers and the machine.

    Args:
        site: whose home.
        now: the moment that ages are counted from.
        deep: whether every data file is read, and the predictor in service repeats its own forecasts.
    """
    home, limits = site.found(), site.settings().doctor
    found = [
        *_of_lake(Lake(home), deep=deep),
        *_of_predictors(site, now, deep=deep),
        *_of_servers(now, limits),
        *_of_machine(home, limits),
        *freshness_findings(_newest(Lake(home)), now, limits),
    ]
    return Diagnosis(tuple(sorted(found, key=lambda one: not one.bad)))


def _of_lake(lake: Lake, *, deep: bool) -> Iterator[Finding]:
    try:
        with answering(lake.root):
            yield from _of_tables(lake, deep=deep)
    except LakeAwayError as error:
        yield Finding(Kind.SERVER_AWAY, str(error))


def _of_tables(lake: Lake, *, deep: bool) -> Iterator[Finding]:
    for name in (*TABLES, *OWN):
        if (lake.root / name).is_dir():
            found = table_findings(lake.root / name, schema_of(name), deep=deep)
            yield from found
            if not any(one.bad for one in found):
                held = {path for part in lake.parts(name).values() for path in part}
                yield from state_findings(lake.root / name, held)


def _of_predictors(site: Site, now: datetime, *, deep: bool) -> Iterator[Finding]:
    try:
        ranked = ranking(site)
    except AwayError as error:
        yield Finding(Kind.SERVER_AWAY, f"MLflow cannot be asked who serves: {error}")
        return
    yield from copy_findings(Copies(site.made() / "models"), ranked.versions)
    yield from service_findings(ranked.versions, now, ranked.away)
    for version in ranked.fitting(now)[:1] if deep else ():
        fault = examined(ranked.shelf, version, site.settings().tracking)
        if isinstance(fault, Fault):
            yield Finding(Kind.NO_PREDICTOR, f"the predictor in service cannot be used: {fault}")


def _of_servers(now: datetime, limits: Checkup) -> Iterator[Finding]:
    asked = probes(os.environ, limits.answer_seconds)
    yield from exposure_findings([one.answer for one in asked])
    for one in asked:
        if one.clock is not None:
            yield from clock_findings(one.answer.server, one.clock, one.ours, limits.clock_seconds)
    if os.environ.get(PREFECT):
        yield from _of_schedules(now, limits)


def _of_schedules(now: datetime, limits: Checkup) -> Iterator[Finding]:
    try:
        there = deployed(os.environ, now, limits.answer_seconds)
    except httpx.HTTPError as error:
        yield Finding(Kind.SERVER_AWAY, f"Prefect does not tell what is deployed: {type(error).__name__}")
        return
    yield from schedule_findings(there, now, limits)


def _of_machine(home: Path, limits: Checkup) -> Iterator[Finding]:
    yield from disk_findings(shutil.disk_usage(home).free, limits.disk_free_bytes, str(home))
    lock = ROOT / "requirements.lock"
    if lock.is_file():  # it stands beside a checkout, not in an installed package
        yield from version_findings(lock.read_text(encoding="utf-8"), installed(), needed())


def _newest(lake: Lake) -> dict[str, Newest]:
    """Of each table that can be read; what is wrong with the others is told already."""
    found = {}
    for name, contract in TABLES.items():
        try:
            with answering(lake.root):
                rows = lake.scan(name).select(known_at(name).max(), pl.col("received_at").max()).collect()
        except (LakeAwayError, LakeDamagedError, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            continue
        known, received = rows.row(0)
        found[name] = Newest(known, received, contract.required)
    return found
