"""What the lake has is not taken, and what the journal has gets into the lake once."""

from datetime import timedelta

import pytest
from small_landing import MAY, SETTINGS, event, order, small_zone, write

from features.feed.settings import Feed
from features.privacy import Door
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver
from flows.watching.batch import Batch, Cursor
from flows.watching.following import Following
from flows.watching.handing_over import delivered, hand_over
from flows.watching.journal import kept
from flows.watching.reading import Reader
from flows.watching.settings import Pace
from flows.watching.ticking import Ticking

DOOR = Door(b"key", keep_text=True)
PACE = Pace(settle_seconds=0, patience_seconds=0, batch_bytes=1_000_000_000)
FEED = Feed(
    allowed_lateness_minutes=10,
    max_skew_seconds=60,
    silence_minutes=5,
    feed_silence_minutes=8,
    late_minutes=10,
    missing_minutes=60,
    end_grace_minutes=15,
)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "home")


def ingest(lake, zone):
    return receive(Receiver(lake, SETTINGS, DOOR), zone, MAY)


def watch(journal, zone, now):
    """Keep all that is new in a zone as one tick."""
    batch = Following(zone, Reader(SETTINGS, DOOR), journal.taken, PACE).poll(0)
    if batch is not None:
        journal.keep(Ticking(FEED, "wall", MAY).tick(batch, journal.last, now))
    return batch


def test_what_the_lake_has_is_not_taken(tmp_path, lake):
    zone = small_zone(tmp_path / "zone")
    ingest(lake, zone)
    write(zone, "orders", [order("O9")], "b.parquet")
    with kept(tmp_path / "home") as journal:
        journal.pass_over(delivered(zone, lake))
        assert watch(journal, zone, MAY).tables["orders"]["order_id"].to_list() == ["O9"]


def test_what_was_taken_gets_into_the_lake_once_and_is_known_there(tmp_path, lake):
    zone = small_zone(tmp_path / "zone", events=[event("E1", ts=MAY + HOUR)])
    with kept(tmp_path / "home") as journal:
        watch(journal, zone, MAY + HOUR)
        write(zone, "events", [event("E2", ts=MAY), event("E3", ts=MAY + HOUR)], "b.parquet")
        watch(journal, zone, MAY + 2 * HOUR)
        assert [tick.too_late.height for tick in journal.ticks()] == [0, 1]
        assert hand_over(journal, 1, lake)["events"] == 1
        assert hand_over(journal, 2, lake) == {"events": 2}
        assert hand_over(journal, 2, lake) == {}
    assert ingest(lake, zone).new_rows == 0
    found = lake.tables(["events", "orders", "sessions"])
    assert found["events"].select("event_id", "received_at").sort("event_id").rows() == [
        ("E1", MAY + HOUR), ("E2", MAY + 2 * HOUR), ("E3", MAY + 2 * HOUR)
    ]  # fmt: skip
    assert found["orders"]["received_at"].to_list() == [MAY + HOUR] * 2
    assert found["sessions"]["received_at"].to_list() == [None]


def test_rows_of_a_database_get_into_the_lake_once(tmp_path, lake):
    write(tmp_path / "zone", "orders", [order("O1")])
    with kept(tmp_path / "home") as journal:
        read = Following(tmp_path / "zone", Reader(SETTINGS, DOOR), journal.taken, PACE).poll(0)
        batch = Batch("", read.tables, read.bad, cursors={"orders": Cursor(1)})
        journal.keep(Ticking(FEED, "wall", MAY).tick(batch, None, MAY))
        assert [hand_over(journal, 1, lake) for _ in range(2)] == [{"orders": 1}, {}]


def test_a_table_of_which_no_row_was_good_is_known_all_the_same(tmp_path, lake):
    write(tmp_path / "zone", "orders", [order("O1", units=0)])
    with kept(tmp_path / "home") as journal:
        watch(journal, tmp_path / "zone", MAY)
        assert [hand_over(journal, 1, lake) for _ in range(2)] == [{}, {}]
