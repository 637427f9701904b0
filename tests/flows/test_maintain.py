"""What the weekly upkeep changes: files, and nothing that anybody reads from them."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from deltalake import DeltaTable
from dying import DYING
from recorded import FIRST, SECOND, THIRD, registered
from small_landing import MAY, SETTINGS, event, order, small_zone, write

from features.privacy import Door
from flows.checkup.lake_sound import table_findings
from flows.data import read_data
from flows.delta_log import LOG, path_of, read
from flows.intake import receive
from flows.joining import JOINED, join
from flows.kept_lists import every_list
from flows.lake import Lake, schema_of
from flows.maintain import Maintained, Pinned, join_files, pins, remove_old
from flows.receiving import Receiver
from flows.site import Site
from stocking.stocking_list import LISTS

DAYS, DELIVERIES = 3, 4
NOW = Pinned(dict.fromkeys(JOINED, frozenset()))
CHILD = f"""{DYING}
from pathlib import Path
from flows.maintain import join_files
from flows.site import Site

join_files(Site(home=Path(sys.argv[1]), config=(Path(sys.argv[2]),)))
print(calls)
"""


def deliver(lake, zone, number):
    """A delivery with rows of all days, one of them bad, and a second version of an order that came before."""
    at = MAY + timedelta(hours=number)
    for day in range(DAYS):
        named = f"{day}-{number}"
        ts = at + timedelta(days=day)
        write(zone, "orders", [order(f"O{named}", ts=ts), order(f"B{named}", units=0)], f"{named}.parquet")
        write(zone, "events", [event(f"E{named}", ts=ts), event(f"C{named}", ts=ts, viewer_id="anna")], f"{named}.csv")
    write(zone, "orders", [order("O1", units=4 + number)], f"again{number}.csv")
    settings = SETTINGS.model_copy(update={"max_bad_share": 1.0})
    receive(Receiver(lake, settings, Door(b"key", keep_text=True)), zone, at)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    place = tmp_path_factory.mktemp("filled")
    zone, lake = small_zone(place / "zone"), Lake(place / "home")
    for number in range(DELIVERIES):
        deliver(lake, zone, number)
    return place


@pytest.fixture
def site(filled, tmp_path):
    home = shutil.copytree(filled / "home", tmp_path / "home")
    (tmp_path / "soon.yaml").write_text("maintain: {join_files: 2, keep_days: 1}")
    return Site(home=home, config=(tmp_path / "soon.yaml",))


def read_by_people(site):
    lake = Lake(site.home)
    return {name: frame.rows() for name, frame in lake.tables().items()}, lake.sources(), lake.rows("quarantine")


def seen(site):
    """All that anybody reads: tables, sources, versions of the data, what is known, quarantine and log."""
    lake = Lake(site.home)
    told = [read(path) for path in sorted((lake.root / "orders" / LOG).glob("0*.json"))]
    transactions = [name for commit in told for name in commit.transactions if not name.startswith("joined:")]
    return {
        "tables": {name: frame.rows() for name, frame in lake.tables().items()},
        "condensed": {name: sorted(map(str, frame.rows())) for name, frame in read_data(site).tables.items()},
        "beside": {name: sorted(map(str, lake.scan(name).collect().rows())) for name in ("quarantine", "ingest_log")},
        "sources": lake.sources(),
        "digests": lake.digests(),
        "version": lake.data_version(),
        "known": lake.known("orders", [*transactions, "another"]),
        "set aside": lake.set_aside(),
    }


def files(site, name):
    return [len(paths) for paths in Lake(site.home).parts(name).values()]


def test_joining_leaves_one_file_a_day_and_everything_that_is_read_as_it_was(site):
    before = seen(site)
    assert files(site, "events") == [DELIVERIES] * DAYS
    assert len(before["known"]) >= DELIVERIES
    joined = join_files(site)
    assert joined["events"] == DELIVERIES * DAYS
    assert files(site, "events") == [1] * DAYS
    assert files(site, "orders") == [1] * DAYS
    assert files(site, "quarantine") == files(site, "ingest_log") == [1]
    assert seen(site) == before


def test_a_second_time_nothing_is_joined(site):
    join_files(site)
    versions = Lake(site.home).versions()
    assert set(join_files(site).values()) == {0}
    assert Lake(site.home).versions() == versions


def test_a_delivery_that_was_taken_in_before_is_known_afterwards_and_a_new_one_comes_in(site, filled, tmp_path):
    join_files(site)
    lake, before = Lake(site.home), seen(site)
    zone = shutil.copytree(filled / "zone", tmp_path / "zone")
    receive(Receiver(lake, SETTINGS, Door(b"key", keep_text=True)), zone, MAY)
    assert seen(site) == before
    deliver(lake, zone, DELIVERIES)
    assert lake.rows("events") == 2 * DAYS * (DELIVERIES + 1)


def test_days_with_few_files_are_left_alone(site):
    assert join(Lake(site.home), "events", DELIVERIES + 1) == 0
    assert files(site, "events") == [DELIVERIES] * DAYS


def test_lists_keep_their_files_whose_order_says_which_was_last(site):
    lake = Lake(site.made())
    for number in range(3):
        append = lake.append("lists", f"{number:012d}-x")
        append.add(pl.DataFrame(schema=LISTS).clear(1))
        append.commit([str(number)], {})
    join_files(site)
    assert every_list(site).collect()["turn"].to_list() == [0, 1, 2]


def test_a_state_is_written_down_so_that_opening_reads_no_longer_all_commits(site):
    join_files(site)
    lake = Lake(site.home)
    log = lake.root / "events" / LOG
    assert (log / f"{lake.commits('events'):020d}.checkpoint.parquet").is_file()
    assert path_of(log, 0).is_file()  # the digests in the log are part of the data


def old_files(site, name):
    place = Lake(site.home).root / name
    shown = {path for paths in Lake(site.home).parts(name).values() for path in paths}
    return {path for path in place.rglob("*.parquet") if LOG not in path.parts} - shown


def test_old_files_stay_as_long_as_configured_and_then_go(site):
    before, held = seen(site), Lake(site.home).versions()["events"]
    join_files(site)
    assert remove_old(site, NOW) == {}  # they were read a moment ago
    assert len(old_files(site, "events")) == DELIVERIES * DAYS
    lake = Lake(site.home)
    with lake.alone():
        counts, size = lake.clear("events", timedelta(0), [])
    assert (counts, old_files(site, "events")) == (DELIVERIES * DAYS, set())
    assert size > 0
    with pytest.raises(FileNotFoundError):
        DeltaTable(lake.root / "events", version=held).to_pyarrow_table()
    assert seen(site) == before
    assert table_findings(lake.root / "events", schema_of("events"), deep=True) == []


def test_what_a_pinned_version_reads_stays(site):
    lake = Lake(site.home)
    held = lake.versions()["events"] - 1
    rows = DeltaTable(lake.root / "events", version=held).to_pyarrow_table().num_rows
    join_files(site)
    assert lake.clear("events", timedelta(0), [held])[0] == DAYS  # what only the last delivery brought
    assert DeltaTable(lake.root / "events", version=held).to_pyarrow_table().num_rows == rows == 2 * DAYS * 3
    assert lake.clear("events", timedelta(0), [held, 10_000]) == (0, 0)


def test_a_file_that_a_killed_run_left_goes_with_them(site):
    lake = Lake(site.home)
    lake.append("events", "killed").add(pl.DataFrame(schema=schema_of("events")))
    assert lake.clear("events", timedelta(0), [])[0] == 1
    assert old_files(site, "events") == set()


def test_pinned_are_the_versions_that_the_champion_and_former_champions_learnt_from(registry, saved, home):
    registered(registry, saved, FIRST, served=False)
    assert pins(Site(home=home)).versions["orders"] == frozenset()
    registered(registry, saved, SECOND, served=True)
    registered(registry, saved, THIRD, served=True)
    assert pins(Site(home=home)) == Pinned({**dict.fromkeys(JOINED, frozenset()), "orders": frozenset({3})})


def test_nothing_is_removed_while_mlflow_cannot_say_what_is_pinned(site, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    pinned = pins(site)
    assert "127.0.0.1" in pinned.away
    join_files(site)
    assert remove_old(site, pinned) == {}
    assert "nothing was removed" in Maintained({}, {}, pinned).sentences()[0]
    assert len(old_files(site, "events")) == DELIVERIES * DAYS


class Killed(BaseException):
    """What nobody catches."""


def test_wherever_it_ends_each_table_is_as_it_was_or_as_it_is_to_be_and_the_next_upkeep_ends_it(site, monkeypatch):
    def ends(number):
        calls = iter(range(number))

        def fsync(descriptor, real=os.fsync):
            if next(calls, None) is None:
                raise Killed
            real(descriptor)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fsync)
            join_files(site)

    before = read_by_people(site)
    for number in (0, 1, 3, 4, 6, 9, 12, 15):  # each goes on where the one before died
        with pytest.raises(Killed):
            ends(number)
        assert read_by_people(site) == before
    join_files(site)
    assert read_by_people(site) == before
    assert files(site, "events") == files(site, "orders") == [1] * DAYS


@pytest.mark.slow
def test_a_kill_leaves_each_table_as_it_was_or_as_it_is_to_be(site):
    before = seen(site)
    for last in (1, 4, 9, 14):
        python = [sys.executable, "-c", CHILD, str(site.home), str(site.config[0]), str(last)]
        done = subprocess.run(python, check=False, capture_output=True, text=True)
        assert done.returncode == -9, done.stderr
        assert seen(site) == before
    join_files(site)
    assert seen(site) == before


def test_what_was_done_is_told_in_sentences():
    done = Maintained({"events": 12, "orders": 0}, {"events": (9, 4_000)}, NOW)
    assert done.sentences() == ["events: 12 files joined", "events: 9 files (4,000 bytes) removed"]
    assert replace(done, joined={}, removed={}).sentences() == ["nothing was to be done"]
