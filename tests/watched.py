"""A watch over a replay in a process of its own, which may die by SIGKILL at a mark of its choice."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from standing import Standing

import flows.underway.shift as shifts
import flows.watch as watching
from flows.lake import Append, Lake
from flows.serving import Serving
from flows.site import Site
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from flows.underway.cuts import cut_for
from flows.underway.outputs import Outputs
from flows.underway.shift import Clock
from flows.underway.watcher import Watcher
from flows.version import Version
from flows.watch import Asked, begin
from flows.watching.journal import Journal, kept
from models.store import load

MARKED = {
    "fsync": (os, "fsync"),
    "commit": (Journal, "commit"),
    "take": (Watcher, "take"),
    "tell": (Teller, "tell"),
    "outputs": (Outputs, "keep"),
    "pages": (shifts, "write_pages"),
    "hand_over": (shifts, "hand_over"),
    "lake": (Append, "commit"),
    "forget": (Journal, "forget"),
    "dropped": (Outputs, "forget"),
}
"""What is marked: a process may die before and after each call."""


@dataclass(frozen=True)
class Replay:
    """One watch.

    Attributes:
        home: its home.
        landing: the landing zone.
        predictor: the folder of the predictor in service.
        digest: of that.
        since: from when on sessions are followed.
    """

    home: Path
    landing: Path
    predictor: Path
    digest: str
    since: datetime

    @property
    def told(self) -> Path:
        """Where what was told at each tick is written."""
        return self.home / "told"

    @property
    def marks(self) -> Path:
        """Where the marks are counted."""
        return self.home / "marks.txt"


def watch(replay: Replay, mark: str = "", nth: int = 0) -> None:
    """Follow a replay to its end; or die at the n-th mark of a name, or of any name where it is empty."""
    _mark(replay, mark, nth)
    _record(replay)
    site = Site(home=replay.home)
    with kept(site.made()) as journal, teller(site) as carried:
        shift = begin(site, Asked(replay.landing, replay.home / "out", "data", replay.since), journal, carried)
        shift.go_on()
        shift.follow(Clock(now=lambda: datetime.now(UTC), steady=time.monotonic, rest=time.sleep))
        cutoff = journal.last.cutoff
        for number, group in enumerate(shift.watcher.roster.groups):
            features = group.live.refresh(cutoff).filter(pl.col("session_id").is_in(group.sessions))
            features.write_parquet(replay.home / f"features{number}.parquet")


@contextmanager
def teller(site: Site) -> Iterator[Teller]:
    """The alert log alone."""
    log = AlertLog(Lake(site.made()))
    clockwork = Clockwork(now=lambda: datetime.now(UTC), chance=lambda: 0.5)
    around = Surroundings({}, cut_for, clockwork, site.made() / "outbox")
    with Webhooks(log, site.settings().live.telling.webhooks, around) as webhooks:
        yield Teller(log, webhooks, None)


def _record(replay: Replay) -> None:
    """Say which predictor serves, which is no question here, and write what is told of each tick to be compared."""
    version = Version("demand", 1, replay.since, replay.digest)
    served = Serving(version, load(replay.predictor, replay.digest), ())
    watching.serving = lambda _site, _as_of: served
    watching.Champions = lambda _site, first: Standing(first)
    replay.told.mkdir(exist_ok=True)
    keep = Outputs.keep

    def recorded(outputs: Outputs, tick: int, listings: pl.DataFrame) -> None:
        listings.write_parquet(replay.told / "_unfinished")
        (replay.told / "_unfinished").replace(replay.told / f"{tick:04d}.parquet")
        keep(outputs, tick, listings)

    Outputs.keep = recorded


def _mark(replay: Replay, mark: str, nth: int) -> None:
    """Count every mark, and die at the one that was asked for."""
    replay.home.mkdir(exist_ok=True)
    seen = 0
    told = replay.marks.open("a", buffering=1)

    def passed(name: str) -> None:
        nonlocal seen
        if mark in {"", name}:
            told.write(f"{name}\n")
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    def marked(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **kwargs: object) -> object:
            passed(f"before {name}")
            result = function(*args, **kwargs)
            passed(f"after {name}")
            return result

        return counted

    for name, (owner, attribute) in MARKED.items():
        setattr(owner, attribute, marked(name, getattr(owner, attribute)))
