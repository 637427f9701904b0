"""Rows that break the contract: where they stood, what was found and why it cannot be."""

import polars as pl

from features.contract import TableContract

FAULTS = pl.Schema(
    {"row": pl.Int64(), "column": pl.String(), "value": pl.String(), "reason": pl.String()},
)
"""One fault of one row of one file; row 1 is the first row of data, a null row means the whole file."""

QUARANTINE = pl.Schema({"table": pl.String(), "file": pl.String(), **FAULTS})
"""The quarantine table: faults with the landing table and the file that they were found in."""


class FileRefusedError(ValueError):
    """A file that cannot be read as its table at all; the message says what was found and what was expected."""


def faults(found: list[tuple[int, str | None, str | None, str]]) -> pl.DataFrame:
    """Faults as a frame: row, column, value, reason."""
    return pl.DataFrame(found, schema=FAULTS, orient="row")


def of_file(reason: str) -> pl.DataFrame:
    """The one fault of a file that cannot be read at all."""
    return pl.DataFrame({"reason": [reason]}).select(
        pl.lit(None, dtype).alias(name) if name != "reason" else pl.col("reason") for name, dtype in FAULTS.items()
    )


def kept(found: pl.DataFrame, contract: TableContract, file: str, characters: int) -> pl.DataFrame:
    """Faults as quarantine keeps them: cut to a sane length, and without what only viewers may know.

    Of a line that could not be taken apart nothing is kept where the table has private columns.
    """
    private = [column.name for column in contract.columns.values() if column.private]
    secret = pl.col("column").is_in(private).fill_null(bool(private))
    return found.select(
        pl.lit(contract.name).alias("table"),
        pl.lit(file).alias("file"),
        "row",
        "column",
        pl.when(~secret).then(pl.col("value").str.slice(0, characters)).alias("value"),
        "reason",
    )
