"""A watch that is killed with -9, anywhere and often, and begun anew, ends as one that nobody disturbed."""

import shutil
import signal
from datetime import timedelta
from multiprocessing import get_context
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, session
from watched import Replay, watch

from flows.config import load
from flows.lake import Lake
from flows.telling.log import AlertLog
from flows.watching.journal import kept
from models.dataset import build
from models.store import save

MINUTE = timedelta(minutes=1)
BEGINS, EVERY, TICKS = day(7), 15 * MINUTE, 16
NAMED = (
    "after commit", "before tell", "after tell", "after outputs", "after pages", "before hand_over", "after lake",
    "after hand_over", "after forget",
)  # fmt: skip
pytestmark = pytest.mark.slow
KILLED = signal.SIGKILL
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["watched"])


def rows_of(number, chance):
    """A quarter of an hour: clicks, and orders of now this, now that; some rows come twice or late, one is bad."""
    begin = BEGINS + (number - 1) * EVERY

    def instant(minutes=15):
        return begin + timedelta(seconds=chance.randrange(60 * minutes))

    sessions = [name for name, first, last in (("now", 1, 7), ("beside", 1, 6), ("later", 6, TICKS))
                if first <= number <= last]  # fmt: skip
    events = [
        {"event_id": f"E{number}-{n}", "session_id": chance.choice(sessions), "product_id": chance.choice("PQ"),
         "viewer_id": chance.choice("abcdef"), "kind": chance.choice(["product_click", "add_to_cart", "enter"]),
         "ts": instant() - chance.choice([0, 0, 0, 9]) * MINUTE}
        for n in range(25)
    ]  # fmt: skip
    orders = [order(chance.choice(sessions), chance.choice("PQ"), instant(), chance.randint(1, 4)) for _ in range(4)]
    rows = {"events": events, "orders": orders}
    if number == 5:
        rows["orders"] = [*orders, order("now", "P", instant(), 0)]
        rows["sessions"] = [session("later", 7, room_id="R3", started_at=None, ended_at=None, announced_at=begin,
                                    scheduled_at=BEGINS + 85 * MINUTE, planned_minutes=240)]  # fmt: skip
        rows["lineups"] = [listing("later", thing, 7, announced_at=begin) for thing in "PQ"]
    return rows


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    chance, place, before = Random(5), tmp_path_factory.mktemp("landing"), {}
    for number in range(1, TICKS + 1):
        rows = rows_of(number, chance)
        for table, some in rows.items():
            (place / table).mkdir(exist_ok=True)
            again = before.get(table, [])[:3]
            filled(table, [*some, *again]).write_parquet(place / table / f"{number:03d}.parquet")
        before = rows
    return place


@pytest.fixture(scope="module")
def begun(make_site, evening, predictor, landing, tmp_path_factory):
    """A home in which nothing was watched yet."""
    folder, config = tmp_path_factory.mktemp("predictor") / "own", load()
    rows = build(evening, day(6), config.sensing(), config.models).rows
    digest = save(predictor, folder, rows)
    site = make_site("watched", evening)
    (site.home / "viewer.key").write_text("key")
    return Replay(site.home, landing, folder, digest, BEGINS)


def ended(replay, mark="", nth=0):
    """How a watch ended: -9 where it was killed."""
    process = PROCESSES.Process(target=watch, args=(replay, mark, nth))
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def copy(begun, place):
    shutil.copytree(begun.home, place)
    return Replay(place, begun.landing, begun.predictor, begun.digest, begun.since)


@pytest.fixture(scope="module")
def whole(begun, tmp_path_factory):
    """A watch that nobody disturbed."""
    replay = copy(begun, tmp_path_factory.mktemp("whole") / "home")
    assert ended(replay) == 0
    return replay


def result(replay):
    """All that a watch came to."""
    lake = Lake(replay.home)
    with kept(replay.home) as journal:
        found = {
            f"journal {tick.head.number} {name}": rows
            for tick in journal.ticks() for name, rows in tick.tables.items()
        }  # fmt: skip
        found["numbers"] = pl.DataFrame({"number": journal.numbers(), "next": journal.next_number})
    found |= {f"told {path.stem}": pl.read_parquet(path) for path in sorted(replay.told.glob("*.parquet"))}
    found |= {path.stem: pl.read_parquet(path) for path in sorted(replay.home.glob("features*.parquet"))}
    found |= {f"lake {name}": rows for name, rows in lake.tables().items()}
    bad = lake.scan("quarantine").collect()
    return found | {"alerts": AlertLog(lake).read(), "quarantine": bad.sort(bad.columns)}


def check(replay, whole):
    expected, found = result(whole), result(replay)
    assert list(found) == list(expected)
    for name, frame in expected.items():
        assert_frame_equal(found[name], frame, check_exact=True)


def test_the_undisturbed_watch_counts_every_order_once_and_tells_and_forgets(whole):
    found = result(whole)
    chance = Random(5)
    rows = [rows_of(number, chance) for number in range(1, TICKS + 1)]
    orders = filled("orders", [one for some in rows for one in some["orders"] if one["units"]]).unique("order_id")
    told = found[f"told {TICKS:04d}"]
    assert set(told["session_id"]) == {"later"}
    last = told["cutoff"][0].replace(second=0, microsecond=0)
    sold = orders.filter(pl.col("ts") < last).group_by("session_id", "product_id").agg(units=pl.col("units").sum())
    both = told.join(sold, on=["session_id", "product_id"], how="left")
    assert both["sold_units"].to_list() == both["units"].to_list()
    assert both["units"].min() > 20
    assert found["alerts"]["kind"].n_unique() >= 2
    assert found["alerts"]["alert_id"].is_unique().all()
    assert found["numbers"]["number"][0] > 5  # what the sessions that are over came from is in the lake alone
    assert found["numbers"]["next"][0] == TICKS + 1
    assert found["quarantine"].height == 1


@pytest.mark.parametrize("mark", NAMED)
def test_killed_at_a_named_point_it_ends_the_same(begun, whole, tmp_path, mark):
    """At its first occurrence, and once more on the way if it comes to that."""
    marks = [line for line in whole.marks.read_text().splitlines() if line == mark]
    replay = copy(begun, tmp_path / "home")
    assert ended(replay, mark, 1) == -KILLED
    assert ended(replay, mark, max(1, len(marks) // 2)) in {-KILLED, 0}
    assert ended(replay) == 0
    check(replay, whole)


@pytest.mark.parametrize("kills", [3, 50])
def test_killed_again_and_again_anywhere_it_ends_the_same(begun, whole, tmp_path, kills):
    """Each time a little further on, so that the last of them comes near the end."""
    chance = Random(kills)
    reach = len(whole.marks.read_text().splitlines()) // (kills + 1)
    replay = copy(begun, tmp_path / "home")
    for killed in range(kills):
        assert ended(replay, "", chance.randint(1, max(2, reach))) == -KILLED, f"it ended after {killed} kills"
    assert ended(replay) == 0
    check(replay, whole)
