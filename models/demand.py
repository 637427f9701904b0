"""How many units a listing may sell: three boosters give the shape, past errors give the steps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.boosting import Aim, Grown, Rows
from models.dataset import Dataset
from models.encoding import Encoding
from models.grid import Floats
from models.settings import ModelSettings

# Boosters for eight levels would cost thrice as much and, far out in the tails, follow single listings.
AIMS: Mapping[str, Aim] = {
    "low": Aim("quantile", 0.10),
    "middle": Aim("quantile", 0.50),
    "high": Aim("quantile", 0.90),
}
NARROWEST = 0.05  # on the log scale: one unit in twenty
SUREST = 10.0  # log-odds


@dataclass(frozen=True, eq=False)
class Shape:
    """Where each listing's demand lies and how far it may stray, on the scale of log(1 + units)."""

    middle: Floats
    below: Floats
    above: Floats

    @classmethod
    def of(cls, boosters: Mapping[str, Grown], matrix: pl.DataFrame, threads: int) -> "Shape":
        """The shape that three boosters see in encoded rows; where they cross, they are sorted."""
        raw = np.sort(np.stack([boosters[name].raw(matrix, threads) for name in AIMS]), axis=0)
        low, middle, high = np.maximum(raw, 0.0)
        return cls(middle, np.maximum(middle - low, NARROWEST), np.maximum(high - middle, NARROWEST))

    def errors(self, units: Floats) -> Floats:
        """How far outcomes lay from the middle, in steps: -1 is the low booster's, +1 the high one's."""
        off = np.log1p(units) - self.middle
        return np.where(off < 0, off / self.below, off / self.above)

    def odds_above(self, units: float) -> Floats:
        """Log-odds that demand passes so many units, by a logistic curve through the boosters' levels."""
        odds = -float(np.log(9)) * self.errors(np.full(len(self.middle), units))
        return np.asarray(np.clip(odds, -SUREST, SUREST), dtype=np.float64)

    def quantiles(self, steps: Floats) -> Floats:
        """Demand in units at each row's steps (one row a row, ascending): never below zero, never crossing."""
        reach = np.where(steps < 0, self.below[:, None], self.above[:, None])
        units = np.expm1(self.middle[:, None] + steps * reach)
        return np.maximum.accumulate(np.maximum(units, 0.0), axis=1)


def lessons(dataset: Dataset, encoding: Encoding, settings: ModelSettings) -> Rows:
    """Rows that teach demand on the log scale.

    A sold-out listing teaches its rebuilt demand, never its sales; what is guessed more counts less.
    """
    rows = dataset.rows
    return Rows(
        encoding=encoding,
        matrix=encoding.matrix(rows),
        label=np.log1p(rows["demand_units"].to_numpy()),
        weight=weights(rows, settings),
    )


def weights(rows: pl.DataFrame, settings: ModelSettings) -> Floats:
    """How much each row's demand may be trusted: seen demand fully, rebuilt demand by the share that found stock."""
    rebuilt = (settings.rebuilt_trust * pl.col("available_share")).clip(settings.least_weight, 1.0)
    told = rows.select(weight=pl.when("censored").then(rebuilt).otherwise(1.0))["weight"]
    return np.asarray(told.to_numpy(), dtype=np.float64)
