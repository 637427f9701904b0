from datetime import UTC, datetime

import polars as pl
import pytest

from features.cells import read, reason
from features.contract import Column

UNITS = Column("units", "units", "")
MONEY = Column("price", "money", "")
NUMBER = Column("share", "number", "")
INSTANT = Column("ts", "instant", "")


def cell(column, value, dtype=None):
    return read(column, pl.Series([value], dtype=dtype)).item()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-05-01T10:34:05.626969Z", datetime(2024, 5, 1, 10, 34, 5, 626969, UTC)),
        ("2024-05-01 10:34:05+08:00", datetime(2024, 5, 1, 2, 34, 5, 0, UTC)),
        ("2024-05-01T10:34:05+0800", datetime(2024, 5, 1, 2, 34, 5, 0, UTC)),
        ("2024-05-01T10:34:05+08", datetime(2024, 5, 1, 2, 34, 5, 0, UTC)),
        ("2024-05-01T10:34Z", datetime(2024, 5, 1, 10, 34, 0, 0, UTC)),
        ("2024-05-01T10:34-03", datetime(2024, 5, 1, 13, 34, 0, 0, UTC)),
        ("2024-05-01T10:34:05,5z", datetime(2024, 5, 1, 10, 34, 5, 500000, UTC)),
        ("2024-05-01T00:30:00+14:00", datetime(2024, 4, 30, 10, 30, 0, 0, UTC)),
    ],
)
def test_an_instant_is_iso_8601_with_an_offset(written, meant):
    assert cell(INSTANT, written) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("2024-05-01T10:34:05", "2024-05-01", "1714559645", "01.05.2024 10:34:05Z", "2024-05-01T24:00:00Z"),
        *("2024-05-01T10:34:60Z", "2024-05-01T10:34:05+25:00", "2024-5-1T10:34:05Z", " 2024-05-01T10:34:05Z", "now"),
    ],
)
def test_any_other_text_is_no_instant(written):
    assert cell(INSTANT, written) is None
    assert reason(INSTANT, written) == "is no ISO 8601 instant with an offset"


def test_the_thirtieth_of_february_is_no_day_of_the_calendar():
    assert cell(INSTANT, "2024-02-30T10:34:05Z") is None
    assert reason(INSTANT, "2024-02-30T10:34:05Z") == "is no date and time of the calendar"


@pytest.mark.parametrize(
    ("found", "meant"), [("3", 3), ("3.0", 3), ("1e3", 1000), (3.0, 3), (7, 7), ("9007199254740993", 2**53 + 1)]
)
def test_units_are_whole(found, meant):
    assert cell(UNITS, found) == meant


@pytest.mark.parametrize("found", ["1.7", 1.7, "inf", float("inf"), float("nan"), "seven", "1e300", "true", 2**64 - 1])
def test_what_is_not_whole_is_not_rounded(found):
    assert cell(UNITS, found, pl.UInt64 if isinstance(found, int) else None) is None


@pytest.mark.parametrize(
    ("found", "dtype", "meant"),
    [
        ("9.5", None, 9.5),
        ("0.1234", None, 0.1234),
        (0.1 + 0.2, None, 0.3),
        (44.22, pl.Float32, 44.22),
        (12, pl.Int16, 12.0),
        ("1e2", None, 100.0),
    ],
)
def test_money_has_at_most_four_decimals(found, dtype, meant):
    assert cell(MONEY, found, dtype) == meant


def test_money_with_five_decimals_is_not_rounded():
    assert cell(MONEY, "1.23456") is None
    assert reason(MONEY, "1.23456") == "has more than four decimals"


@pytest.mark.parametrize("found", ["nan", "inf", "1,5", "", "€9", "0x10"])
def test_what_is_no_finite_number_is_none(found):
    assert cell(NUMBER, found) is None
    assert reason(NUMBER, found) == "is no finite number"


def test_negative_zero_is_zero():
    assert str(cell(NUMBER, "-0.0")) == "0.0"


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_instants_of_any_unit_and_zone_are_converted_exactly(unit):
    shanghai = (
        pl.Series([datetime(2024, 5, 1, 8, tzinfo=UTC)]).dt.convert_time_zone("Asia/Shanghai").dt.cast_time_unit(unit)
    )
    assert read(INSTANT, shanghai).item() == datetime(2024, 5, 1, 8, tzinfo=UTC)
