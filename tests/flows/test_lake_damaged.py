"""What a power cut or a bad disk leaves of a table is told, and never read as fewer rows."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from deltalake import DeltaTable

from features.contracts import TABLES
from flows.delta_log import LOG, LakeDamagedError, path_of, read
from flows.lake import Lake

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def stock(*units):
    return pl.DataFrame([("P", NOON, count, 0, None) for count in units], schema=TABLES["stock"].dtypes, orient="row")


def put(lake, rows, transaction, table="stock", day=None):
    append = lake.append(table, transaction)
    append.add(rows, day)
    append.commit([transaction], {transaction: "a.csv"})


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path)
    put(made, stock(1), "a")
    put(made, stock(2), "b")
    return made


@pytest.fixture
def last(lake):
    return path_of(lake.root / "stock" / LOG, 2)


@pytest.fixture
def show(lake, last):
    """The data file that the last commit shows."""
    return lake.root / "stock" / read(last).added[0].path


def refused(lake, path):
    for ask in (lambda: lake.rows("stock"), lake.sources, lambda: lake.append("stock", "c"), lake.tables):
        with pytest.raises(LakeDamagedError, match=r"docs/runbook\.md#lake-damaged") as told:
            ask()
        assert str(path) in str(told.value)
    return True


def test_every_cut_of_the_last_commit_is_refused(lake, last):
    whole = last.read_bytes()
    ends = [number + 1 for number, byte in enumerate(whole) if byte == ord("\n")]
    for length in (0, 1, len(whole) // 2, *ends, len(whole) - 2):
        last.write_bytes(whole[:length])
        if length == ends[-1]:
            continue  # all of it
        with pytest.raises(LakeDamagedError, match="_delta_log"):
            lake.rows("stock")
    last.write_bytes(whole)
    assert lake.rows("stock") == 2


def test_an_empty_last_commit_is_refused_by_every_way_in_and_named(lake, last):
    last.write_bytes(b"")
    assert refused(lake, last)
    last.unlink()  # as the runbook says: it was never told to anybody
    assert lake.rows("stock") == 1


def test_a_data_file_that_the_last_commit_shows_must_be_there_with_its_size(lake, show):
    content = show.read_bytes()
    show.write_bytes(content[:-1])
    assert refused(lake, show)
    show.unlink()
    assert refused(lake, show)
    show.write_bytes(content)
    assert lake.rows("stock") == 2


@pytest.mark.parametrize(
    ("said", "altered"), [(b'"appId":"b"', b'"appId":"c"'), (b"a.csv", b"b.csv"), (b"numRecords", b"numRecord5")]
)
def test_a_last_commit_that_was_altered_is_refused(lake, last, said, altered):
    whole = last.read_bytes()
    assert said in whole
    last.write_bytes(whole.replace(said, altered))
    assert refused(lake, last)


def test_a_commit_that_takes_the_place_of_rows_is_sealed_too(lake, tmp_path):
    day = date(2024, 5, 1)
    orders = TABLES["orders"].empty().clear(1).with_columns(pl.lit(NOON).cast(pl.Datetime("us", "UTC")).alias("ts"))
    put(lake, orders, "a", "orders", day)
    put(lake, orders, "b", "orders", date(2024, 5, 2))
    append = lake.append("orders", "c", [day])
    append.add(orders, day)
    append.commit(["c"], {})
    commit = path_of(lake.root / "orders" / LOG, 3)
    assert read(commit).removed == (f"day={day}/a-00000.parquet",)
    assert read(commit).digests.keys() == {f"day={day}/c-00000.parquet"}
    commit.write_bytes(commit.read_bytes().replace(b"a-00000", b"b-00000"))
    with pytest.raises(LakeDamagedError, match="altered"):
        lake.rows("orders")


def test_a_table_whose_first_commit_was_lost_is_refused(tmp_path):
    lake = Lake(tmp_path)
    lake.append("stock", "a")  # makes the table
    path_of(lake.root / "stock" / LOG, 0).write_bytes(b"")
    with pytest.raises(LakeDamagedError, match="_delta_log"):
        lake.rows("stock")


def test_a_commit_that_another_tool_made_is_read_as_it_is(lake, last):
    DeltaTable(lake.root / "stock").delete("on_hand_units = 2")
    assert lake.rows("stock") == 1


def test_a_step_by_step_table_is_sealed_too(tmp_path):
    lake = Lake(tmp_path)
    growing = lake.growing("alerts")
    growing.add(1, lake.scan("alerts").collect().clear(1))
    commit = path_of(lake.root / "alerts" / LOG, 1)
    assert read(commit).transactions == {"step": 1}
    commit.write_bytes(b"")
    with pytest.raises(LakeDamagedError, match="empty"):
        lake.growing("alerts")
