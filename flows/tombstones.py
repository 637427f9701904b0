"""Who was forgotten, as keyed hashes: so that a row that is delivered again does not bring them back."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from flows.lake import Lake
from flows.once import add_once

TABLE = "forgotten"


def tombstones(home: Path) -> frozenset[str]:
    """All that a home has."""
    return frozenset(Lake(home).scan(TABLE).collect()["tombstone"])


def bury(lake: Lake, found: Iterable[str]) -> None:
    """Keep those that are not there yet. Whoever calls holds the lake."""
    new = pl.DataFrame({"tombstone": sorted({*found} - tombstones(lake.beside.parent))}, {"tombstone": pl.String})
    digest = hashlib.sha256("\n".join(new["tombstone"]).encode()).hexdigest()
    add_once(lake, TABLE, new, (digest, TABLE))
