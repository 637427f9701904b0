import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_landing import sifted, write

from features.contracts import TABLES

_letters = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00")
_texts = st.text(_letters, min_size=1, max_size=20)
_words = {column.name: column.words for contract in TABLES.values() for column in contract.columns.values()}


def cells(column):
    legal = {
        "id": _texts,
        "text": _texts,
        "word": st.sampled_from(_words[column.name] or ("",)),
        "instant": st.integers(0, 10**15).map(lambda us: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)),
        "minute": st.integers(0, 10**7).map(
            lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        ),
        "units": st.integers(int(column.low), int(column.high)),
        "money": st.integers(0, 10**10).map(lambda units: units / 10_000),
        "number": st.floats(column.low, column.high),
    }[column.kind]
    return st.none() | legal if column.optional else legal


def frames(name):
    contract = TABLES[name]
    row = st.fixed_dictionaries({column.name: cells(column) for column in contract.columns.values()})
    return st.lists(row, min_size=1, max_size=6).map(lambda rows: pl.DataFrame(rows, schema=contract.dtypes))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("file", ["a.parquet", "a.csv", "a.ndjson"])
def test_legal_rows_come_back_as_they_were_from_every_format(name, file):
    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(frames(name))
    def holds(frame):
        with tempfile.TemporaryDirectory() as folder:
            good, faults = sifted(write(Path(folder), name, frame, file), name)
        assert faults == []
        assert good.rows() == frame.with_columns(pl.col(pl.Float64) + 0.0).rows()

    holds()
