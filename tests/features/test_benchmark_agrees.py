"""What the benchmark compares is the same computation."""

from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.actions import MEASURE_OF_KIND

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "windowed"
CUTOFFS = 4


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARK)
    return import_module


@pytest.fixture
def days(load, tmp_path):
    """Files of actions and rows, a pair a day, in which some viewers are unknown."""
    skewed = load("skewed")
    world = skewed.made(skewed.World(events=20_000, days=2), tmp_path, CUTOFFS)
    for path in (world / "actions").iterdir():
        known = pl.when(pl.col("event") % 17 != 0).then("viewer").alias("viewer")
        pl.read_parquet(path).with_columns(known).write_parquet(path)
    return [(path, world / f"rows-{CUTOFFS}" / path.name) for path in sorted((world / "actions").iterdir())]


def test_the_numbers_of_the_kinds_are_those_of_the_feature_table(load):
    assert tuple(MEASURE_OF_KIND.values()) == load("asked").KINDS


def test_a_world_keeps_each_session_in_its_own_file_and_has_what_was_asked_for(load, days):
    actions = [pl.read_parquet(path) for path, _ in days]
    sessions = [set(frame["session"]) for frame in actions]
    listings = [pl.read_parquet(path).select("session", "product") for _, path in days]
    assert sum(frame.height for frame in actions) == 20_000
    assert sum(frame.height for frame in listings) == CUTOFFS * 269
    assert all(frame["known"].is_sorted() for frame in actions)
    assert sessions[0] & sessions[1] == set()
    assert all(set(frame["session"]) <= own for frame, own in zip(listings, sessions, strict=True))
    assert all(frame.group_by("session", "product").len()["len"].unique().to_list() == [CUTOFFS] for frame in listings)
    assert list(actions[0].schema.items()) == [
        ("event", pl.UInt64), ("session", pl.UInt32), ("product", pl.UInt32), ("viewer", pl.UInt32),
        ("kind", pl.UInt8), ("known", pl.Int64), ("received", pl.Int64),
    ]  # fmt: skip


def test_ours_duckdb_and_a_slow_count_find_the_same_values_in_all_columns(load, days):
    agree, asked, oracle = load("agree"), load("asked"), load("oracle")
    windows = list(asked.LENGTHS)
    for paths in days:
        actions = pl.read_parquet(paths[0])
        rows = pl.read_parquet(paths[1]).select("session", "product", minute=pl.col("cutoff") // 60_000_000)
        slow = oracle.counted(actions, rows, windows)
        ours = agree.ours(actions.select(agree.ACTION), rows, windows)
        assert slow.width == 100
        assert min(slow.select(pl.col("^.*ever$").exclude("listing.sellouts.ever").sum()).row(0)) > 0
        assert_frame_equal(ours, slow, check_column_order=False)
        assert_frame_equal(agree.in_duckdb(*paths, windows), slow, check_column_order=False)


def test_the_benchmark_ends_where_one_value_differs(load):
    agree = load("agree")
    right = pl.DataFrame({"session.likes.5m": [3, 4]})
    agree.compare("same", right, right.clone())
    with pytest.raises(agree.DisagreementError, match=r"session\.likes\.5m is 5 .* in row 1, and should be 4"):
        agree.compare("other", pl.DataFrame({"session.likes.5m": [3, 5]}), right)
    with pytest.raises(agree.DisagreementError, match="and should be"):
        agree.compare("another type", right.cast(pl.Int32), right)
