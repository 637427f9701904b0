"""The steps of the demand distribution: which quantiles are forecast, and what their columns are called."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.98)


def column(level: float) -> str:
    """The name of a quantile's column.

    >>> column(0.05)
    'demand_p05'
    """
    return f"demand_p{round(100 * level):02d}"


QUANTILES = tuple(column(level) for level in LEVELS)
FORECAST = ("p_hit", "demand_mean", *QUANTILES, "return_rate")


def mean(quantiles: Floats) -> Floats:
    """The mean of distributions given by their quantiles at `LEVELS`, one row each.

    The quantile function is taken as straight between the levels, from zero below the first, and level after the last:
    a mean is the area under it.

    >>> mean(np.full((1, 8), 4.0)).round(3)
    array([3.9])
    """
    area = quantiles[:, 0] * LEVELS[0] / 2 + quantiles[:, -1] * (1 - LEVELS[-1])
    for place, (low, high) in enumerate(pairwise(LEVELS)):
        area = area + (high - low) * (quantiles[:, place] + quantiles[:, place + 1]) / 2
    return area
