"""How likely each demand is, from the forecast's quantiles: many listings at once.

Between two neighbouring quantiles the quantile function Q(u) is a straight line. Below p05 the line from p05 to p10
goes on, never below zero. Beyond p98 demand has an exponential tail, D = p98 + Exp(scale). An exponential tail through
p90 and p98 has scale (p98 - p90) / ln 5; within `TAIL_RANGE` of it, the scale gives the forecast's own mean.
Quantiles that repeat (many zeros) are a lump of probability at that value.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from stocking.lines import LEVELS

Numbers = npt.NDArray[np.float64]

_PROBABILITIES: Numbers = np.array([0.0, *LEVELS.values()])
_WEIGHTS: Numbers = np.diff(_PROBABILITIES)
_TAIL_WEIGHT = 1.0 - LEVELS["demand_p98"]
_P90 = list(LEVELS).index("demand_p90") + 1
_LN5 = math.log((1.0 - LEVELS["demand_p90"]) / _TAIL_WEIGHT)
_NO_TAIL = 1e-9
TAIL_RANGE = (0.5, 3.0)


@dataclass(frozen=True, eq=False)
class Demand:
    """Demand of n listings: values at the probabilities 0, 0.05 … 0.98 (n rows), and the scale of the tail beyond.

    >>> steady = Demand.of(pl.DataFrame({name: [100.0 * u] for name, u in LEVELS.items()} | {"demand_mean": [50.0]}))
    >>> steady.cdf(np.array([30.0])).round(3).tolist(), steady.inverse(np.array([0.7])).round(3).tolist()
    ([0.3], [70.0])
    >>> steady.expected_sales(np.array([40.0])).round(3).tolist()  # 40 - 40²/200
    [32.0]
    """

    knots: Numbers
    tail_scale: Numbers

    @classmethod
    def of(cls, lines: pl.DataFrame) -> Self:
        """The distributions of the listings' forecasts; crossing quantiles are straightened, none goes below zero."""
        quantiles = lines.select(pl.col(*LEVELS).cast(pl.Float64)).to_numpy()
        return cls.told(quantiles, lines["demand_mean"].cast(pl.Float64).fill_null(np.nan).to_numpy())

    @classmethod
    def told(cls, quantiles: Numbers, mean: Numbers) -> Self:
        """The same from numbers: a row of quantiles at `LEVELS` a listing, and its mean (NaN: not known)."""
        straight = np.maximum.accumulate(quantiles.clip(min=0.0), axis=1)
        least = (2.0 * straight[:, :1] - straight[:, 1:2]).clip(min=0.0)
        knots = np.hstack([least, straight])
        return cls(knots, _tail_scale(knots, mean))

    @property
    def mean(self) -> Numbers:
        """Expected demand of each listing, in units."""
        return _body_mean(self.knots) + _TAIL_WEIGHT * (self.knots[:, -1] + self.tail_scale)

    def cdf(self, units: Numbers) -> Numbers:
        """How likely demand is to stay at or below so many units."""
        low, high = self.knots[:, :-1], self.knots[:, 1:]
        reach = units[:, None]
        wide = np.where(high > low, high - low, 1.0)
        part = np.where(high > low, (reach.clip(low, high) - low) / wide, reach >= low)
        return _weighted(part) + np.where(
            units >= self.knots[:, -1], _TAIL_WEIGHT * -np.expm1(-self._tail_steps(units)), 0.0
        )

    def inverse(self, probability: Numbers) -> Numbers:
        """The units that demand stays at or below with that probability (below 1)."""
        at, part, beyond = _place(probability)
        row = np.arange(len(self.knots))
        return _between(self.knots[row, at], self.knots[row, at + 1], part) + self.tail_scale * beyond

    def some(self, rows: npt.NDArray[np.int64]) -> Self:
        """The distributions of some listings."""
        return type(self)(self.knots[rows], self.tail_scale[rows])

    def spread(self, probabilities: Numbers) -> Numbers:
        """The units that each listing's demand stays at or below with each probability: one row a listing.

        >>> steady = Demand(100.0 * _PROBABILITIES[None, :], np.array([0.0]))
        >>> steady.spread(np.array([0.1, 0.7])).round(3).tolist()
        [[10.0, 70.0]]
        """
        at, part, beyond = _place(probabilities)
        low, high = self.knots[:, at], self.knots[:, at + 1]
        return _between(low, high, part) + self.tail_scale[:, None] * beyond

    def drawn(self, probabilities: Numbers) -> Numbers:
        """The units that each listing's demand stays at or below with probabilities of its own: one row a listing."""
        at, part, beyond = _place(probabilities)
        row = np.arange(len(self.knots))[:, None]
        return _between(self.knots[row, at], self.knots[row, at + 1], part) + self.tail_scale[:, None] * beyond

    def expected_sales(self, units: Numbers) -> Numbers:
        """Units sold on average out of so many stocked: E[min(D, q)], the area above the cdf up to q."""
        at = ((self.knots <= units[:, None]).sum(axis=1) - 1).clip(min=0)
        row = np.arange(len(at))
        low = self.knots[row, at]
        beyond = np.where(units < low, 0.0, units - low)
        slope = self._slopes[row, at]
        area = self._areas[row, at] + beyond * (1.0 - _PROBABILITIES[at]) - slope * beyond**2 / 2.0
        out = self._areas[:, -1] + _TAIL_WEIGHT * self.tail_scale * -np.expm1(-self._tail_steps(units))
        return np.where(units < low, units, np.where(at == len(_WEIGHTS), out, area))

    @cached_property
    def _slopes(self) -> Numbers:
        """How fast the cdf grows after each knot; 0 after the last."""
        width = np.diff(self.knots, axis=1)
        slopes = np.where(width > _NO_TAIL, _WEIGHTS / np.where(width > _NO_TAIL, width, 1.0), 0.0)
        return np.hstack([slopes, np.zeros((len(self.knots), 1))])

    @cached_property
    def _areas(self) -> Numbers:
        """E[min(D, q)] with q at each knot."""
        above = 1.0 - (_PROBABILITIES[1:] + _PROBABILITIES[:-1]) / 2.0
        return np.hstack([self.knots[:, :1], self.knots[:, :1] + (np.diff(self.knots, axis=1) * above).cumsum(axis=1)])

    def expected_leftover(self, units: Numbers) -> Numbers:
        """Units left on average out of so many stocked: q - E[min(D, q)]."""
        return (units - self.expected_sales(units)).clip(min=0.0)

    def _tail_steps(self, units: Numbers) -> Numbers:
        beyond = (units - self.knots[:, -1]).clip(min=0.0)
        scale = np.where(self.tail_scale > 0.0, self.tail_scale, 1.0)
        return np.where(self.tail_scale > 0.0, beyond / scale, np.inf)


def _place(probability: Numbers) -> tuple[npt.NDArray[np.int64], Numbers, Numbers]:
    """After which knot a probability lies, how far to the next, and how many scales out in the tail."""
    at = (np.searchsorted(_PROBABILITIES, probability, side="right") - 1).clip(0, len(_WEIGHTS) - 1)
    part = np.minimum((probability - _PROBABILITIES[at]) / _WEIGHTS[at], 1.0)
    return at, part, np.log(_TAIL_WEIGHT / np.minimum(1.0 - probability, _TAIL_WEIGHT))


def _between(low: Numbers, high: Numbers, part: Numbers) -> Numbers:
    return low + part * (high - low)


def _body_mean(knots: Numbers) -> Numbers:
    return _weighted((knots[:, 1:] + knots[:, :-1]) / 2.0)


def _weighted(parts: Numbers) -> Numbers:
    """Each row's sum by the probability of its parts; not a matrix product, whose last bit hangs on the machine."""
    total: Numbers = (parts * _WEIGHTS).sum(axis=1)
    return total


def _tail_scale(knots: Numbers, mean: Numbers) -> Numbers:
    natural = (knots[:, -1] - knots[:, _P90]) / _LN5
    wanted = (mean - _body_mean(knots)) / _TAIL_WEIGHT - knots[:, -1]
    wanted = np.where(np.isnan(wanted), natural, wanted)
    scale = wanted.clip(TAIL_RANGE[0] * natural, TAIL_RANGE[1] * natural)
    return np.where(natural > _NO_TAIL, scale, 0.0)
