"""Ticks are kept wholly, read back as they were, and forgotten without being taken again."""

from datetime import timedelta
from threading import Thread

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_landing import MAY, SETTINGS, event, order, write

from features.contracts import TABLES
from features.feed.memory import SIGNS, Memory
from features.privacy import Door
from flows.lake import Lake
from flows.watching.aside import set_aside
from flows.watching.batch import Cursor, TakenFile
from flows.watching.following import Following
from flows.watching.journal import kept
from flows.watching.reading import Reader
from flows.watching.settings import Pace
from flows.watching.tick import Head, JournalError, Tick, read

READER = Reader(SETTINGS, Door(b"key", keep_text=True))
PACE = Pace(settle_seconds=0, patience_seconds=0, batch_bytes=1_000_000_000)
MEMORY = Memory(pl.DataFrame([("S1", MAY, MAY, None, [0.1, 1 / 3])], schema=SIGNS, orient="row"))


def tick_of(zone, journal, **more):
    """The next tick of all that is new in a zone."""
    batch = Following(zone, READER, journal.taken, PACE).poll(0)
    told = {"arrived": MAY, "clock": "wall", "cutoff": MAY, "files": batch.files, "memory": MEMORY} | more
    head = Head(number=journal.next_number, **told)
    return Tick(head, batch.tables, TABLES["events"].empty(), batch.bad)


def bare(number, **more):
    head = Head(number=number, **{"cutoff": MAY, "arrived": MAY, "clock": "data"} | more)
    return Tick(head, {}, TABLES["events"].empty(), pl.DataFrame())


def taken(number, sha256="00"):
    return TakenFile("events", f"events/{number}.parquet", sha256 * 32, 1, 2)


@pytest.fixture
def zone(tmp_path):
    folder = tmp_path / "zone"
    write(folder, "events", [event("E2", text="多少钱"), event("E1", viewer_id="anna")])
    write(folder, "orders", [order("O1"), order("O2", units=0)], "../orders/a.csv")
    return folder


def test_a_tick_is_read_back_as_it_was_kept(tmp_path, zone):
    with kept(tmp_path / "home") as journal:
        tick = tick_of(zone, journal, name="<b>", notes={"alerts": ["A1"]}, cursors={"stock": Cursor(7, 3, ((1, 2),))})
        late = tick.tables["events"].head(1)
        journal.keep(Tick(tick.head, tick.tables, late, tick.bad))
    with kept(tmp_path / "home") as journal:
        (found,) = journal.ticks()
        assert found.head.told() == tick.head.told()
        assert found.head.memory.signs.equals(MEMORY.signs)
        assert list(found.tables) == ["orders", "events"]
        for name in found.tables:
            assert_frame_equal(found.table(name), tick.table(name))
            assert found.table(name).schema == TABLES[name].dtypes
        assert_frame_equal(found.too_late, late)
        assert_frame_equal(found.bad, tick.bad)
        assert found.table("stock").equals(TABLES["stock"].empty())
        assert journal.cursors == {"stock": Cursor(7, 3, ((1, 2),))}
        assert (journal.last.number, journal.next_number) == (1, 2)


def test_what_a_tick_took_is_never_taken_again_not_even_when_it_is_forgotten(tmp_path, zone):
    with kept(tmp_path / "home") as journal:
        journal.keep(tick_of(zone, journal))
        assert Following(zone, READER, journal.taken, PACE).poll(0) is None
        journal.forget(1)
    with kept(tmp_path / "home") as journal:
        assert list(journal.ticks()) == []
        assert Following(zone, READER, journal.taken, PACE).poll(0) is None
        assert (journal.last.number, journal.last.memory.told()) == (1, MEMORY.told())


def test_forgetting_keeps_the_ticks_after_it_and_the_cursors_before_it(tmp_path):
    with kept(tmp_path) as journal:
        journal.keep(bare(1, files=(taken(1, "01"),), cursors={"events": Cursor(1)}))
        journal.keep(bare(2, files=(taken(2, "02"),), cursors={"orders": Cursor(2)}))
        journal.keep(bare(3, files=(taken(3, "03"),), cursors={"orders": Cursor(3)}))
        journal.forget(1)
        journal.forget(2)
        journal.forget(2)
    with kept(tmp_path) as journal:
        assert journal.numbers() == [3]
        assert dict(journal.cursors) == {"events": Cursor(1), "orders": Cursor(3)}
        assert [journal.taken.content("events", f"0{n}" * 32) for n in (1, 2, 3, 4)] == [True, True, True, False]
        journal.keep(bare(4))
        assert journal.numbers() == [3, 4]


def test_files_that_are_passed_over_are_never_taken(tmp_path, zone):
    with kept(tmp_path / "home") as journal:
        journal.pass_over(Following(zone, READER, journal.taken, PACE).poll(0).files)
        assert journal.last is None
    with kept(tmp_path / "home") as journal:
        assert Following(zone, READER, journal.taken, PACE).poll(0) is None
        assert journal.next_number == 1


def test_only_the_next_tick_can_be_kept_and_time_never_goes_back(tmp_path):
    with kept(tmp_path) as journal:
        journal.keep(bare(1))
        with pytest.raises(JournalError, match="tick 1 cannot be kept, expected 2"):
            journal.keep(bare(1))
        with pytest.raises(JournalError, match="lies before"):
            journal.keep(bare(2, cutoff=MAY - timedelta(seconds=1)))


def test_half_a_tick_and_what_was_forgotten_are_swept_away(tmp_path):
    with kept(tmp_path) as journal:
        journal.keep(bare(1))
        journal.keep(bare(2))
    place = tmp_path / "live" / "journal"
    (place / "_000000000003").mkdir()
    (place / "_000000000003" / "events.parquet").write_bytes(b"PAR")
    with kept(tmp_path) as journal:
        assert journal.numbers() == [1, 2]
        journal.keep(bare(3))
        journal.forget(2)
    (place / "000000000001").mkdir()  # killed before all that was forgotten was removed
    with kept(tmp_path) as journal:
        assert journal.numbers() == [3]
    assert sorted(path.name for path in place.iterdir()) == ["000000000003", "ledger.json"]


def test_a_tick_of_another_version_is_refused(tmp_path):
    with kept(tmp_path) as journal:
        journal.keep(bare(1))
    told = tmp_path / "live" / "journal" / "000000000001" / "tick.json"
    told.write_text(told.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(JournalError, match="format 2, expected 1"):
        read(told.parents[1], 1)


def test_a_second_watch_waits_until_the_first_has_ended(tmp_path):
    found = []

    def second():
        with kept(tmp_path) as journal:
            found.append(journal.next_number)

    with kept(tmp_path) as journal:
        waiting = Thread(target=second)
        waiting.start()
        waiting.join(timeout=0.3)
        assert (waiting.is_alive(), found) == (True, [])
        journal.keep(bare(1))
    waiting.join(timeout=60)
    assert found == [2]


def test_bad_rows_go_to_quarantine_once(tmp_path, zone):
    lake = Lake(tmp_path / "home")
    with kept(tmp_path / "home") as journal:
        journal.keep(tick_of(zone, journal))
        (tick,) = journal.ticks()
        assert [set_aside(tick, lake) for _ in range(2)] == [1, 0]
    assert lake.scan("quarantine").select("table", "file", "row", "column").collect().rows() == [
        ("orders", "orders/a.csv", 2, "units")
    ]


def test_bad_rows_of_a_database_go_to_quarantine_once_for_each_reading(tmp_path):
    lake = Lake(tmp_path)
    bad = pl.DataFrame(
        [("orders", "postgres:a.b", 1, "units", "0", "bad")],
        schema=lake.scan("quarantine").collect_schema(),
        orient="row",
    )
    ticks = [Tick(Head(n, MAY, MAY, "wall", cursors={"orders": Cursor(n)}), {}, pl.DataFrame(), bad) for n in (1, 2)]
    assert [set_aside(tick, lake) for tick in (*ticks, *ticks)] == [1, 1, 0, 0]
