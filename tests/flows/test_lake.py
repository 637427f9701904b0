from datetime import UTC, date, datetime

import polars as pl
import pytest
from deltalake import DeltaTable

from features.contracts import TABLES, empty_tables
from flows.lake import Lake

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def stock(*units):
    rows = [("P", NOON, count, 0, None) for count in units]
    return pl.DataFrame(rows, schema=TABLES["stock"].dtypes, orient="row")


def put(lake, rows, transaction, table="stock", day=None):
    append = lake.append(table, transaction)
    append.add(rows, day)
    append.commit([transaction], {transaction: "a.csv"})


def test_a_lake_without_anything_has_all_tables_empty(lake):
    assert {name: frame.height for name, frame in lake.tables().items()} == dict.fromkeys(TABLES, 0)
    assert all(frame.schema == empty_tables()[name].schema for name, frame in lake.tables().items())
    assert lake.versions() == {}
    assert not lake.root.exists()


def test_rows_are_seen_only_after_their_commit(lake):
    append = lake.append("stock", "a")
    append.add(stock(1))
    append.add(stock(2))
    assert lake.rows("stock") == 0
    append.commit(["a"], {"a": "a.csv"})
    assert lake.tables(("stock",))["stock"]["on_hand_units"].to_list() == [1, 2]


def test_a_commit_is_known_by_its_transactions(lake):
    assert lake.known("stock", ["a", "b"]) == frozenset()
    put(lake, stock(1), "a")
    assert lake.known("stock", ["a", "b"]) == {"a"}
    assert lake.commits("stock") == 1


def test_a_commit_without_rows_is_remembered_too(lake):
    lake.append("stock", "a").commit(["a"], {})
    assert lake.known("stock", ["a"]) == {"a"}
    assert lake.has("stock")
    assert lake.sources() == []


def test_what_a_dead_run_left_unseen_is_overwritten_by_the_next(lake):
    lake.append("stock", "a").add(stock(1, 2, 3))
    put(lake, stock(7), "a")
    assert lake.tables(("stock",))["stock"]["on_hand_units"].to_list() == [7]
    assert len(list((lake.root / "stock").glob("*.parquet"))) == 1


def test_rows_come_in_the_same_order_however_they_were_committed(tmp_path):
    one, two = Lake(tmp_path / "one"), Lake(tmp_path / "two")
    put(one, stock(1, 2, 3), "a")
    put(two, stock(3), "b")
    put(two, stock(1, 2), "c")
    assert one.tables()["stock"].equals(two.tables()["stock"])


def test_the_tables_are_delta_tables_that_others_can_read(lake):
    orders = TABLES["orders"].empty().clear(1).with_columns(pl.lit(NOON).cast(pl.Datetime("us", "UTC")).alias("ts"))
    put(lake, orders, "a", "orders", date(2024, 5, 1))
    table = DeltaTable(lake.root / "orders")
    assert table.metadata().partition_columns == ["day"]
    assert table.count() == 1
    assert table.to_pyarrow_table().column("day").to_pylist() == [date(2024, 5, 1)]
    assert "day" not in lake.tables()["orders"].columns


def test_the_version_of_the_data_does_not_depend_on_order_or_file_names(tmp_path):
    one, two = Lake(tmp_path / "one"), Lake(tmp_path / "two")
    put(one, stock(1), "a")
    put(one, stock(2), "b")
    put(two, stock(2), "b")
    assert one.data_version() != two.data_version()
    put(two, stock(1), "a")
    assert one.data_version() == two.data_version()
    assert one.sources() == [("stock", "a"), ("stock", "b")]


def test_the_digests_outlive_the_checkpoints_of_delta(lake):
    for number in range(102):
        put(lake, stock(number), f"{number:03d}")
    assert len(lake.sources()) == 102
    assert lake.known("stock", ["000"]) == {"000"}
    assert lake.rows("stock") == 102


def test_the_summary_counts_rows_and_files(lake):
    put(lake, stock(1, 2), "a")
    put(lake, stock(3), "b")
    assert lake.summary().filter(pl.col("table") == "stock").row(0) == ("stock", 3, 2)
