"""One home in which every chore has something to do, made once, and children that do it and may be killed."""

import json
import shutil
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running

import pytest
from chores import Chore, command, do, finish
from sent_workbook import line, sent
from small_landing import write
from small_shop import tables
from small_world import day

from flows.environment import prepare

DAYS = 20
PATIENCE_SECONDS = 100
PROCESSES = get_context("forkserver")  # a fork of this process would lose the threads of polars
PROCESSES.set_forkserver_preload([
    "flows.cli", "flows.decide", "flows.feedback", "flows.forget", "flows.nowcasts", "flows.retention", "flows.stock",
    "flows.train", "lightgbm", "matplotlib.pyplot", "mlflow", "mlflow.store.tracking.sqlalchemy_store", "openpyxl",
])  # fmt: skip
SETTINGS = """
models: {rounds: 5, patience: 2, plain_rounds: 2, folds: 1, dense_rows: 1}
retention: {viewer_days: 15, event_days: 15}
papers: {formats: [xlsx, csv]}
"""


def ended(process):
    """How a process ended; one that does not end is a failure."""
    process.join(PATIENCE_SECONDS)
    hangs = process.exitcode is None
    process.kill()
    assert not hangs
    return process.exitcode


class Homes:
    """Copies of a home, and what becomes of them."""

    def __init__(self, place, begin):
        self.place, self.begin, self.count = place, begin, 0
        self.untrained = place / "untrained"

    def copied(self, name):
        self.count += 1
        home = self.place / f"{name}{self.count}"
        shutil.copytree(self.untrained if name == "train" else self.begin.home, home)
        return replace(self.begin, name=name, home=home)

    def ended(self, chore, last=0, seconds=None, limits=None):
        """How a child ended that did a chore: killed at its last effect or after so many seconds, or not at all."""
        process = self.begun(chore, last, limits)
        if seconds is not None:
            process.join(seconds)
            process.kill()
        return ended(process)

    def begun(self, chore, last=0, limits=None):
        """A child that does a chore."""
        told, tells = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=do, args=(chore, last, limits or {}, tells))
        process.start()
        assert told.poll(PATIENCE_SECONDS)
        return process

    def finished(self, *chores):
        """What each home held, and what it holds after its chore was done, looked at by a child."""
        process = PROCESSES.Process(target=finish, args=(chores,))
        process.start()
        assert ended(process) == 0
        return [json.loads(chore.found.read_text()) for chore in chores]

    def commanded(self, home, words, environment):
        """How a command ended, and what it said."""
        process = PROCESSES.Process(target=command, args=(home, words, environment))
        process.start()
        return ended(process), home.with_name(f"{home.name}.said").read_text()

    def removed(self, chore):
        shutil.rmtree(chore.home)


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """The process that all children are forked from: it has imported what they need, and found it compiled."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        environment.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        prepare(tmp_path_factory.mktemp("nowhere"))
        ensure_running()


@pytest.fixture(scope="session")
def homes(warm, tmp_path_factory):
    """The shop has a predictor, a list of some days ago, and another delivery and an answer on their way."""
    place = tmp_path_factory.mktemp("survival")
    rows = tables(DAYS)
    for name, frame in rows.items():
        write(place / "landing", name, frame[: frame.height // 2] if name == "orders" else frame)
    (place / "settings.yaml").write_text(SETTINGS)
    answers = [line(session_id=f"S{DAYS}", product_id="P", approved_units=30), line(product_id="X", approved_units=1)]
    signed = {"list_sha256": "ab" * 32, "audience": "merchant", "merchant": "M"}
    (place / "back.xlsx").write_bytes(sent(*answers, signed=signed))
    (place / "home").mkdir()
    (place / "home" / "viewer.key").write_text("key")
    first = Chore("ingest", place / "home", place / "settings.yaml", place / "landing", day(12.5), place / "back.xlsx")
    made = Homes(place, first)
    assert made.ended(first) == 0
    shutil.copytree(first.home, made.untrained)
    for name in ("train", "stock"):
        assert made.ended(replace(first, name=name)) == 0
    write(place / "landing", "orders", rows["orders"][rows["orders"].height // 2 :], "b.parquet")
    write(place / "landing", "orders", [dict.fromkeys(rows["orders"].columns)], "c.csv")
    made.begin = replace(first, moment=day(DAYS - 0.5))
    return made
