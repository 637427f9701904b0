"""A booster of the share that comes back, tried on later listings and kept where it is surely better than usual."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.boosting import Aim, Grown, Rows, grow, tune
from models.dataset import Dataset
from models.encoding import Encoding
from models.forest import fitted
from models.grid import Floats
from models.hits import sigmoid
from models.ripening import Lessons
from models.settings import ModelSettings
from models.shares import Shares, concentration
from models.splits import Window, windows

AIM = Aim("cross_entropy")
LEAST_RATE = 1e-4  # no share is so sure that log-odds go farther
SURE, LEAST_SESSIONS = 2.0, 10  # standard errors by which the booster must be better, over so many sessions
CAUTION = 100.0  # listings' worth of trust in the usual shares
SLOW, LONG = 0.3, 2  # shares are noisier than demand: smaller steps, of which there may be more
LEVELLINGS = 20
STEPS = np.linspace(0.0, 1.0, 21)


@dataclass(frozen=True)
class Blend:
    """How the booster's log-odds go together with those of the usual share: `shift + (1 - t) usual + t said`.

    Attributes:
        trust: t, the booster's part.
        shift: makes the sum of what is expected that of what came back.
    """

    trust: float
    shift: float

    def rate(self, usual: Floats, said: Floats) -> Floats:
        """Shares in [0, 1] out of usual shares and the booster's log-odds."""
        return sigmoid(self.shift + (1.0 - self.trust) * log_odds(usual) + self.trust * said)

    @classmethod
    def of(cls, lessons: Lessons, said: Floats) -> "Blend":
        """The blend that is best on listings that the booster has not seen, drawn to the usual shares."""
        losses = [losses_of(lessons, cls(float(step), 0.0).rate(lessons.usual, said)).sum() for step in STEPS]
        held = len(said) / (len(said) + CAUTION)
        trust = round(held * float(STEPS[int(np.argmin(losses))]), 9)
        return cls(trust, round(held * _level(lessons, cls(trust, 0.0).rate(lessons.usual, said)), 9))


@dataclass(frozen=True, eq=False)
class Returning:
    """What a booster says of returns, blended with the usual shares."""

    encoding: Encoding
    booster: Grown
    blend: Blend

    def rate(self, features: pl.DataFrame, usual: Floats, threads: int) -> Floats:
        """The share of each listing's sales that comes back, in [0, 1].

        Raises:
            FeatureMismatchError: a column is missing or of another type than at training.
        """
        return self.blend.rate(usual, self.booster.raw(self.encoding.matrix(features), threads))

    def document(self) -> dict[str, Any]:
        """As JSON holds it, without the booster."""
        return {"encoding": self.encoding.document(), "trust": self.blend.trust, "shift": self.blend.shift}

    @classmethod
    def read(cls, document: Mapping[str, Any], booster: Grown) -> "Returning":
        """Out of JSON and the booster."""
        return cls(Encoding.read(document["encoding"]), booster, Blend(document["trust"], document["shift"]))


@dataclass(frozen=True)
class Tried:
    """What a trial on later listings told.

    Attributes:
        rounds: trees of the booster.
        blend: of the booster and the usual shares.
        close: how closely the later listings kept to the blend (`models.shares.concentration`).
    """

    rounds: int
    blend: Blend
    close: float


def tried(dataset: Dataset, settings: ModelSettings) -> Tried | None:
    """A booster from earlier listings held against the usual shares on the latest whose returns are all in.

    It learns from listings whose returns were all in when the later ones began, and must be better than the usual
    shares, by unit-weighted log-loss, by twice the standard error over sessions.

    Returns:
        None where there is too little time, or the booster is not surely better.
    """
    parts = split(dataset, settings)
    shares = parts and Shares.of(parts[0].rows, settings.return_prior_units)
    if not parts or not shares or shares.overall is None:
        return None
    earlier, later = (Lessons.of(part, shares) for part in parts)
    if not (len(later.label) and len(np.unique(earlier.label)) > 1):
        return None
    booster, said = _tuned(earlier, later, settings)
    blend = Blend.of(later, said)
    rate = blend.rate(later.usual, said)
    if not surely_better(later, rate, sigmoid(log_odds(later.usual) + _level(later, later.usual))):
        return None
    sold = later.dataset.rows["sales_units"].cast(pl.Float64).to_numpy()
    return Tried(booster.rounds, blend, concentration(sold, sold * later.label, rate))


def split(dataset: Dataset, settings: ModelSettings) -> tuple[Dataset, Dataset] | None:
    """Listings whose returns were all in when the later ones began, and those later ones, whose returns are in too."""
    ripe = dataset.only(pl.col("return_matured"))
    known = ripe.rows["over_known"].max()
    if not isinstance(known, datetime):
        return None
    until = known + timedelta(microseconds=1)
    made = windows(replace(ripe, as_of=until), settings)
    if not made:
        return None
    window, ripening = Window(made[0].begin, made[-1].end), dataset.as_of - until
    earlier = ripe.only(pl.col("over_known") < window.begin - ripening)
    enough = earlier.listings * 2 >= settings.min_rows
    return (earlier, window.within(ripe)) if enough else None


def regrown(dataset: Dataset, shares: Shares, told: Tried, settings: ModelSettings) -> Returning:
    """The booster grown anew from all listings, those among them whose returns still come."""
    lessons = Lessons.of(dataset, shares)
    encoding, fitting = _encoding(lessons), _slowly(settings, lessons.dataset)
    return Returning(encoding, grow(_rows(lessons, encoding).binned(fitting), AIM, told.rounds, fitting), told.blend)


def log_odds(rate: Floats) -> Floats:
    """Shares as log-odds; none is taken as quite sure."""
    held = np.clip(rate, LEAST_RATE, 1.0 - LEAST_RATE)
    return np.asarray(np.log(held / (1.0 - held)), dtype=np.float64)


def losses_of(lessons: Lessons, rate: Floats) -> Floats:
    """Each listing's log-loss times its weight."""
    held = np.clip(rate, LEAST_RATE, 1.0 - LEAST_RATE)
    loss = lessons.label * np.log(held) + (1.0 - lessons.label) * np.log1p(-held)
    return np.asarray(-lessons.weight * loss, dtype=np.float64)


def surely_better(lessons: Lessons, rate: Floats, other: Floats) -> bool:
    """Whether rates lose less than other ones, by `SURE` standard errors of the sum over whole sessions.

    Fewer than `LEAST_SESSIONS` tell no standard error. Both must have been put right in the large alike, or a change of
    season would pass for knowledge of listings.
    """
    gained = losses_of(lessons, other) - losses_of(lessons, rate)
    session = (lessons.dataset.rows["session_id"].rank("dense") - 1).cast(pl.Int64).to_numpy()
    each = np.bincount(session, gained)
    return len(each) >= LEAST_SESSIONS and bool(each.sum() > SURE * np.sqrt(len(each)) * each.std())


def _tuned(earlier: Lessons, later: Lessons, settings: ModelSettings) -> tuple[Grown, Floats]:
    """The booster that no longer gets better on the later listings, and the log-odds that it gives them."""
    encoding, fitting = _encoding(earlier), _slowly(settings, earlier.dataset)
    asked, binned = _rows(later, encoding), _rows(earlier, encoding).binned(fitting)
    booster = tune((binned, asked.binned(fitting, like=binned)), AIM, fitting)
    return booster, booster.raw(asked.matrix, settings.threads)


def _slowly(settings: ModelSettings, taught: Dataset) -> ModelSettings:
    slow = {
        "learning_rate": SLOW * settings.learning_rate,
        "rounds": LONG * settings.rounds,
        "patience": LONG * settings.patience,
    }
    return fitted(settings, taught).model_copy(update=slow)


def _encoding(lessons: Lessons) -> Encoding:
    return Encoding.of(lessons.dataset.rows, lessons.dataset.features)


def _rows(lessons: Lessons, encoding: Encoding) -> Rows:
    return Rows(encoding, encoding.matrix(lessons.dataset.rows), lessons.label, lessons.weight)


def _level(lessons: Lessons, rate: Floats) -> float:
    """By how much log-odds must move for the sum of what is expected to be that of what came back."""
    shift, odds, seen = 0.0, log_odds(rate), _mean(lessons, lessons.label)
    for _ in range(LEVELLINGS):
        shift += seen - _mean(lessons, sigmoid(odds + shift))
    return shift


def _mean(lessons: Lessons, rate: Floats) -> float:
    """Log-odds of the weighted mean of shares."""
    return float(log_odds(np.average(rate, weights=lessons.weight, keepdims=True))[0])
