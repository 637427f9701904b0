"""Rows of the lake rewritten where they lie: what must not be there any more goes from every file and old version."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from features.contracts import TABLES
from features.privacy import PERSONAL
from flows.lake import Lake, order
from flows.places import Place, read_rows, scan_rows, settle

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

    def counted(self, rows: pl.LazyFrame) -> int:
        """How many of the rows it concerns; no other columns are read."""
        return int(rows.select(self.hit.fill_null(value=False).sum()).collect().item())


def nameless(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as they are, but without who it was and what they wrote."""
    return rows.with_columns(NOBODY.alias(name) for name in PERSONAL if name in rows.columns)


def erase_each(lake: Lake, erasures: Sequence[Erasure]) -> list[int]:
    """Erase one after the other, from the lake and from what is kept beside it; how many rows each concerned.

    Beside it are deliveries that a kill left on their way, and condensed events, which are made anew from the lake.
    Whoever calls holds the lake.
    """
    found = [erase(lake, one) if lake.has(one.table) else 0 for one in erasures]
    for beside in (lake.beside / ".staging", lake.beside.parent / "condensed") if erasures else ():
        shutil.rmtree(beside, ignore_errors=True)
    return found


def erase(lake: Lake, erasure: Erasure) -> int:
    """Rewrite the days that hold such rows with one commit, then remove older files that hold them; how many rows.

    A kill leaves the table as it was or as it is to be; the next call goes on. Versions of the table that read a
    removed file can be read no more: that is the point. Whoever calls holds the lake.
    """
    found = dict(_concerned(lake, erasure))
    if found:
        names = "\n".join(str(path) for day in sorted(found, key=str) for path in found[day][0])
        stem = hashlib.sha256(names.encode()).hexdigest()
        append = lake.append(erasure.table, stem[:16], list(found))
        for day, (paths, _) in found.items():
            if (new := erasure.done(read_rows(paths))).height:
                append.add(new, day)
        append.commit([f"erased:{stem}"], {stem: "erased"})
    _remove_old(lake, erasure)
    return sum(rows for _, rows in found.values())


def _concerned(lake: Lake, erasure: Erasure) -> Iterator[tuple[date | None, tuple[list[Place], int]]]:
    """Each day that holds such rows: its files, and how many rows."""
    for day, paths in lake.parts(erasure.table).items():
        early = erasure.before is None or day is None or day < erasure.before
        if early and (rows := erasure.counted(scan_rows(paths))):
            yield day, (paths, rows)


def _remove_old(lake: Lake, erasure: Erasure) -> None:
    """Remove files that no present version reads and that hold such rows, or that cannot be read."""
    place = lake.root / erasure.table
    current = {path for paths in lake.parts(erasure.table).values() for path in paths}
    old = [path for path in sorted(place.rglob("*.parquet")) if "_delta_log" not in path.parts and path not in current]
    gone = [path for path in old if _holds(path, erasure)]
    for path in gone:
        path.unlink()
    settle({path.parent for path in gone})


def _holds(path: Place, erasure: Erasure) -> bool:
    rows = scan_rows([path])
    try:
        return rows.collect_schema().names() != list(TABLES[erasure.table].dtypes) or erasure.counted(rows) > 0
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # a kill tore it before anybody saw it
        return True
