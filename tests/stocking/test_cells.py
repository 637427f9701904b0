from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocking.cells import safe_text, written


def shown(text):
    return pl.DataFrame({"cell": [text]}, schema={"cell": pl.String}).select(safe_text(pl.col("cell"))).item()


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\t=1",
    "\r=1",
    " =1",
    "\u200b=1",
    "\ufeff=1",
    "\u00a0=1",
    "\x00x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_starts_a_formula(text):
    assert shown(text).startswith("'")


@pytest.mark.parametrize("text", ["red;=1+1", "red; =1+1", "red|@x", "red;＝1"])
def test_no_formula_starts_after_a_separator_that_other_programs_split_at(text):
    assert shown(text) == text.replace("=", "'=").replace("@", "'@").replace("＝", "'＝")


@pytest.mark.parametrize(
    "text", ["0042", "12345678901234567890", "1E5", "12e3", "1-2", "2024/1", "3.4.2024", "2024-06-19"]
)
def test_an_id_that_would_be_read_as_another_number_or_a_date_stays_text(text):
    assert shown(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["Lipstick", "85123A", "85123", "爆款 口红", "a-b", "a=b", "", "M-1", "3.50 off, today", "it's"]
)
def test_harmless_text_is_left_alone(text):
    assert shown(text) == text


def test_a_cell_stays_one_line():
    assert shown("two\r\nlines\there") == "two  lines here"


def test_unknown_text_stays_unknown():
    assert shown(None) is None


@given(st.text())
def test_whatever_the_text_it_starts_no_formula_and_no_new_line(text):
    cell = shown(text)
    assert not cell.strip().startswith(tuple("=+-@＝＋－＠"))
    assert not any(character < " " for character in cell)


def test_numbers_are_left_alone_and_lists_and_instants_are_written_out():
    frame = pl.DataFrame(
        {
            "units": [-5],
            "profit": [-1.5],
            "at": [datetime(2024, 6, 19, 16, 30, tzinfo=UTC)],
            "notes": [["=new", "capped"]],
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )
    assert written(frame).row(0) == (-5, -1.5, "2024-06-19T16:30:00Z", "'=new; capped")


def test_an_instant_keeps_its_microseconds():
    frame = pl.DataFrame(
        {"at": [datetime(2024, 6, 19, 16, 30, 0, 125000, tzinfo=UTC)]}, schema={"at": pl.Datetime("us", "UTC")}
    )
    assert written(frame).item() == "2024-06-19T16:30:00.125Z"
