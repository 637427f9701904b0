"""How a cell is read: text or numbers of any width into the one type that its column has, exactly or not at all."""

from collections.abc import Callable

import polars as pl
from polars.datatypes.classes import DataTypeClass

from features.contract import INSTANT, Column, TableContract
from features.quarantine import FileRefusedError

ISO_8601 = (
    r"^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)$"
)
WHOLE = 2.0**53
SINGLE, DOUBLE = 1e-6, 1e-9

_INTEGERS: tuple[DataTypeClass, ...] = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
)
_FLOATS: tuple[DataTypeClass, ...] = (pl.Float32, pl.Float64)


def readable(contract: TableContract, found: pl.Schema, void: Callable[[str], bool]) -> None:
    """Refuse a file whose column types cannot hold what the contract asks for.

    A column that is `void`, null from top to bottom, may have any type: exporters give such columns whatever type.

    Raises:
        FileRefusedError: names the first such column, the type found and the type expected.
    """
    for name, dtype in found.items():
        column = contract.columns[name]
        if not _readable(column, dtype) and not void(name):
            raise FileRefusedError(f"column {name} holds {dtype}, expected {column.dtype} ({column.sentence})")


def zoneless(found: pl.Schema) -> tuple[str, ...]:
    """The columns whose instants name no zone: they are taken as UTC, as the contract says of all instants."""
    return tuple(name for name, dtype in found.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone is None)


def read(column: Column, raw: pl.Series) -> pl.Series:
    """The cells as the column's own type; null where nothing stands there or where it cannot be read exactly."""
    if raw.dtype == pl.Null:
        return raw.cast(column.dtype)
    if column.dtype == pl.String:
        return raw.cast(pl.String)
    if column.dtype == INSTANT:
        return _instants(raw) if raw.dtype == pl.String else raw.cast(INSTANT)
    if column.kind == "units":
        return _whole(raw)
    return _decimal(raw) if column.kind == "money" else _number(raw)


def reason(column: Column, raw: str) -> str:
    """Why a cell could not be read."""
    if column.dtype == INSTANT:
        legal = pl.Series([raw]).str.contains(ISO_8601).item()
        return "is no date and time of the calendar" if legal else "is no ISO 8601 instant with an offset"
    number = pl.Series([raw]).cast(pl.Float64, strict=False)
    if not number.is_finite().fill_null(value=False).item():
        return "is no finite number"
    return "has more than four decimals" if column.kind == "money" else "is no whole number"


def blank_to_null(raw: pl.Series) -> pl.Series:
    """An empty text says nothing."""
    return raw.set(raw == "", None) if raw.dtype == pl.String else raw


def _readable(column: Column, dtype: pl.DataType) -> bool:
    if dtype in (pl.Null, pl.String):
        return True
    if column.dtype == INSTANT:
        return isinstance(dtype, pl.Datetime)
    return dtype in _INTEGERS or (dtype in _FLOATS and column.dtype != pl.String)


def _whole(raw: pl.Series) -> pl.Series:
    if raw.dtype in _INTEGERS:
        return raw.cast(pl.Int64, strict=False)
    number = pl.col("cell").cast(pl.Float64, strict=False)
    whole = (number == number.floor()) & (number.abs() < WHOLE)
    from_number = pl.when(whole).then(number).cast(pl.Int64)
    from_text = pl.col("cell").cast(pl.Int64, strict=False)
    return _cells(raw).select(from_number if raw.dtype in _FLOATS else pl.coalesce(from_text, from_number)).to_series()


def _number(raw: pl.Series) -> pl.Series:
    number = pl.col("cell").cast(pl.Float64, strict=False)
    return _cells(raw).select(_unsigned_zero(pl.when(number.is_finite()).then(number))).to_series()


def _decimal(raw: pl.Series) -> pl.Series:
    number = pl.col("cell")
    noise = SINGLE if raw.dtype == pl.Float32 else DOUBLE
    near = (number - number.round(4)).abs() <= noise * pl.max_horizontal(number.abs(), pl.lit(1.0))
    return _cells(_number(raw)).select(_unsigned_zero(pl.when(near).then(number.round(4)))).to_series()


def _unsigned_zero(number: pl.Expr) -> pl.Expr:
    return pl.when(number == 0).then(pl.lit(0.0)).otherwise(number)


def _cells(raw: pl.Series) -> pl.DataFrame:
    return raw.alias("cell").to_frame()


def _instants(raw: pl.Series) -> pl.Series:
    written = raw.set(~raw.str.contains(ISO_8601), None)
    instants = _parsed(written)
    if instants.null_count() == written.null_count():
        return instants
    full = (
        written.str.replace(",", ".", literal=True)
        .str.replace(r"^(.{16})([Zz+-])", "${1}:00${2}")
        .str.replace(r"(:\d\d(?:\.\d+)?[+-]\d\d)$", "${1}:00")
    )
    return _parsed(full)


def _parsed(written: pl.Series) -> pl.Series:
    return written.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC")
