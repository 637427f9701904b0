"""Trying predictors on sessions that came after them, stretch by stretch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from models import spread
from models.calibration import Tried
from models.correction import NONE, Correction
from models.dataset import Dataset
from models.demand import Sight, weights
from models.forest import Forest, regrown, tuned
from models.grid import Floats, Ints
from models.hits import calibrated
from models.settings import ModelSettings
from models.splits import Window, windows


@dataclass(frozen=True, eq=False)
class Trial:
    """A forest grown before a window, and what it said of the window's sessions."""

    window: Window
    forest: Forest
    later: Dataset
    sight: Sight
    odds: Floats

    @classmethod
    def of(cls, window: Window, forest: Forest, later: Dataset, threads: int) -> "Trial":
        """The trial of a forest on the sessions of a window."""
        matrix = forest.encoding.matrix(later.rows)
        sight = forest.sight(matrix, threads)
        return cls(window, forest, later, sight, forest.odds(matrix, sight, threads))

    def known(self, instant: datetime) -> "Trial":
        """The same with only those outcomes that were known before an instant."""
        there = (self.later.rows["over_known"] < instant).to_numpy()
        later = replace(self.later, rows=self.later.rows.filter(pl.Series(there)))
        return replace(self, later=later, sight=self.sight.only(there), odds=self.odds[there])


def trials(dataset: Dataset, settings: ModelSettings) -> Iterator[Trial]:
    """One trial per window, in the order of time; the first decides how many trees the others grow."""
    rounds = None
    for window in windows(dataset, settings):
        train, later = window.before(dataset), window.within(dataset)
        forest = tuned(train, later, settings) if rounds is None else regrown(train, rounds, settings)
        rounds = rounds or forest.rounds
        yield Trial.of(window, forest, later, settings.threads)


def correction(past: list[Trial], settings: ModelSettings, known: datetime | None = None) -> Correction:
    """What the errors of all trials so far teach.

    Args:
        past: the trials, in the order of time.
        settings: of the models.
        known: instant before which an outcome must have been known; all count where there is none.
    """
    told = past if known is None else [trial.known(known) for trial in past]
    rows = pl.concat([trial.later.rows for trial in told])
    if not rows.height:
        return NONE
    stretch, odds = _stretches(rows, past[0].later.horizon), np.concatenate([trial.odds for trial in told])
    sight = Sight.joined([trial.sight for trial in told])
    labelled = rows["hit"].is_not_null().to_numpy()
    return Correction(
        spread=spread.learnt(Tried(sight, rows, stretch, weights(rows, settings)), settings.group_rows),
        odds=calibrated(odds[labelled], rows["hit"].drop_nulls().to_numpy(), stretch[labelled]),
    )


def _stretches(rows: pl.DataFrame, horizon: timedelta) -> Ints:
    """Number of the horizon-long stretch, counted from the last session, in which each row's session lay."""
    back = pl.col("scheduled_at").max() - pl.col("scheduled_at")
    number = back.dt.total_microseconds() // (horizon // timedelta(microseconds=1))
    return rows.select(number).to_series().to_numpy()
