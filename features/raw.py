"""What comes out of a file before anything of it is believed."""

from dataclasses import dataclass

import polars as pl

from features.quarantine import FileRefusedError

ROW = "row"
"""Number of the data row that a cell stood in, from 1; in line formats the number of the line."""

SMALL_BYTES = 64_000_000
MOST_COLUMNS = 10_000
"""A file with more is no table of anybody's; weighing them one by one would take a reader hours."""


def narrow(columns: int) -> None:
    """Refuse a file with more columns than any table has, before they are looked at.

    Raises:
        FileRefusedError: names the limit.
    """
    if columns > MOST_COLUMNS:
        raise FileRefusedError(f"has more than {MOST_COLUMNS:,} columns")


@dataclass(frozen=True, eq=False)
class Raw:
    """Some rows of a file, numbered, with the columns that the contract knows, and the faults met on the way."""

    rows: pl.DataFrame
    faults: pl.DataFrame


@dataclass(frozen=True)
class Allowance:
    """How large a file's content may become in memory.

    A small file may expand to 64 MB, a larger one to `expansion` times its size, none to more than `most_bytes`.
    """

    file_bytes: int
    most_bytes: int
    expansion: float

    def spend(self, expanded_bytes: int) -> None:
        """Refuse a content larger than allowed.

        Raises:
            FileRefusedError: names both sizes.
        """
        allowed = min(self.most_bytes, max(SMALL_BYTES, int(self.expansion * self.file_bytes)))
        if expanded_bytes > allowed:
            raise FileRefusedError(
                f"{self.file_bytes:,} bytes expand to at least {expanded_bytes:,}, more than the {allowed:,} allowed",
            )
