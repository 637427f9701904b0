"""The distribution of demand: what the boosters see, put right by the errors of forecasts that lay in the past."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models import calibration, ratios
from models.calibration import UNTRIED, Steps, Tried
from models.demand import Sight
from models.grid import Floats
from models.ratios import Ratios
from models.steadiness import parts, steady

STRAY = 0.7, 1.5  # the mean is corrected by no more than that


@dataclass(frozen=True)
class Spread:
    """Two ways to the same distribution, and their mean at every level.

    The one scales what the quantile boosters see (`steps`), the other scatters around the expected units (`ratios`);
    their errors differ, so that the mean of both has smaller ones than either.

    Attributes:
        steps: of the shape.
        ratios: of the expected units; None where nothing is known of them yet, and the shape stands alone.
        mean_factor: what the expected units must be multiplied with.
    """

    steps: Steps
    ratios: Ratios | None
    mean_factor: float

    def quantiles(self, sight: Sight, new: npt.NDArray[np.bool_]) -> Floats:
        """Demand in units: one row a row, one column a level of `LEVELS`."""
        by_shape = sight.shape.quantiles(self.steps.of(sight.shape, new))
        if self.ratios is None:
            return by_shape
        return np.asarray((by_shape + self.ratios.quantiles(sight.expected, new)) / 2, dtype=np.float64)

    def mean(self, sight: Sight) -> Floats:
        """Mean demand in units of each row."""
        return sight.expected * self.mean_factor

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "steps": self.steps.document(),
            "ratios": self.ratios and self.ratios.document(),
            "mean_factor": self.mean_factor,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Spread":
        """Out of JSON."""
        told = document["ratios"]
        return cls(Steps.read(document["steps"]), told and Ratios.read(told), document["mean_factor"])


AS_SEEN = Spread(UNTRIED, None, 1.0)


def learnt(tried: Tried, group_rows: int) -> Spread:
    """What past errors teach; a group needs `group_rows` rows for half of its own correction."""
    return Spread(calibration.learnt(tried, group_rows), ratios.learnt(tried, group_rows), _mean_factor(tried))


def _mean_factor(tried: Tried) -> float:
    """What would have made the expected units right, as far as every stretch of time asks for it."""
    happened = tried.rows["demand_units"].to_numpy() * tried.weight
    expected = tried.sight.expected * tried.weight
    each = [_log_ratio(happened[part], expected[part]) for part in parts(tried.stretch)]
    if not each:
        return 1.0
    factor = float(np.exp(steady(_log_ratio(happened, expected), np.zeros(1), each))[0])
    return round(float(np.clip(factor, *STRAY)), 9)


def _log_ratio(above: Floats, below: Floats) -> Floats:
    return np.array([np.log((above.sum() + 1) / (below.sum() + 1))])
