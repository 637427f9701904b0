"""How likely a listing is to be a hit: a booster's odds, put right by later outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.boosting import Aim, Rows
from models.dataset import Dataset
from models.demand import weights
from models.encoding import Encoding
from models.grid import Floats, Ints
from models.settings import ModelSettings
from models.steadiness import parts, steady

AIM = Aim("binary")
CAUTION = 4.0  # outcomes' worth of trust in the booster's own odds
CLOSE = 1e-10


@dataclass(frozen=True)
class Odds:
    """A straight line from raw to true log-odds: `intercept + slope * raw` (Platt 1999)."""

    intercept: float
    slope: float

    def probability(self, raw: Floats) -> Floats:
        """Probabilities in [0, 1] of raw log-odds."""
        return sigmoid(self.intercept + self.slope * raw)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"intercept": self.intercept, "slope": self.slope}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Odds":
        """Out of JSON."""
        return cls(intercept=document["intercept"], slope=document["slope"])


AS_THEY_ARE = Odds(0.0, 1.0)


def sigmoid(odds: Floats) -> Floats:
    """Log-odds as a probability."""
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def calibrated(raw: Floats, hit: npt.NDArray[np.bool_], stretch: Ints) -> Odds:
    """The line that makes later outcomes most likely, as far as every stretch of time asks for it.

    Sold-out listings count like others: hits sell out more often, and to trust them less would make hits look rare. A
    slope is never negative, since that would turn the ranking round.
    """
    if not len(raw):
        return AS_THEY_ARE
    each = [line(raw[part], hit[part]) for part in parts(stretch)]
    intercept, slope = steady(line(raw, hit), np.array([0.0, 1.0]), each)
    return Odds(intercept=round(float(intercept), 9), slope=round(max(float(slope), 0.0), 9))


def line(raw: Floats, hit: npt.NDArray[np.bool_]) -> Floats:
    """Intercept and slope that make outcomes most likely, held to (0, 1) while outcomes are few.

    Newton's steps on the penalised likelihood, each halved until it helps: full steps may leap to and fro for ever.
    """
    design = np.column_stack([np.ones_like(raw), np.clip(raw, -30, 30)])
    sides = np.where(hit, 1.0, -1.0)

    def loss(at: Floats) -> float:
        held = CAUTION * ((at - [0.0, 1.0]) ** 2).sum() / 2
        return float(np.logaddexp(0.0, -sides * (design @ at)).sum() + held)

    found = np.array([0.0, 1.0])
    for _ in range(50):
        chance = sigmoid(design @ found)
        slope = design.T @ (chance - hit) + CAUTION * (found - [0.0, 1.0])
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + CAUTION * np.eye(2)
        step, here = np.linalg.solve(bend, slope), loss(found)
        halvings = next((n for n in range(40) if loss(found - step / 2**n) < here), None)
        if halvings is None or np.abs(step).max() < CLOSE:
            break
        found = found - step / 2**halvings
    return np.asarray(found, dtype=np.float64)


def lessons(dataset: Dataset, encoding: Encoding, settings: ModelSettings) -> Rows:
    """Rows that teach hits: those for which there was a bar to pass; sold-out listings weigh what they are trusted."""
    rows = dataset.rows.filter(pl.col("hit").is_not_null())
    return Rows(
        encoding=encoding,
        matrix=encoding.matrix(rows),
        label=rows["hit"].cast(pl.Float64).to_numpy(),
        weight=weights(rows, settings),
    )
