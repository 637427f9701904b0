"""Rows that satisfy their contract, and the faults of those that do not."""

from dataclasses import dataclass

import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrorReason, SchemaErrors

from features import cells
from features.contract import Column, TableContract
from features.quarantine import FAULTS, faults
from features.raw import ROW, Raw

_OF_A_ROW = {SchemaErrorReason.DATAFRAME_CHECK, SchemaErrorReason.SERIES_CONTAINS_NULLS}
_MISSING = "is missing"


@dataclass(frozen=True, eq=False)
class Sifted:
    """What became of some rows of a file.

    Attributes:
        rows: the good ones, numbered by `row`, the other columns exactly as the contract says.
        faults: what was wrong with the others.
        bad_rows: how many those are.
    """

    rows: pl.DataFrame
    faults: pl.DataFrame
    bad_rows: int


def sift(contract: TableContract, raw: Raw) -> Sifted:
    """Read every cell, then hold every row against the contract.

    Columns that the file does not have are null. A row with a cell that cannot be read is not checked further.
    """
    blank = raw.rows.with_columns(cells.blank_to_null(column) for column in raw.rows if column.name != ROW)
    typed = blank.select(ROW, *(_typed(column, blank) for column in contract.columns.values()))
    unread = _unread(contract, blank, typed)
    whole = _without(typed, unread)
    broken = _broken(contract, whole)
    found = pl.concat([raw.faults, unread, broken]).sort(ROW, maintain_order=True)
    return Sifted(_without(whole, broken), found, found["row"].n_unique())


def _typed(column: Column, blank: pl.DataFrame) -> pl.Series | pl.Expr:
    if column.name not in blank.columns:
        return pl.lit(None, column.dtype).alias(column.name)
    return cells.read(column, blank[column.name]).alias(column.name)


def _unread(contract: TableContract, blank: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    lost = [name for name in blank.columns if typed[name].null_count() > blank[name].null_count()]
    return pl.concat([faults([]), *(_lost(contract.columns[name], blank, typed) for name in lost)])


def _lost(column: Column, blank: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    name = column.name
    found = blank.filter(blank[name].is_not_null() & typed[name].is_null())
    values = found[name].cast(pl.String)
    reasons = {value: cells.reason(column, value) for value in values.unique()}
    return found.select(
        ROW,
        pl.lit(name).alias("column"),
        values.alias("value"),
        values.replace_strict(reasons, return_dtype=pl.String).alias("reason"),
    ).cast(FAULTS)


def _broken(contract: TableContract, whole: pl.DataFrame) -> pl.DataFrame:
    if contract.satisfied(whole.drop(ROW)):
        return faults([])
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            contract.schema.validate(whole.drop(ROW), lazy=True)
        except SchemaErrors as error:
            if any(one.reason_code not in _OF_A_ROW for one in error.schema_errors):
                raise
            return _told(error.failure_cases, whole[ROW])
    return faults([])


def _told(cases: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    missing = pl.col("check") == "not_nullable"
    return cases.select(
        numbers.gather(cases["index"].cast(pl.UInt32)).alias("row"),
        "column",
        pl.when(~missing).then(pl.col("failure_case")).alias("value"),
        pl.when(missing).then(pl.lit(_MISSING)).otherwise("check").alias("reason"),
    ).cast(FAULTS)


def _without(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return rows.join(found, on=ROW, how="anti", maintain_order="left") if found.height else rows
