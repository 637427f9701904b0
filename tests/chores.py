"""The chores of a home without their orchestrator, each in a process of its own that may die on the way."""

import hashlib
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from effect_marks import Marks

HORIZON = timedelta(days=7)
OWN = ("quarantine", "ingest_log", "decisions", "lists", "feedback", "explored")
_RUN = ("model_version", "list_sha256", "ingested_at")
# of a file that a run took in and died before it was logged, the next run says `known`, and counts none of its rows
_COUNTED = ("status", "read_rows", "bad_rows", "overlapping_rows", "duplicate_rows", "new_rows", "reason")
"""What differs with how often a chore began: it is left out of comparisons."""


@dataclass(frozen=True)
class Chore:
    """What is to be done.

    Attributes:
        name: of the chore.
        home: where.
        config: laid over the defaults.
        landing: what is delivered.
        moment: the cutoff of training and of the list, and the moment of a look back.
        sent: a merchant's workbook.
    """

    name: str
    home: Path
    config: Path
    landing: Path
    moment: datetime
    sent: Path

    def site(self) -> Any:
        """The home with its configuration."""
        from flows.environment import prepare
        from flows.site import Site

        prepare(self.home)
        return Site(home=self.home, config=(self.config,))

    @property
    def out(self) -> Path:
        """Where the list and the pages go."""
        return self.home / "out"

    @property
    def marks(self) -> Path:
        """Where the effects are told."""
        return self.home.with_name(f"{self.home.name}.marks")

    @property
    def found(self) -> Path:
        """Where is told what was found."""
        return self.home.with_name(f"{self.home.name}.json")


def do(chore: Chore, last: int, limits: dict[int, int], begun: Any) -> None:
    """Do a chore; or die at the effect of that number. Tells `begun` when it starts.

    Args:
        chore: what to do.
        last: which effect it does not live to see; 0: it lives.
        limits: what the system gives this process (`resource`); of address space, how much more than it has by now.
        begun: where it says so.
    """
    if left := _threads_left_behind():
        raise RuntimeError(f"importing our rooms started threads: {left}")
    site = chore.site()
    site.made()
    if limits:  # what Python compiles would be cut, too
        os.environ["PYTHONDONTWRITEBYTECODE"], sys.dont_write_bytecode = "1", True
    Marks(chore.home, chore.marks, last).watch()
    for name, most in limits.items():
        given = most + (_address_space() if name == resource.RLIMIT_AS else 0)
        resource.setrlimit(name, (given, given))
    begun.send(True)
    CHORES[chore.name](site, chore)


def finish(chores: Sequence[Chore]) -> None:
    """Of each: tell what its home holds, do it, and tell it again."""
    for chore in chores:
        before = state(chore)
        CHORES[chore.name](chore.site(), chore)
        found = {"before": before, "after": state(chore), "open": open_runs(chore)}
        chore.found.write_text(json.dumps(found))


def _threads_left_behind() -> list[str]:
    """Threads of polars in the process that this one was forked from: they do not come along, and are waited for."""
    tasks = Path(f"/proc/{os.getppid()}/task").iterdir()
    names = [task.joinpath("comm").read_text(encoding="ascii").strip() for task in tasks]
    return [name for name in names if re.fullmatch(r"polars-\d+|tokio.*", name)]


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def state(chore: Chore) -> dict[str, str]:
    """A digest of each table's rows, of the predictor in service, of the list and of the papers that are named."""
    import polars as pl

    from features.contracts import TABLES
    from flows.lake import Lake
    from flows.registry import Registry

    lake = Lake(chore.home)
    left_out = {name: (*_RUN, *_COUNTED) if name == "ingest_log" else _RUN for name in (*TABLES, *OWN)}
    rows = {name: lake.scan(name).drop(out, strict=False).collect() for name, out in left_out.items()}
    champion = Registry(chore.site()).champion()
    listed = chore.out / "stocking_list.parquet"
    return {
        **{name: digest(frame) for name, frame in rows.items()},
        "champion": champion.digest if champion else "",
        "list": digest(pl.read_parquet(listed).drop(_RUN, strict=False)) if listed.exists() else "",
        "missing papers": " ".join(missing_papers(chore.out)),
    }


def open_runs(chore: Chore) -> list[str]:
    """The names of the runs that MLflow shows as under way."""
    from flows.registry import Registry

    client = Registry(chore.site()).client
    everywhere = [one.experiment_id for one in client.search_experiments()]
    found = client.search_runs(everywhere, "attributes.status = 'RUNNING'")
    return [str(run.info.run_name) for run in found]


def digest(rows: Any) -> str:
    """One word for a frame's rows, whatever their order."""
    ordered = rows.sort(rows.columns) if not any(kind.is_nested() for kind in rows.dtypes) else rows
    return f"{rows.height} {hashlib.sha256(ordered.write_json().encode()).hexdigest()[:16]}"


def missing_papers(out: Path) -> list[str]:
    """Papers that the index names and that are not there."""
    import polars as pl

    index = out / "papers.csv"
    return [name for name in pl.read_csv(index)["file"] if not (out / name).is_file()] if index.exists() else []


def _ingest(site: Any, chore: Chore) -> None:
    from flows.ingest import take_in

    with site.alone():
        take_in(site, chore.landing)


def _decide(site: Any, chore: Chore) -> None:
    from flows import decide

    with site.alone():
        sent = decide.read_answers(chore.sent)
        decide.keep(site, sent, decide.hold_against_terms(site, sent, chore.moment), chore.sent.name)


def _forget(site: Any, chore: Chore) -> None:
    from flows.forget import forget

    forget(site, "anna")


def _retain(site: Any, chore: Chore) -> None:
    from flows.retention import retain

    retain(site, chore.moment)


def _train(site: Any, chore: Chore) -> None:
    from flows import train
    from flows.data import Stretch, read_data
    from flows.nowcasts import learn_nowcasts

    with site.alone():
        lessons = train.collect_lessons(site, read_data(site), Stretch(chore.moment, HORIZON))
        train.register(lessons, learn_nowcasts(lessons, train.learn_and_judge(lessons)))


def _stock(site: Any, chore: Chore) -> None:
    from flows import stock
    from flows.data import Stretch

    stretch = Stretch(chore.moment, HORIZON)
    with site.alone():
        job = stock.prepare(site, stretch)
        plan = stock.decide_units(job, stretch, stock.forecast_listings(job, stretch))
        stock.keep(site, plan, stock.write_papers(job, stretch, plan, stock.Paperwork(chore.out)))


def _feedback(site: Any, chore: Chore) -> None:
    from flows import feedback
    from flows.data import read_data

    with site.alone():
        data = read_data(site)
        new = feedback.keep(site, feedback.compared(site, data, chore.moment))
        feedback.write_and_record(feedback.score(site, data, chore.moment, new), chore.home / "looked-back")


def _start(site: Any, chore: Chore) -> None:
    """What a first start makes: the lake and the records' database."""
    from flows.registry import Registry

    _ingest(site, chore)
    Registry(site).champion()


CHORES: dict[str, Callable[[Any, Chore], None]] = {
    "start": _start,
    "ingest": _ingest,
    "decide": _decide,
    "forget": _forget,
    "retain": _retain,
    "train": _train,
    "stock": _stock,
    "feedback": _feedback,
}


def command(home: Path, words: list[str], environment: dict[str, str]) -> None:
    """Run a command of baokuan's in this process; what it says goes to a file beside the home."""
    os.environ.update(environment)
    said = os.open(home.with_name(f"{home.name}.said"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    from flows.cli import main

    try:
        main([*words, "--home", str(home)])
    except Exception:  # noqa: BLE001 - as the interpreter ends a program, which multiprocessing does otherwise
        sys.excepthook(*sys.exc_info())
        sys.exit(1)
