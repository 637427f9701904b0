"""Quantiles of values of which some are only known to be larger than what was seen."""

import numpy as np
import numpy.typing as npt

from models.grid import Floats


def quantiles(values: Floats, cut_off: npt.NDArray[np.bool_], weight: Floats, levels: Floats) -> Floats:
    """The quantiles of what would have been seen without cut-offs, by the product-limit estimator.

    A listing that sold out says only "at least so much": it stays at risk up to its value, and the later ones speak for
    it, as in S(t) = prod over seen values x <= t of (1 - weight seen at x / weight still at risk at x)
    (Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452). NaN for levels beyond what was seen: where the largest
    values are cut off, nobody knows how much farther they would have gone.

    >>> quantiles(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False] * 4), np.ones(4), np.array([0.5]))
    array([2.])
    >>> quantiles(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, False]), np.ones(4), np.array([0.5]))
    array([3.])
    >>> quantiles(np.array([1.0, 2.0]), np.array([False, True]), np.ones(2), np.array([0.5, 0.9]))
    array([ 1., nan])
    """
    order = np.lexsort((cut_off, values))
    ordered, seen, heavy = values[order], ~cut_off[order], weight[order]
    at_risk = np.cumsum(heavy[::-1])[::-1]
    survival = np.cumprod(1 - seen * heavy / at_risk)
    place = np.searchsorted(1 - survival, levels - 1e-9)
    return np.where(place < len(ordered), ordered[np.minimum(place, len(ordered) - 1)], np.nan)
