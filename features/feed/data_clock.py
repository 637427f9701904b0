"""What time it is by the rows themselves, for replays."""

from datetime import datetime, timedelta

import polars as pl

from features.contracts import Tables
from features.known import FACTS, known_at

MOST_ROWS = 0.99
ABSURD = timedelta(days=1)
"""A row so long after nearly all others of its batch has a wrong date, and does not move the clock."""


def reached(tables: Tables, before: datetime) -> datetime:
    """The instant up to which some rows tell, never before the one reached already.

    It is the latest instant at which one was learnt of, but for those a day or more after 99 of 100.

    Args:
        tables: new rows of landing tables.
        before: what was reached already.
    """
    known = [tables[name].select(known_at(name)).to_series() for name in FACTS if name in tables]
    every = pl.concat(known) if known else pl.Series(dtype=pl.Datetime("us", "UTC"))
    most: datetime | None = every.quantile(MOST_ROWS, "lower")  # type: ignore[assignment]
    if most is None:
        return before
    newest: datetime = every.filter(every < most + ABSURD).max()  # type: ignore[assignment]
    return max(before, newest)
