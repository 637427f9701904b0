"""Who has been here before: viewers new to a room, and viewers who bought earlier of the anchor or the product."""

import numpy as np
import polars as pl

from features.ledger import Ints
from features.viewers import sightings

MEASURES = ("newcomers", "patrons", "rebuyers")
_ROW = "row"


def newcomers(viewer: Ints, row: Ints, places: pl.DataFrame) -> pl.DataFrame:
    """Viewers seen in a room for the first time: `row`, `minute` and `newcomers`.

    Where several sessions of a room were told of in the same minute, a viewer is new to the first of them by code.

    Args:
        viewer: a viewer's code.
        row: the row in which that viewer was seen.
        places: of each row `room` and `session`, negative where not known, and `minute`, from which on both were known.
    """
    room, minute, session = (places[name].to_numpy() for name in ("room", "minute", "session"))
    order = np.lexsort((session, minute, room))
    starts = np.flatnonzero(np.any([np.diff(one[order], prepend=-2) != 0 for one in (room, minute, session)], axis=0))
    place = np.empty_like(order)
    place[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    who, where = sightings(viewer, np.where(room >= 0, place, -1)[row])
    told = order[starts[where]]
    first = told[np.diff(pairs(who, room[told]), prepend=-1) != 0]
    return _counted(first, minute[first], "newcomers")


def earlier_buyers(seen: pl.DataFrame, bought: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Viewers who had bought of a seller before that seller first saw them: `row`, `minute` and the measure.

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
        .group_by("viewer", "place", "seller")
        .agg(pl.col("minute", _ROW).sort_by("minute", _ROW).first())
        .join(since.lazy(), on=["viewer", "seller"])
        .filter(pl.col("since") < pl.col("minute"))
        .group_by("viewer", "place")
        .agg(pl.col("minute", _ROW).sort_by("minute", _ROW).first())
        .collect()
    )
    return _counted(first[_ROW].to_numpy(), first["minute"].to_numpy(), measure)


def pairs(one: Ints, other: Ints) -> Ints:
    """Two non-negative numbers in one."""
    return one << int(other.max(initial=0)).bit_length() | other


def _counted(row: Ints, minute: Ints, measure: str) -> pl.DataFrame:
    each = pl.DataFrame({_ROW: row, "minute": minute})
    return each.group_by(_ROW, "minute").agg(pl.len().cast(pl.Int64).alias(measure)).sort(_ROW, "minute")
