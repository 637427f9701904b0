"""Rows between reading and committing, on disk: however large a delivery is, little of it is in memory."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from features.contract import TableContract

FILE = "_file"
"""Number of the delivered file that a row came from, in order of name."""

_MOST_ROWS = 1_000_000


class Spool:
    """Frames of one table, added file by file; a file that turns out bad is dropped again."""

    def __init__(self, place: Path, schema: pl.Schema) -> None:
        self._place, self._schema, self._count = place, schema, 0
        shutil.rmtree(place, ignore_errors=True)  # of a run that died
        place.mkdir(parents=True)

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Keep some rows of a file."""
        if rows.height:
            path = self._place / f"{file:06d}-{self._count:08d}.parquet"
            rows.with_columns(pl.lit(file, pl.UInt32).alias(FILE)).write_parquet(path, compression="lz4")
            self._count += 1

    def drop(self, file: int) -> None:
        """Forget what was added of a file."""
        for path in self._place.glob(f"{file:06d}-*.parquet"):
            path.unlink()

    def scan(self) -> pl.LazyFrame:
        """All rows that were added, in that order."""
        paths = self._paths()
        return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema={**self._schema, FILE: pl.UInt32()})

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows as they were added, with the number of their file."""
        return (pl.read_parquet(path) for path in self._paths())

    def by_day(self, contract: TableContract) -> Iterator[tuple[date | None, pl.DataFrame]]:
        """The rows day by day, at most about a million in memory at once; at once where the table has no days."""
        if contract.day_of is None:
            yield None, self.scan().collect()
            return
        day = pl.col(contract.day_of).dt.date().alias("_day")
        for low, high in self._spans(day):
            rows = self.scan().filter(day.is_between(low, high)).with_columns(day).collect()
            for (value,), of_day in rows.partition_by("_day", as_dict=True, include_key=False).items():
                yield value, of_day

    def _spans(self, day: pl.Expr) -> Iterator[tuple[date, date]]:
        counted = self.scan().group_by(day).len().sort("_day")
        spans = (
            counted.with_columns((pl.col("len").cum_sum() // _MOST_ROWS).alias("span"))
            .group_by("span")
            .agg(pl.col("_day").min().alias("low"), pl.col("_day").max().alias("high"))
            .sort("span")
        )
        return spans.select("low", "high").collect().iter_rows()

    def _paths(self) -> list[Path]:
        return sorted(self._place.glob("*.parquet"))
