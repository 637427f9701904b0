"""A watch that is killed again and again keeps the same ticks as one that nobody disturbs."""

import json
import subprocess
import sys
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_landing import MAY, SETTINGS, event, order, write, write_text

from flows.lake import Lake
from flows.watching.tick import numbers, read

STEMS, KILLS = 25, 20

# One process forks the lives, since importing takes longer than living. What it imports itself starts no threads of
# polars, which would be missing in the lives. Each dies by SIGKILL: every other one at its n-th sync, the rest at a
# random moment after its first, within about the time of a tick, so that however fast they live there is one left.
ZYGOTE = """
import json, os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
import deltalake
import pandera.backends.polars.register
import pandera.backends.polars.builtin_checks
from features.feed.settings import Feed
from features.landing_settings import IngestSettings
from features.privacy import Door
from flows.site import held
from flows.watching.reading import Reader
from flows.watching.settings import Pace

zone, kills = Path(sys.argv[2]), int(sys.argv[5])
settings, feed = IngestSettings.model_validate_json(sys.argv[3]), Feed.model_validate_json(sys.argv[4])
start = datetime(2024, 5, 1, 12, tzinfo=UTC)
dice = random.Random(7)

def watch(home):
    from flows.lake import Lake
    from flows.watching.aside import set_aside
    from flows.watching.following import Following
    from flows.watching.journal import kept
    from flows.watching.ticking import Ticking

    reader = Reader(settings, Door(b"key", keep_text=True))
    pace = Pace(settle_seconds=0, patience_seconds=0, batch_bytes=1)
    ticking, lake = Ticking(feed, "data", start), Lake(home)
    with kept(home) as journal:
        source = Following(zone, reader, journal.taken, pace, "data")
        for tick in journal.ticks():
            set_aside(tick, lake)
        while (batch := source.poll(0)) is not None:
            tick = ticking.tick(batch, journal.last, start)
            journal.keep(tick)
            set_aside(tick, lake)

def life(home, last, told):
    real, calls = os.fsync, 0
    def fsync(descriptor):
        nonlocal calls
        calls += 1
        os.write(told, b".")
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        real(descriptor)
    os.fsync = fsync
    watch(home)
    os._exit(0)

def lived(home, last, seconds):
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        life(home, last, told)
    os.close(told)
    os.read(heard, 1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    while os.read(heard, 65536):
        pass
    os.close(heard)
    ticks = [path for path in (home / "live" / "journal").iterdir() if path.name.isdecimal()]
    return os.waitpid(child, 0)[1], len(ticks)

whole, killed = Path(sys.argv[1], "whole"), Path(sys.argv[1], "killed")
begin = time.monotonic()
lives = [lived(whole, 0, None)]
tick = (time.monotonic() - begin) / lives[0][1]
for n in range(kills):
    at_sync = (dice.randrange(1, 25), None)
    at_moment = (0, dice.uniform(0, tick))
    lives.append(lived(killed, *(at_sync if n % 2 else at_moment)))
lives.append(lived(killed, 0, None))
print(json.dumps(lives))
"""

FEED = {
    "allowed_lateness_minutes": 10,
    "max_skew_seconds": 60,
    "silence_minutes": 5,
    "feed_silence_minutes": 8,
    "late_minutes": 10,
    "missing_minutes": 60,
    "end_grace_minutes": 15,
}


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    """A minute of events and orders a stem, in all formats; some torn, bad, late or delivered twice."""
    folder = tmp_path_factory.mktemp("watched") / "zone"
    for n in range(STEMS):
        now = MAY + timedelta(minutes=n)
        told = [event(f"E{n}-{k}", ts=now + timedelta(seconds=k), viewer_id=f"V{k}") for k in range(5)]
        old = event(f"E{n}-old", ts=MAY)
        write(folder, "events", [*told, old], f"{n:03d}.{('parquet', 'csv', 'ndjson')[n % 3]}")
        write(folder, "orders", [order(f"O{n}", ts=now), order(f"bad{n}", units=int(n % 7 > 0))], f"{n:03d}.parquet")
    write_text(folder, "stock", b"PAR1 torn", "021.parquet")
    (folder / "orders" / "023b.parquet").write_bytes((folder / "orders" / "003.parquet").read_bytes())
    return folder


@pytest.fixture(scope="module")
def lived(zone):
    """The folder with both homes, and every life's exit status and how many ticks there were after it."""
    arguments = [str(zone.parent), str(zone), SETTINGS.model_dump_json(), json.dumps(FEED), str(KILLS)]
    done = subprocess.run(
        [sys.executable, "-c", ZYGOTE, *arguments], check=True, capture_output=True, text=True, timeout=200
    )
    return zone.parent, json.loads(done.stdout)


def test_twenty_kills_change_nothing_and_lose_nothing(lived):
    place, lives = lived
    assert [status for status, _ in lives] == [0, *[9] * KILLS, 0]
    assert len({ticks for _, ticks in lives}) > KILLS / 3  # they died all over the run
    whole, killed = (place / name / "live" / "journal" for name in ("whole", "killed"))
    assert numbers(killed) == numbers(whole) == list(range(1, STEMS + 1))
    for number in numbers(whole):
        expected, found = read(whole, number), read(killed, number)
        assert found.head.told() == expected.head.told()
        assert list(found.tables) == list(expected.tables)
        for name in expected.tables:
            assert_frame_equal(found.table(name), expected.table(name))
        assert_frame_equal(found.too_late, expected.too_late)
        assert_frame_equal(found.bad, expected.bad)


def test_after_twenty_kills_every_row_is_there_once(lived):
    place, _ = lived
    ticks = [read(place / "killed" / "live" / "journal", number) for number in range(1, STEMS + 1)]
    events = pl.concat([pl.concat([tick.table("events"), tick.too_late]) for tick in ticks])["event_id"]
    orders = pl.concat([tick.table("orders") for tick in ticks])["order_id"]
    assert sorted(events) == sorted(f"E{n}-{k}" for n in range(STEMS) for k in (0, 1, 2, 3, 4, "old"))
    assert sorted(orders) == sorted([f"O{n}" for n in range(STEMS)] + [f"bad{n}" for n in range(STEMS) if n % 7])
    assert sum(tick.too_late.height for tick in ticks) == STEMS - 11


def test_after_twenty_kills_quarantine_has_every_bad_row_once(lived):
    place, _ = lived
    bad = Lake(place / "killed").scan("quarantine").select("table", "file", "row").collect()
    assert sorted(bad.rows(), key=str) == sorted(
        [("orders", f"orders/{n:03d}.parquet", 2) for n in range(0, STEMS, 7)] + [("stock", "stock/021.parquet", None)],
        key=str,
    )
