"""Who has been here before: viewers new to a room, and viewers who bought earlier of the anchor or the product."""

import numpy as np
import polars as pl

from features.ledger import Ints, entries
from features.viewers import sightings

MEASURES = ("newcomers", "patrons", "rebuyers")
_ROW = "row"


def newcomers(viewer: Ints, row: Ints, room: Ints, minute: Ints) -> pl.DataFrame:
    """Viewers seen in a room for the first time: `row`, `minute` and `newcomers`.

    Args:
        viewer: a viewer's code.
        row: the row in which that viewer was seen.
        room: of each row; negative where it is not known.
        minute: of each row, from which on its room was known.
    """
    where = entries(room, minute, np.ones(len(room), dtype=bool))
    who, entry = sightings(viewer, where.entry[row])
    first = np.flatnonzero(np.diff(pairs(who, where.code[entry]), prepend=-1) != 0)
    return _counted(where.order[where.starts[entry[first]]], where.minute[entry[first]], "newcomers")


def earlier_buyers(seen: pl.DataFrame, bought: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Viewers who had bought before they were first seen: `row`, `minute` and the measure.

    Args:
        seen: `viewer`, `place` (a session or a listing), `seller` (an anchor or a product), `row` and `minute` of each
            sighting; negative numbers where one is not known.
        bought: `viewer`, `seller` and `minute` of each purchase.
        measure: what to call them.
    """
    since = bought.filter(pl.col("seller") >= 0).group_by("viewer", "seller").agg(pl.col("minute").min().alias("since"))
    first = (
        seen.lazy()
        .filter(pl.col("place") >= 0, pl.col("seller") >= 0)
        .join(since.lazy(), on=["viewer", "seller"])
        .group_by("viewer", "place")
        .agg(pl.col("minute", "since", _ROW).sort_by("minute", _ROW).first())
        .filter(pl.col("since") < pl.col("minute"))
        .collect()
    )
    return _counted(first[_ROW].to_numpy(), first["minute"].to_numpy(), measure)


def pairs(one: Ints, other: Ints) -> Ints:
    """Two non-negative numbers in one."""
    return one << int(other.max(initial=0)).bit_length() | other


def _counted(row: Ints, minute: Ints, measure: str) -> pl.DataFrame:
    each = pl.DataFrame({_ROW: row, "minute": minute})
    return each.group_by(_ROW, "minute").agg(pl.len().cast(pl.Int64).alias(measure)).sort(_ROW, "minute")
