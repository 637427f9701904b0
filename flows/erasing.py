"""Rows of the lake rewritten where they lie: what must not be there any more goes from every file and old version."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from features.contracts import TABLES
from flows.durable import settle
from flows.lake import Lake, order

NOBODY = pl.lit(None, pl.String)


@dataclass(frozen=True, eq=False)
class Erasure:
    """What is to go from one table.

    Attributes:
        table: a landing table.
        hit: which rows.
        change: a frame of such rows as it is to be afterwards; an empty one where they go altogether.
        before: only days before it are looked at; None: all.
    """

    table: str
    hit: pl.Expr
    change: Callable[[pl.DataFrame], pl.DataFrame]
    before: date | None = None

    def done(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows without what is to go."""
        is_hit = self.hit.fill_null(value=False)
        kept = pl.concat([rows.filter(~is_hit), self.change(rows.filter(is_hit))])
        return kept.sort(order(self.table), nulls_last=True)

    def counted(self, rows: pl.DataFrame) -> int:
        """How many of the rows it concerns."""
        return int(rows.select(self.hit.fill_null(value=False).sum()).item())


def nameless(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as they are, but without who it was and what they wrote."""
    private = [name for name in ("viewer_id", "text", "reason") if name in rows.columns]
    return rows.with_columns(NOBODY.alias(name) for name in private)


def erase(lake: Lake, erasure: Erasure) -> int:
    """Rewrite the days that hold such rows with one commit, then remove older files that hold them; how many rows.

    A kill leaves the table as it was or as it is to be; the next call goes on. Versions of the table that read a
    removed file can be read no more: that is the point. Whoever calls holds the lake.
    """
    name, found = erasure.table, dict(_concerned(lake, erasure))
    if found:
        digest = hashlib.sha256("\n".join(str(path) for day in sorted(found, key=str) for path in found[day]).encode())
        stem = digest.hexdigest()
        append, rows = lake.append(name, stem[:16], list(found)), 0
        for day, paths in found.items():
            old = _read(paths)
            rows += erasure.counted(old)
            if (new := erasure.done(old)).height:
                append.add(new, day)
        append.commit([f"erased:{stem}"], {stem: "erased"})
    else:
        rows = 0
    _remove_old(lake, erasure)
    return rows


def _concerned(lake: Lake, erasure: Erasure) -> Iterator[tuple[date | None, list[Path]]]:
    for day, paths in lake.parts(erasure.table).items():
        early = erasure.before is None or day is None or day < erasure.before
        if early and erasure.counted(_read(paths)):
            yield day, paths


def _read(paths: list[Path]) -> pl.DataFrame:
    return pl.read_parquet(paths, hive_partitioning=False)


def _remove_old(lake: Lake, erasure: Erasure) -> None:
    """Remove files that no present version reads and that hold such rows, or that cannot be read."""
    place = lake.root / erasure.table
    current = {path for paths in lake.parts(erasure.table).values() for path in paths}
    old = [path for path in sorted(place.rglob("*.parquet")) if "_delta_log" not in path.parts and path not in current]
    gone = [path for path in old if _holds(path, erasure)]
    for path in gone:
        path.unlink()
    settle({path.parent for path in gone})


def _holds(path: Path, erasure: Erasure) -> bool:
    try:
        rows = pl.read_parquet(path, hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # a kill tore it before anybody saw it
        return True
    return rows.columns != TABLES[erasure.table].empty().columns or erasure.counted(rows) > 0
