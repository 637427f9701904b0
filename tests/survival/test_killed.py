"""Chores that are killed with -9, anywhere and often, and begun anew, end as if nobody had disturbed them.

`BAOKUAN_KILLS=500 python -m pytest -m slow tests/survival/test_killed.py` kills so often in all, 100 times by default.
"""

import os
import shutil
import signal
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from random import Random

import polars as pl
import pytest
from chores import Chore, do
from polars.testing import assert_frame_equal
from sent_workbook import line, sent
from small_landing import write
from small_world import day, filled, listing, order, product, session

from flows.kept_lists import every_list
from flows.lake import Lake
from flows.registry import Registry
from flows.site import Site

DAYS, AHEAD = 20, 4
AS_OF = day(DAYS - 0.5)
KILLED = -signal.SIGKILL
PROCESSES = get_context("spawn")  # polars hangs in a forked process
pytestmark = pytest.mark.slow


def world():
    """P sells 20 a day and Q two, at noon of each day; four more days are announced."""
    shown = [(n, name) for n in range(DAYS + AHEAD) for name in ("P", "Q")]
    open_yet = {"started_at": None, "ended_at": None}
    early = {"announced_at": day(DAYS - 4)}
    rows = {
        "sessions": [session(f"S{n}", n, **(early | open_yet if n >= DAYS else {})) for n in range(DAYS + AHEAD)],
        "lineups": [listing(f"S{n}", name, n, **(early if n >= DAYS else {})) for n, name in shown],
        "products": [product("P", unit_cost=4.0), product("Q", merchant_id="N", unit_cost=4.0)],
        "orders": [
            order(f"S{n}", name, day(n) + timedelta(hours=1), 20 if name == "P" else 2, order_id=f"O{n}{name}")
            for n, name in shown if n < DAYS
        ],
        "events": [
            {"event_id": f"E{n}{k}", "session_id": f"S{n}", "product_id": "P", "viewer_id": "ben",
             "kind": "product_click", "ts": day(n) + timedelta(hours=1)}
            for n in range(DAYS) for k in range(3)
        ],
    }  # fmt: skip
    return {name: filled(name, some) for name, some in rows.items()}


@pytest.fixture(scope="module")
def begun(tmp_path_factory, mlflow_database):
    """A home that has half of the orders; the other half, a bad row and a workbook are on their way."""
    place = tmp_path_factory.mktemp("killed")
    tables = world()
    for name, rows in tables.items():
        write(place / "landing", name, rows[: rows.height // 2] if name == "orders" else rows)
    (place / "quick.yaml").write_text("models: {rounds: 20, patience: 5, plain_rounds: 5, folds: 1, dense_rows: 1}")
    answers = [line(session_id=f"S{DAYS}", product_id="P", approved_units=30), line(product_id="X", approved_units=1)]
    (place / "back.xlsx").write_bytes(sent(*answers, signed={"list_sha256": "ab" * 32, "audience": "merchant",
                                                              "merchant": "M"}))  # fmt: skip
    home = place / "home"
    home.mkdir()
    (home / "viewer.key").write_text("key")
    shutil.copy(mlflow_database, home / "mlflow.db")
    chore = Chore("ingest", home, place / "quick.yaml", place / "landing", AS_OF, place / "back.xlsx")
    assert ended(chore) == 0
    write(place / "landing", "orders", tables["orders"][tables["orders"].height // 2 :], "b.parquet")
    write(place / "landing", "orders", [dict.fromkeys(tables["orders"].columns)], "c.csv")
    return chore


def ended(chore, nth=0, seconds=None):
    """How a chore ended: -9 where it was killed, at its n-th mark or after so many seconds."""
    process = PROCESSES.Process(target=do, args=(chore, nth))
    process.start()
    if seconds is not None:
        time.sleep(seconds)
        process.kill()
    process.join(300)
    assert process.exitcode is not None
    return process.exitcode


def copied(chore, place, name=""):
    shutil.copytree(chore.home, place)
    return replace(chore, home=place, name=name or chore.name)


def tables_of(chore):
    """All rows of all tables of the lake, but for when they were taken in."""
    lake = Lake(chore.home)
    names = ("quarantine", "ingest_log", "decisions")
    own = {name: lake.scan(name).drop("ingested_at", strict=False).collect() for name in names}
    return {name: rows.sort(rows.columns) for name, rows in (lake.tables() | own).items()}


def same(one, other):
    return one.equals(other)


def undisturbed(begun, place, name):
    chore = copied(begun, place, name)
    chore.marks.unlink(missing_ok=True)
    assert ended(chore) == 0
    return chore, len(chore.marks.read_text().splitlines())


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, rows in expected.items():
        assert_frame_equal(found[name], rows, check_exact=True)


@pytest.fixture(scope="module")
def homes(begun, tmp_path_factory):
    """Each chore's start, and where it ends undisturbed, with the number of its marks."""
    place, start, found = tmp_path_factory.mktemp("homes"), begun, {}
    for name in ("ingest", "decide", "train", "stock"):
        begin = time.monotonic()
        whole, marks = undisturbed(start, place / name, name)
        found[name] = (start, whole, marks, time.monotonic() - begin)
        start = whole
    return found


def outcome(chore):
    """What a chore came to: the tables, the champion's files, the list and its papers' index, and what was kept of it.

    Which number a version has depends on how often training began.
    """
    site = Site(home=chore.home, config=(chore.config,))
    champion = Registry(site).champion()
    path = chore.out / "stocking_list.parquet"
    listed = pl.read_parquet(path).drop("model_version") if path.exists() else pl.DataFrame()
    lists = every_list(site).drop("model_version", "list_sha256", "turn").collect()
    return {
        **tables_of(chore),
        "champion": pl.DataFrame({"digest": [champion.digest if champion else None]}),
        "list": listed,
        "lists": lists.unique().sort("rank"),
    }


def papers_are_whole(out):
    """Whoever starts from the index finds every paper that it names."""
    if (out / "papers.csv").exists():
        named = pl.read_csv(out / "papers.csv")["file"]
        assert [name for name in named if not (out / name).is_file()] == []


@pytest.mark.parametrize("name", ["ingest", "decide", "train", "stock"])
def test_killed_by_chance_every_chore_ends_as_if_undisturbed(homes, tmp_path, name):
    """Half of the kills at marks, half at moments of chance; after each all is old or new, and then it is finished."""
    start, whole, marks, seconds = homes[name]
    shares = {"ingest": 0.5, "decide": 0.2, "train": 0.1, "stock": 0.2}
    kills = round(int(os.environ.get("BAOKUAN_KILLS", "100")) * shares[name])
    chance, before, after = Random(name), outcome(start), outcome(whole)
    told = []
    for number in range(kills):
        home = copied(start, tmp_path / f"{name}{number}", name)
        at_mark = number % 2 == 0
        told.append(ended(home, chance.randint(1, marks)) if at_mark else ended(home, 0, chance.uniform(0, seconds)))
        found = outcome(home)
        torn = [one for one, rows in found.items() if not same(rows, before[one]) and not same(rows, after[one])]
        assert torn == [], f"kill {number}"
        papers_are_whole(home.out)
        assert ended(home) == 0
        assert_same(outcome(home), after)
        papers_are_whole(home.out)
        shutil.rmtree(home.home)
    assert told.count(KILLED) >= kills // 2
