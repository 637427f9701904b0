"""Many small files of the lake made one: rows, sources and transactions stay what they were."""

import hashlib

import polars as pl

from features.contracts import TABLES
from flows.lake import Lake, order
from flows.places import read_rows

JOINED = (*TABLES, "quarantine", "ingest_log")
"""Tables that are read as a whole, whatever files they lie in. Those whose files' names say what was first are not."""


def join(lake: Lake, name: str, least: int) -> int:
    """Rewrite each day of a table that has so many files as one, all in one commit; how many files made way.

    A kill leaves the table as it was or as it is to be. Whoever calls holds the lake.
    """
    parts = {day: paths for day, paths in lake.parts(name).items() if len(paths) >= least}
    if not parts:
        return 0
    names = "\n".join(str(path.relative_to(lake.root)) for paths in parts.values() for path in paths)
    stem = hashlib.sha256(names.encode()).hexdigest()
    append = lake.append(name, stem[:16], list(parts))
    for day, paths in parts.items():
        append.add(_in_order(name, read_rows(paths)), day)
    append.commit([f"joined:{stem}"], {})
    return sum(map(len, parts.values()))


def _in_order(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """A single file of a landing table is taken to be in order."""
    return rows.sort(order(name), nulls_last=True) if name in TABLES else rows
