"""All sessions under way, followed as files and rows arrive, until stopped: nowcasts, alerts, pages."""

import logging
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import flow
from pydantic import AwareDatetime

from features.feed.arrival import Clock as Whose
from flows.environment import prepare
from flows.lake import Lake
from flows.run_names import run_name
from flows.serving import serving
from flows.site import Site
from flows.steps import step
from flows.summaries import page, published
from flows.telling.carrier import Clockwork
from flows.telling.in_prefect import InPrefect
from flows.telling.log import AlertLog
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from flows.underway.before import PLANS, rows_before
from flows.underway.cuts import cut_for
from flows.underway.openings import Openings
from flows.underway.outputs import Outputs
from flows.underway.planned import Planning
from flows.underway.roster import Roster
from flows.underway.service import Champions
from flows.underway.shift import Clock, Shift
from flows.underway.told import NO_NOWCASTS
from flows.underway.watcher import Watcher
from flows.viewer_key import door
from flows.watching.batch import Source
from flows.watching.following import Following
from flows.watching.handing_over import delivered
from flows.watching.journal import Journal, kept
from flows.watching.postgres import Appended
from flows.watching.reading import Reader
from flows.watching.ticking import Ticking

LOG = logging.getLogger("baokuan.watch")


@dataclass(frozen=True)
class Asked:
    """What is to be followed.

    Attributes:
        landing: the landing zone.
        out: where tables and pages are written.
        clock: `wall`, or `data` for a replay of files that are all there: it ends with the last of them.
        since: the instant from which sessions are followed.
    """

    landing: Path
    out: Path
    clock: Whose
    since: datetime


@dataclass(frozen=True)
class Watched:
    """What a watch came to when it ended.

    Attributes:
        ticks: how many batches were acted on.
        alerts: how many were told.
        sessions: how many were followed at the end.
        notes: what a reader must know.
        out: where tables and pages lie.
    """

    ticks: int
    alerts: int
    sessions: int
    notes: tuple[str, ...]
    out: Path

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"{self.ticks:,} ticks, {self.alerts:,} alerts, {self.sessions:,} sessions followed at the end",
            *(f"note: {note}" for note in self.notes),
            f"nowcasts, alerts and pages: {self.out}",
        )


@flow(name="watch", flow_run_name=run_name)
def watch(  # noqa: PLR0913, PLR0917 - parameters of a deployment
    site: Site, landing: Path, out: Path, clock: Whose = "wall", since: AwareDatetime | None = None
) -> Watched:
    """Follow a landing zone, and the database of the configuration, for all sessions under way.

    Args:
        site: the home and the configuration laid over the defaults.
        landing: folder in which files of landing tables arrive.
        out: folder for nowcasts, alerts and pages.
        clock: wall, or data for a replay that ends with the last file.
        since: from when on sessions are followed; by default now.
    """
    asked = Asked(landing, out, clock, since or datetime.now(UTC))
    with prepared(site), kept(site.made()) as journal, telling(site) as teller:
        shift = step(begin)(site, asked, journal, teller)
        step(go_on)(shift)
        step(follow)(shift)
        watched = told(shift)
        step(publish)(watched)
        return watched


@contextmanager
def prepared(site: Site) -> Iterator[None]:
    """The environment and the log of a home, without holding it: other runs go on beside a watch."""
    prepare(site.made())
    logging.getLogger("baokuan").setLevel(logging.INFO)
    yield


@contextmanager
def telling(site: Site) -> Iterator[Teller]:
    """The ways to people, until the block ends."""
    asked = site.settings().live.telling
    log = AlertLog(Lake(site.made()))
    clockwork = Clockwork(now=lambda: datetime.now(UTC), chance=random.random)
    around = Surroundings(os.environ, cut_for, clockwork, site.made() / "live" / "outbox")
    with ExitStack() as stack:
        webhooks = stack.enter_context(Webhooks(log, asked.webhooks, around))
        prefect = stack.enter_context(InPrefect(asked.prefect))
        yield Teller(log, webhooks, prefect)


def sources(site: Site, asked: Asked, journal: Journal) -> list[Source]:
    """The landing zone, and the database where one is configured."""
    config = site.settings()
    reader = Reader(config.ingest, door(site.made(), keep_text=config.ingest.keep_text))
    found: list[Source] = [Following(asked.landing, reader, journal.taken, config.live.pace, asked.clock)]
    if config.live.database is not None:
        found.append(Appended(config.live.database, reader, journal.cursors))
    return found


def begin(site: Site, asked: Asked, journal: Journal, teller: Teller) -> Shift:
    """Everything that a watch needs, as it stands at its start.

    Raises:
        NoPredictorError, BrokenPredictorError: none can forecast.
    """
    config, home = site.settings(), site.made()
    if journal.last is None:
        journal.pass_over(delivered(asked.landing, Lake(home)))
    followed = sources(site, asked, journal)
    since = journal.last.cutoff if journal.last else asked.since
    planning = Planning(site, serving(site, since), config.sensing())
    roster = Roster(
        planning=planning,
        ahead=timedelta(hours=config.live.ahead_hours),
        lateness=timedelta(minutes=config.live.feed.allowed_lateness_minutes),
        plans=Lake(home).tables(PLANS),
        earlier=lambda number, sessions: rows_before(journal.ticks(), number, sessions),
        service=Champions(site, planning.serving),
        openings=Openings(home / "live" / "openings"),
    )
    watcher = Watcher(roster, Outputs(home / "live" / "outputs"), teller.log.read(), journal.dropped)
    ticking = Ticking(config.live.feed, asked.clock, asked.since)
    LOG.info("%s forecasts; sessions are followed from %s on", planning.serving.version, since.isoformat())
    return Shift(site, asked.out, journal, ticking, watcher, teller, followed)


def go_on(shift: Shift) -> None:
    """Go on where the last watch stopped."""
    shift.go_on()


def follow(shift: Shift) -> None:
    """Follow all sources, on the wall's clock until stopped."""
    shift.follow(Clock(now=lambda: datetime.now(UTC), steady=time.monotonic, rest=time.sleep))


def told(shift: Shift) -> Watched:
    """What to say of a watch that ended."""
    service = shift.watcher.roster.serving
    notes = (*service.warnings, *(() if service.predictor.nowcaster else (NO_NOWCASTS,)))
    return Watched(shift.ticks, shift.alerts, shift.watcher.health.height, notes, shift.out)


def publish(watched: Watched) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {"ticks": watched.ticks, "alerts": watched.alerts, "sessions": watched.sessions, "out": watched.out}
    return published("watch", page("A watch", facts, watched.notes))
