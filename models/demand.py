"""How many units a listing may sell: one booster says how many are expected, three how far demand may stray."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.boosting import Aim, Grown, Rows
from models.dataset import Dataset
from models.encoding import Encoding
from models.grid import Floats
from models.settings import ModelSettings

# Boosters for eight levels would cost thrice as much and, far out in the tails, follow single listings.
LEVELS_OF_SHAPE: Mapping[str, Aim] = {
    "low": Aim("quantile", 0.10),
    "middle": Aim("quantile", 0.50),
    "high": Aim("quantile", 0.90),
}
EXPECTED = "expected"
# Between counts that scatter as their mean (1) and money that scatters as its square (2).
AIMS: Mapping[str, Aim] = {**LEVELS_OF_SHAPE, EXPECTED: Aim("tweedie", power=1.5)}
NARROWEST = 0.05  # on the scale of square roots
SUREST = 10.0  # log-odds
STEEP = 2.0  # log-odds that a doubling of the expected units adds, over log 2
LEAST, MOST = 1e-3, 1e9  # expected units


@dataclass(frozen=True, eq=False)
class Shape:
    """Where each listing's demand lies and how far it may stray, on the scale of the square root of units.

    Counts scatter about as evenly on that scale whatever their size (Anscombe 1948, doi 10.1093/biomet/35.3-4.246).
    """

    middle: Floats
    below: Floats
    above: Floats

    @classmethod
    def of(cls, boosters: Mapping[str, Grown], matrix: pl.DataFrame, threads: int) -> "Shape":
        """The shape that three boosters see in encoded rows; where they cross, they are sorted."""
        raw = np.sort(np.stack([boosters[name].raw(matrix, threads) for name in LEVELS_OF_SHAPE]), axis=0)
        low, middle, high = np.maximum(raw, 0.0)
        return cls(middle, np.maximum(middle - low, NARROWEST), np.maximum(high - middle, NARROWEST))

    def errors(self, units: Floats) -> Floats:
        """How far outcomes lay from the middle, in steps: -1 is the low booster's, +1 the high one's."""
        off = np.sqrt(units) - self.middle
        return np.where(off < 0, off / self.below, off / self.above)

    def odds_above(self, units: float) -> Floats:
        """Log-odds that demand passes so many units, by a logistic curve through the boosters' levels."""
        odds = -float(np.log(9)) * self.errors(np.full(len(self.middle), units))
        return np.asarray(np.clip(odds, -SUREST, SUREST), dtype=np.float64)

    def quantiles(self, steps: Floats) -> Floats:
        """Demand in units at each row's steps (one row a row, ascending): never below zero, never crossing."""
        reach = np.where(steps < 0, self.below[:, None], self.above[:, None])
        roots = np.maximum(self.middle[:, None] + steps * reach, 0.0)
        return np.asarray(np.maximum.accumulate(roots**2, axis=1), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Sight:
    """What the boosters see of each row's demand, before past errors put it right.

    Attributes:
        shape: of the three quantile boosters.
        expected: units, by the booster of the mean; never below `LEAST`.
    """

    shape: Shape
    expected: Floats

    @classmethod
    def of(cls, boosters: Mapping[str, Grown], matrix: pl.DataFrame, threads: int) -> "Sight":
        """What boosters see in encoded rows; without a booster of the mean nothing is expected."""
        logs = boosters[EXPECTED].raw(matrix, threads) if EXPECTED in boosters else np.full(matrix.height, -np.inf)
        return cls(Shape.of(boosters, matrix, threads), np.clip(np.exp(np.minimum(logs, 30.0)), LEAST, MOST))

    def odds_above(self, units: float) -> Floats:
        """Log-odds that demand passes so many units, by how many are expected: even odds at just as many.

        A log-logistic curve in units, as steep as demand that scatters by a factor of about two.
        """
        odds = STEEP * np.log(self.expected / max(units, 1.0))
        return np.asarray(np.clip(odds, -SUREST, SUREST), dtype=np.float64)

    def only(self, rows: npt.NDArray[np.bool_]) -> "Sight":
        """Some of the rows."""
        shape = self.shape
        return Sight(Shape(shape.middle[rows], shape.below[rows], shape.above[rows]), self.expected[rows])

    @classmethod
    def joined(cls, several: Sequence["Sight"]) -> "Sight":
        """The rows of all, one after the other."""
        parts = (np.concatenate([getattr(one.shape, part) for one in several]) for part in ("middle", "below", "above"))
        return cls(Shape(*parts), np.concatenate([one.expected for one in several]))


def lessons(dataset: Dataset, encoding: Encoding, settings: ModelSettings) -> Rows:
    """Rows that teach demand in units; `label_of` says on which scale.

    A sold-out listing teaches its rebuilt demand, never its sales; what is guessed more counts less.
    """
    rows = dataset.rows
    return Rows(encoding, encoding.matrix(rows), rows["demand_units"].to_numpy(), weights(rows, settings))


def label_of(name: str, units: Floats) -> Floats:
    """What a booster learns of such demand: square roots of units for the shape, units for the mean."""
    return units if name == EXPECTED else np.sqrt(units)


def weights(rows: pl.DataFrame, settings: ModelSettings) -> Floats:
    """How much each row's demand may be trusted: seen demand fully, rebuilt demand by the share that found stock."""
    rebuilt = (settings.rebuilt_trust * pl.col("available_share")).clip(settings.least_weight, 1.0)
    told = rows.select(weight=pl.when("censored").then(rebuilt).otherwise(1.0))["weight"]
    return np.asarray(told.to_numpy(), dtype=np.float64)
