"""Files of a landing zone are taken once, whole, and when nobody writes them any more."""

import os
from datetime import timedelta

import polars as pl
import pytest
from small_landing import MAY, SETTINGS, event, order, write, write_text

from features.privacy import Door
from flows.watching.batch import SourceAwayError
from flows.watching.following import Following
from flows.watching.reading import Reader
from flows.watching.settings import Pace
from flows.watching.taken import Taken

READER = Reader(SETTINGS, Door(b"key", keep_text=True))
PACE = Pace(settle_seconds=1, patience_seconds=10, batch_bytes=1_000_000_000)
LINE = '{"event_id":"%s","session_id":"S1","product_id":"P1","kind":"like","ts":"2024-05-01T12:00:00Z"}'


@pytest.fixture
def zone(tmp_path):
    folder = tmp_path / "zone"
    folder.mkdir()
    return folder


def following(zone, clock="wall", pace=PACE):
    return Following(zone, READER, Taken(), pace, clock)


def took(source, now=0.0):
    """What a poll brought and the ids in it; the batch is kept, as a journal would."""
    batch = source.poll(now)
    if batch is None:
        return None
    source.taken.add(batch.files)
    return {name: frame.to_series().to_list() for name, frame in batch.tables.items()}


def test_all_that_is_new_is_one_batch_and_taken_once(zone):
    source = following(zone)
    write(zone, "events", [event("E1")], "a.parquet")
    write(zone, "orders", [order("O1")], "b.parquet")
    assert took(source) == {"orders": ["O1"], "events": ["E1"]}
    assert took(source) is None
    write(zone, "events", [event("E2")], "c.parquet")
    assert took(source) == {"events": ["E2"]}


def test_every_table_is_followed_and_its_rows_are_as_the_contract_says(zone):
    source = following(zone)
    write(zone, "stock", [{"product_id": "P1", "as_of": MAY, "on_hand_units": 3, "inbound_units": 0}])
    write(zone, "events", [event("E1", viewer_id="anna")], "day=1/a.parquet")
    batch = source.poll(0)
    assert set(batch.tables) == {"stock", "events"}
    assert batch.tables["events"]["viewer_id"].item() == READER.door.pseudonyms(pl.Series(["anna"])).item()
    assert [one.name for one in batch.files] == ["events/day=1/a.parquet", "stock/a.parquet"]


def test_the_same_content_under_another_name_is_not_taken_again(zone):
    source = following(zone)
    path = write(zone, "events", [event("E1")], "a.parquet")
    assert took(source) == {"events": ["E1"]}
    (path.parent / "b.parquet").write_bytes(path.read_bytes())
    assert took(source) is None
    os.utime(path)  # touched, and the same
    assert took(source, 10) is None


def test_the_same_content_twice_in_one_batch_counts_once(zone):
    path = write(zone, "events", [event("E1")], "a.parquet")
    (path.parent / "b.parquet").write_bytes(path.read_bytes())
    for clock in ("wall", "data"):
        source = following(zone, clock)
        assert took(source) == {"events": ["E1"]}
        assert took(source) is None


def test_a_file_that_is_replaced_is_taken_anew(zone):
    source = following(zone)
    write(zone, "events", [event("E1")])
    took(source)
    write(zone, "events", [event("E1"), event("E2")])
    assert took(source, 4.9) is None  # taken files are looked at every few seconds only
    assert took(source, 5) == {"events": ["E1", "E2"]}


@pytest.mark.parametrize("name", ["_a.parquet", ".a.parquet", "_temporary/a.parquet", "a.txt"])
def test_unfinished_and_foreign_files_are_left_alone(zone, name):
    write(zone, "events", [event("E1")], "real.parquet").rename(write_text(zone, "events", "", name))
    assert took(following(zone)) is None


def test_a_parquet_file_without_its_end_is_taken_when_it_has_one(zone):
    source = following(zone)
    path = write(zone, "events", [event("E1")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    write(zone, "events", [event("E2")], "b.parquet")
    assert took(source, 0) == {"events": ["E2"]}
    assert took(source, 9) is None
    path.write_bytes(whole)
    assert took(source, 10) == {"events": ["E1"]}


def test_a_parquet_file_that_stays_torn_is_quarantined_when_patience_ends(zone):
    source = following(zone)
    path = write(zone, "events", [event("E1")])
    path.write_bytes(path.read_bytes()[:-20])
    assert source.poll(0) is None
    assert source.poll(9.9) is None
    batch = source.poll(10)
    assert (batch.tables, batch.files[0].status) == ({}, "refused")
    assert batch.bad.select("table", "file", "row").row(0) == ("events", "events/a.parquet", None)
    source.taken.add(batch.files)
    assert source.poll(11) is None


def test_patience_begins_anew_with_every_change(zone):
    source = following(zone)
    path = write(zone, "events", [event("E1")])
    whole = path.read_bytes()
    for now, kept in ((0, 10), (9, 20), (18, 30)):
        path.write_bytes(whole[:kept])
        assert source.poll(now) is None
    assert source.poll(27) is None
    assert source.poll(28).bad.height == 1


def test_a_file_of_lines_is_taken_when_it_has_not_changed_for_a_while(zone):
    source = following(zone)
    path = write_text(zone, "events", LINE % "E1" + "\n", "a.ndjson")
    assert took(source, 0) is None
    path.write_text(LINE % "E1" + "\n" + LINE % "E2" + "\n")
    assert took(source, 1) is None
    assert took(source, 1.9) is None
    assert took(source, 2) == {"events": ["E1", "E2"]}


def test_half_a_last_line_is_waited_for(zone):
    source = following(zone)
    path = write_text(zone, "events", LINE % "E1" + "\n" + (LINE % "E2")[:30], "a.ndjson")
    assert [source.poll(now) for now in (0, 1, 9)] == [None] * 3
    path.write_text(LINE % "E1" + "\n" + LINE % "E2")  # an object needs no end of line
    assert source.poll(10) is None
    assert took(source, 11) == {"events": ["E1", "E2"]}


def test_half_a_last_line_that_stays_is_quarantined_and_the_rest_taken(zone):
    write_text(zone, "events", LINE % "E1" + "\n" + (LINE % "E2")[:30], "a.ndjson")
    csv = write(zone, "orders", [order("O1"), order("O2")], "a.csv")
    csv.write_bytes(csv.read_bytes()[:-20])
    source = following(zone)
    assert [source.poll(now) for now in (0, 1, 9)] == [None] * 3
    batch = source.poll(10)
    assert batch.tables["events"]["event_id"].to_list() == ["E1"]
    assert batch.tables["orders"]["order_id"].to_list() == ["O1"]
    assert sorted(batch.bad.select("table", "row").rows()) == [("events", 2), ("orders", 2)]


def test_a_file_that_changes_while_it_is_read_is_not_taken(zone, monkeypatch):
    path = write(zone, "events", [event("E1")])
    source = following(zone)

    class Slow(Reader):
        def file(self, file):
            read = super().file(file)
            os.utime(path, ns=(1, 1))
            return read

    source.reader = Slow(SETTINGS, READER.door)
    assert source.poll(0) is None
    source.reader = READER
    assert took(source, 0) == {"events": ["E1"]}


def test_a_replay_takes_stem_after_stem_whatever_the_table(zone):
    for stem in ("10", "09", "11"):
        write(zone, "events", [event(f"E{stem}")], f"{stem}.parquet")
    write(zone, "orders", [order("O09")], "09.csv")
    write(zone, "orders", [order("O12")], "12.parquet")
    source = following(zone, "data", Pace(settle_seconds=0, patience_seconds=0, batch_bytes=1))
    assert [took(source) for _ in range(5)] == [
        {"orders": ["O09"], "events": ["E09"]},
        {"events": ["E10"]},
        {"events": ["E11"]},
        {"orders": ["O12"]},
        None,
    ]


def test_in_a_replay_a_stem_that_looks_torn_holds_up_those_behind_it(zone):
    path = write(zone, "events", [event("E1")], "1.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    write(zone, "events", [event("E2")], "2.parquet")
    write(zone, "orders", [order("O1")], "1.parquet")
    source = following(zone, "data")
    assert [source.poll(now) for now in (0, 9)] == [None] * 2
    assert source.waiting() == 3
    assert took(source, 10) == {"orders": ["O1"]}
    assert took(source, 11) == {"events": ["E2"]}
    assert (source.poll(12), source.waiting()) == (None, 0)


def test_a_large_backlog_comes_in_several_batches(zone):
    for n in range(4):
        write(zone, "events", [event(f"E{n}")], f"{n}.parquet")
    size = (zone / "events" / "0.parquet").stat().st_size
    source = following(zone, pace=PACE.model_copy(update={"batch_bytes": 2 * size}))
    assert [took(source) for _ in range(3)] == [{"events": ["E0", "E1"]}, {"events": ["E2", "E3"]}, None]


def test_a_folder_that_is_not_there_is_asked_again_later(zone, tmp_path):
    source = following(tmp_path / "later")
    with pytest.raises(SourceAwayError, match="is no folder"):
        source.poll(0)
    write(tmp_path / "later", "events", [event("E1")])
    assert took(source) == {"events": ["E1"]}


def test_a_bad_row_costs_only_itself(zone):
    write(zone, "orders", [order("O1"), order("O2", units=0), order("O3", ts=MAY + timedelta(days=40_000))])
    batch = following(zone).poll(0)
    assert batch.tables["orders"]["order_id"].to_list() == ["O1"]
    assert batch.bad.select("row", "column").rows() == [(2, "units"), (3, "ts")]
