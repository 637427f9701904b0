"""Other futures of the same past: what may happen to rows not yet known at a cutoff, and what moves with it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

import polars as pl
from questions import asked
from random_world import random_world

from features import catalog
from features.contract import INSTANT
from features.contracts import Tables
from features.known import known_at, stock_known
from features.labels import hit_bars, outcomes
from features.listings import upcoming
from features.settings import Sensing
from features.table import compute

Mutation = Callable[[str, pl.DataFrame, datetime, int], pl.DataFrame]
"""From a table's name, its rows, a cutoff and a seed to the table with another future."""

STATED = ("started_at", "ended_at")
SOON = [timedelta(0), timedelta(microseconds=1), timedelta(seconds=30), timedelta(minutes=1), timedelta(days=3)]
WEEK = timedelta(days=7)


def leaks(tables: Tables, cutoff: datetime, mutation: Mutation, sensing: Sensing, seed: int = 0) -> list[str]:
    """Names of the features of the catalog that another future moves, be it by the last bit."""
    rows = asked(tables, [cutoff])
    past, other = (
        compute(one, rows, sensing, catalog.CATALOG) for one in (tables, other_future(tables, cutoff, mutation, seed))
    )
    return [feature.name for feature in catalog.CATALOG if not past[feature.name].equals(other[feature.name])]


def label_leaks(tables: Tables, cutoff: datetime, mutation: Mutation, sensing: Sensing, seed: int = 0) -> list[str]:
    """The same for what is listed and learnt at the cutoff: listings ahead, outcomes, and the bar of hits."""
    other = other_future(tables, cutoff, mutation, seed)
    told = {
        "listings ahead": [upcoming(one, cutoff, WEEK) for one in (tables, other)],
        "outcomes": [outcomes(one, cutoff, sensing) for one in (tables, other)],
        "bar of hits": _bars(outcomes(tables, cutoff + 2 * WEEK, sensing), cutoff, sensing),
    }
    return [name for name, (one, another) in told.items() if not one.equals(another)]


def other_future(tables: Tables, cutoff: datetime, mutation: Mutation, seed: int) -> Tables:
    """The same past with another future."""
    return {name: mutation(name, frame, cutoff, seed) for name, frame in tables.items()}


def known(name: str, cutoff: datetime) -> pl.Expr:
    """Which rows were known strictly before the cutoff."""
    return stock_known(cutoff) if name == "stock" else known_at(name) < cutoff


def deleted(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    return frame.filter(known(name, cutoff))


def repeated(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    """Unknown rows twice, and every known row once more with other content, learnt of later."""
    past, future = frame.filter(known(name, cutoff)), frame.filter(~known(name, cutoff))
    again = _redrawn(past, _another(seed)[name], _own_columns(past), seed)
    return pl.concat([frame, future, _received_late(name, again, cutoff, seed, every=True)])


def changed(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    """Unknown rows with other numbers, words and ids, those of their keys among them."""
    past, future = frame.filter(known(name, cutoff)), frame.filter(~known(name, cutoff))
    other = _redrawn(future, _another(seed)[name], _own_columns(future), seed)
    return pl.concat([past, _received_late(name, other, cutoff, seed)])


def moved(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    """Unknown rows with other instants; those that would be known then are received at the cutoff or later."""
    past, future = frame.filter(known(name, cutoff)), frame.filter(~known(name, cutoff))
    other = _redrawn(future, frame, _instants(frame), seed)
    return pl.concat([past, _received_late(name, other, cutoff, seed)])


def replaced(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    """What is unknown of another world in place of what is unknown of this one."""
    other = _another(seed)[name]
    return pl.concat([frame.filter(known(name, cutoff)), other.filter(~known(name, cutoff))])


def foretold(name: str, frame: pl.DataFrame, cutoff: datetime, seed: int) -> pl.DataFrame:
    """Starts and ends that lie ahead are not known, whatever row states them: other ones, or none."""
    if name != "sessions":
        return frame
    ahead = pl.Series([*(cutoff + soon for soon in SOON), *[None] * len(SOON)], dtype=INSTANT)
    draws = {fact: ahead.sample(frame.height, with_replacement=True, seed=seed + n) for n, fact in enumerate(STATED)}
    return frame.with_columns(
        pl.when(pl.col(fact) >= cutoff).then(drawn).otherwise(fact).alias(fact) for fact, drawn in draws.items()
    )


MUTATIONS: dict[str, Mutation] = {one.__name__: one for one in (deleted, repeated, changed, moved, replaced, foretold)}


@lru_cache(maxsize=16)
def _another(seed: int) -> Tables:
    return random_world(seed + 1)


def _bars(finished: pl.DataFrame, cutoff: datetime, sensing: Sensing) -> list[pl.DataFrame]:
    """The bar from all finished listings, and from those scheduled before the cutoff alone."""
    at = pl.Series([cutoff], dtype=INSTANT)
    earlier = finished.filter(pl.col("scheduled_at") < cutoff)
    return [hit_bars(one, at, sensing.labels) for one in (finished, earlier)]


def _instants(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == INSTANT]


def _own_columns(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype != INSTANT]


def _redrawn(rows: pl.DataFrame, pool: pl.DataFrame, columns: list[str], seed: int) -> pl.DataFrame:
    """Rows with some columns drawn anew, each by itself, from the values of other rows."""
    if not pool.height:
        return rows
    return rows.with_columns(
        pool[column].sample(rows.height, with_replacement=True, seed=seed + n) for n, column in enumerate(columns)
    )


def _received_late(name: str, rows: pl.DataFrame, cutoff: datetime, seed: int, *, every: bool = False) -> pl.DataFrame:
    """Rows received at the cutoff or later: all, or those that would else be known."""
    soon = pl.Series([cutoff + one for one in SOON], dtype=INSTANT).sample(
        rows.height, with_replacement=True, seed=seed
    )
    return rows.with_columns(
        received_at=pl.when(pl.lit(every) | known(name, cutoff)).then(soon).otherwise("received_at")
    )
