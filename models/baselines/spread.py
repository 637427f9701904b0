"""From one number to a whole forecast: how far outcomes lay from such numbers before, among numbers as large."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from models.dataset import ROW, Dataset
from models.grid import FORECAST, LEVELS, QUANTILES, Floats
from models.hits import line, sigmoid

GROUPS, GROUP_ROWS = 10, 200
NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])


@dataclass(frozen=True, eq=False)
class Guessed:
    """One number a listing, for finished listings and for those ahead.

    Attributes:
        past: finished listings, with `demand_units` and `hit`.
        before: what would have been said of them at their cutoffs.
        ahead: what is said of the listings ahead.
    """

    past: pl.DataFrame
    before: Floats
    ahead: Floats


@dataclass(frozen=True, eq=False)
class Spread:
    """How outcomes lay around guesses, by the size of the guess: one row a group of sizes.

    Attributes:
        edges: between the groups.
        steps: what is added to log(1 + guess) at each of `LEVELS`.
        wide: the standard deviation in units.
    """

    edges: Floats
    steps: Floats
    wide: Floats

    @classmethod
    def of(cls, guess: Floats, units: Floats) -> "Spread":
        """Learnt from guesses and outcomes; none at all where there are none."""
        if not len(guess):
            return cls(np.zeros(0), np.zeros((1, len(LEVELS))), np.zeros(1))
        count = int(np.clip(len(guess) // GROUP_ROWS, 1, GROUPS))
        edges = np.unique(np.quantile(guess, np.arange(1, count) / count))
        group = np.searchsorted(edges, guess, side="right")
        kept = np.unique(group)
        off, error = np.log1p(units) - np.log1p(guess), (units - guess) ** 2
        return cls(
            edges=edges[kept[1:] - 1],
            steps=np.stack([np.quantile(off[group == number], LEVELS) for number in kept]),
            wide=np.sqrt([error[group == number].mean() for number in kept]),
        )

    def quantiles(self, guess: Floats) -> Floats:
        """Demand in units at `LEVELS`, one row a guess."""
        return np.maximum(np.expm1(np.log1p(guess)[:, None] + self.steps[self._group(guess)]), 0.0)

    def normal(self, guess: Floats) -> Floats:
        """The same if errors were normal in units."""
        return np.maximum(guess[:, None] + NORMAL * self.wide[self._group(guess)][:, None], 0.0)

    def _group(self, guess: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        return np.searchsorted(self.edges, guess, side="right")


def spread_out(guessed: Guessed, features: pl.DataFrame, *, normal: bool = False) -> pl.DataFrame:
    """The forecast made of guesses: quantiles by past errors, and a chance of a hit by a logistic line."""
    spread = Spread.of(guessed.before, guessed.past["demand_units"].to_numpy())
    units = spread.normal(guessed.ahead) if normal else spread.quantiles(guessed.ahead)
    labelled = guessed.past["hit"].is_not_null().to_numpy()
    hit = guessed.past["hit"].drop_nulls().to_numpy()
    odds = line(np.log1p(guessed.before[labelled]), hit)
    chance = sigmoid(odds[0] + odds[1] * np.log1p(guessed.ahead))
    return told(features, dict(zip(QUANTILES, units.T, strict=True)) | {"p_hit": chance, "demand_mean": guessed.ahead})


def told(features: pl.DataFrame, columns: Mapping[str, Floats]) -> pl.DataFrame:
    """ROW and `FORECAST`, null where there is no such column."""
    null = pl.lit(None, pl.Float64)
    return features.select(ROW).with_columns(
        pl.Series(name, columns[name]) if name in columns else null.alias(name) for name in FORECAST
    )


def usual(train: Dataset) -> float:
    """The mean sales of a listing, where nothing else is known; 0 where nothing is."""
    mean = train.rows["sales_units"].mean()
    return float(mean) if isinstance(mean, float) else 0.0
