"""Trying other settings: what may be turned, and how good forecasts become with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from models.dataset import ROW, Dataset
from models.predictor import Learnt, Predictor
from models.prior import Prior
from models.returns import Returns
from models.rolling import Trial, correction, trials
from models.settings import ModelSettings
from models.splits import windows
from models.train import CHALLENGER, KEPT

LEAST_WINDOWS = 3  # one tunes the number of trees, one or more judge, one stays locked
OBJECTIVE = "pinball_all"


class NoRoomError(ValueError):
    """The past is too short to try settings on one stretch and keep another locked."""


@dataclass(frozen=True)
class Knob:
    """A setting that may be turned.

    Attributes:
        name: in `ModelSettings`.
        low: least value; a whole number where the setting is one.
        high: greatest value.
        by_ratio: whether twice as much is as far as half as much.
    """

    name: str
    low: float
    high: float
    by_ratio: bool = False

    def reaching(self, value: float) -> "Knob":
        """The same, wide enough for a value."""
        return Knob(self.name, min(self.low, value), max(self.high, value), self.by_ratio)


KNOBS = (
    Knob("learning_rate", 0.02, 0.30, by_ratio=True),
    Knob("leaves", 15, 255, by_ratio=True),
    Knob("min_data", 5, 200, by_ratio=True),
    Knob("feature_share", 0.2, 1.0),
    Knob("row_share", 0.4, 1.0),
    Knob("rounds", 100, 800, by_ratio=True),
    Knob("patience", 10, 60),
)


def turned(settings: ModelSettings) -> Mapping[str, float]:
    """Where the knobs stand."""
    return {knob.name: getattr(settings, knob.name) for knob in KNOBS}


def stretches(dataset: Dataset, settings: ModelSettings) -> int:
    """How many stretches judge settings; the one after them is locked.

    Raises:
        NoRoomError: there are too few.
    """
    found = len(windows(dataset, settings))
    if found < LEAST_WINDOWS:
        raise NoRoomError(
            f"found {found} later stretches in {dataset.listings:,} finished listings, expected {LEAST_WINDOWS}: "
            "deliver a longer past, choose a shorter --horizon, or set models.folds to 2 or more"
        )
    return found - 2


def forecasts(dataset: Dataset, settings: ModelSettings) -> Iterator[pl.DataFrame]:
    """Forecasts of each later stretch, in the order of time, by what was trained before it.

    Nothing of a stretch is grown or read before it is asked for: who leaves out the last has not seen it.

    Returns:
        For each stretch `predictor`, `fold` (from 1), ROW, TRUTH and the forecast, one row a listing at a cutoff.
    """
    past: list[Trial] = []
    for trial in trials(dataset, settings):
        if past:
            told = _predictor(dataset, settings, trial, past).forecast(trial.later.rows)
            yield trial.later.rows.select(
                pl.lit(CHALLENGER).alias("predictor"), pl.lit(len(past), pl.Int64).alias("fold"), *KEPT
            ).hstack(told.drop(ROW))
        past.append(trial)


def _predictor(dataset: Dataset, settings: ModelSettings, trial: Trial, past: list[Trial]) -> Predictor:
    known, put_right = trial.window.before(dataset), correction(past, settings, trial.window.begin)
    return Predictor(
        as_of=trial.window.begin,
        settings=settings,
        returns=Returns.usual(known.rows, settings),
        prior=Prior.of(known, trial.forest.past.hit_share, settings),
        learnt=Learnt(trial.forest, put_right),
        listings=known.listings,
    )
