"""The nightly chores without their orchestrator, each in a process of its own that may die by SIGKILL at a mark."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flows import decide, stock, train
from flows.copies import Copies
from flows.data import Stretch, read_data
from flows.environment import prepare
from flows.ingest import take_in
from flows.lake import Append
from flows.nowcasts import learn_nowcasts
from flows.registry import Registry
from flows.site import Site
from flows.spool import Spool

MARKED = {
    "fsync": (os, "fsync"),
    "rename": (Path, "rename"),
    "replace": (Path, "replace"),
    "spool": (Spool, "add"),
    "rows": (Append, "add"),
    "commit": (Append, "show"),
    "register": (Registry, "register"),
    "copy": (Copies, "keep"),
    "promote": (Registry, "appoint"),
    "tag": (Registry, "_tag"),
}
"""What is marked: a process may die before and after each call."""
HORIZON = timedelta(days=7)


@dataclass(frozen=True)
class Chore:
    """What is to be done in a home.

    Attributes:
        name: of the chore.
        home: where.
        config: laid over the defaults.
        landing: what is delivered.
        as_of: the cutoff of training and of the list.
        sent: a merchant's workbook.
    """

    name: str
    home: Path
    config: Path
    landing: Path
    as_of: datetime
    sent: Path

    @property
    def out(self) -> Path:
        """Where the list goes."""
        return self.home / "out"

    @property
    def marks(self) -> Path:
        """Where the marks are told."""
        return self.home / "marks.txt"


def do(chore: Chore, nth: int = 0) -> None:
    """Do a chore; or die at its n-th mark."""
    prepare(chore.home)
    _mark(chore, nth)
    site = Site(home=chore.home, config=(chore.config,))
    with site.alone():
        DOINGS[chore.name](site, chore)


def _ingest(site: Site, chore: Chore) -> None:
    take_in(site, chore.landing)


def _train(site: Site, chore: Chore) -> None:
    lessons = train.collect_lessons(site, read_data(site), Stretch(chore.as_of, HORIZON))
    train.register(lessons, learn_nowcasts(lessons, train.learn_and_judge(lessons)))


def _stock(site: Site, chore: Chore) -> None:
    stretch = Stretch(chore.as_of, HORIZON)
    job = stock.prepare(site, stretch)
    plan = stock.decide_units(job, stretch, stock.forecast_listings(job, stretch))
    stock.keep(site, plan, stock.write_papers(job, stretch, plan, stock.Paperwork(chore.out)))


def _decide(site: Site, chore: Chore) -> None:
    sent = decide.read_answers(chore.sent)
    decide.keep(site, sent, decide.hold_against_terms(site, sent, chore.as_of), chore.sent.name)


DOINGS: dict[str, Callable[[Site, Chore], None]] = {
    "ingest": _ingest,
    "train": _train,
    "stock": _stock,
    "decide": _decide,
}


def _mark(chore: Chore, nth: int) -> None:
    seen = 0
    told = chore.marks.open("a", buffering=1)

    def passed(name: str) -> None:
        nonlocal seen
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
