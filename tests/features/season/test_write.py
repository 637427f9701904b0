"""How a season becomes files: three formats, whole or not at all, and no truth among them."""

import polars as pl
from polars.testing import assert_frame_equal

from features.contracts import TABLES
from features.season.write import write_landing, write_truth

READERS = {".parquet": pl.read_parquet, ".csv": pl.read_csv, ".ndjson": pl.read_ndjson}


def read(path, contract):
    frame = READERS[path.suffix](path)
    instants = [
        c.name for c in contract.columns.values() if c.kind in ("instant", "minute") and c.name in frame.columns
    ]
    text = [pl.col(c).str.to_datetime(time_unit="us", time_zone="UTC") for c in instants if frame[c].dtype == pl.String]
    return frame.with_columns(text)


def test_the_landing_zone_reads_back_as_it_was_written(season, tmp_path):
    for path in write_landing(season, tmp_path):
        told = season.tables[path.parent.name]
        back = read(path, TABLES[path.parent.name])
        assert_frame_equal(back, told.select(back.columns), check_dtypes=path.suffix == ".parquet")


def test_all_three_formats_are_met_and_nothing_else_lies_there(season, tmp_path):
    written = write_landing(season, tmp_path)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert files == sorted(written)
    assert {path.suffix for path in files} == {".parquet", ".csv", ".ndjson"}
    assert {path.parent.name for path in files} == set(TABLES)


def test_truth_is_never_in_the_landing_zone(season, tmp_path):
    secret = {"demand", "sold", "return_rate", "latent"}
    for path in write_landing(season, tmp_path / "landing"):
        assert not secret & set(READERS[path.suffix](path).columns)
    beside = write_truth(season, tmp_path / "truth.parquet")
    assert_frame_equal(pl.read_parquet(beside), season.truth)


def test_writing_twice_gives_the_same_bytes(season, tmp_path):
    first = {path: path.read_bytes() for path in write_landing(season, tmp_path)}
    write_landing(season, tmp_path)
    assert {path: path.read_bytes() for path in first} == first
