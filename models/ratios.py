"""How demand scatters around the expected units: what multiples of them came, by how many were expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.calibration import Tried, is_new
from models.censoring import quantiles
from models.grid import LEVELS, Floats
from models.steadiness import FEWEST

ROWS_A_SIZE, SIZES = 200, 12


@dataclass(frozen=True)
class Ratios:
    """Multiples of the expected units at each level of `LEVELS`.

    A few units expected scatter otherwise than hundreds: many zeros, long tails. So the multiples are read off past
    outcomes among listings with about as many expected units, and taken as straight lines between such sizes.

    Attributes:
        sizes: logarithms of expected units, ascending.
        multiples: one row a size, one number a level.
        new: what is added for products never shown before, already drawn towards nothing where they were few.
    """

    sizes: tuple[float, ...]
    multiples: tuple[tuple[float, ...], ...]
    new: tuple[float, ...]

    def quantiles(self, expected: Floats, new: npt.NDArray[np.bool_]) -> Floats:
        """Demand in units, one row a row, one column a level: never below zero, never crossing."""
        multiples = self.at(expected) + np.where(new[:, None], np.array(self.new), 0.0)
        return np.asarray(np.maximum.accumulate(np.maximum(multiples, 0.0), axis=1) * expected[:, None])

    def at(self, expected: Floats) -> Floats:
        """The multiples of known products: one row a row, one column a level."""
        table = np.array(self.multiples)
        logs = np.log(expected)
        return np.stack([np.interp(logs, self.sizes, table[:, place]) for place in range(len(LEVELS))], axis=1)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"sizes": list(self.sizes), "multiples": [list(row) for row in self.multiples], "new": list(self.new)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Ratios":
        """Out of JSON."""
        multiples = tuple(tuple(row) for row in document["multiples"])
        return cls(tuple(document["sizes"]), multiples, tuple(document["new"]))


def learnt(tried: Tried, group_rows: int) -> Ratios | None:
    """The multiples that would have been right; None where there were too few outcomes to tell.

    A sold-out listing counts as "at least its sales". Where a size tells nothing of a level, since too many sold out,
    the others speak for it; where none does, there are no multiples. Products never shown before get a correction of
    their own, drawn to nothing by `group_rows` rows' worth.
    """
    rows = tried.rows.height
    if rows < FEWEST:
        return None
    logs, multiples = np.log(tried.sight.expected), tried.sales() / tried.sight.expected
    count = int(np.clip(rows // ROWS_A_SIZE, 1, SIZES))
    order = np.array_split(np.argsort(logs, kind="stable"), count)
    read_off = np.stack([_quantiles(multiples, tried, part) for part in order])
    known = np.isfinite(read_off)
    if not known.any(axis=0).all():
        return None
    usual = np.array([np.median(column[there]) for column, there in zip(read_off.T, known.T, strict=True)])
    table = np.maximum.accumulate(np.where(known, read_off, usual), axis=1)
    sizes = tuple(round(float(np.average(logs[part], weights=tried.weight[part])), 9) for part in order)
    plain = Ratios(sizes, tuple(_rounded(row) for row in table), (0.0,) * len(LEVELS))
    new = np.flatnonzero(is_new(tried.rows))
    if len(new) < FEWEST:
        return plain
    share = len(new) / (len(new) + group_rows)
    off = _quantiles(multiples, tried, new) - plain.at(tried.sight.expected[new]).mean(axis=0)
    return Ratios(plain.sizes, plain.multiples, _rounded(share * np.where(np.isfinite(off), off, 0.0)))


def _quantiles(multiples: Floats, tried: Tried, part: npt.NDArray[np.intp]) -> Floats:
    return quantiles(multiples[part], tried.censored()[part], tried.weight[part], np.array(LEVELS))


def _rounded(row: Floats) -> tuple[float, ...]:
    return tuple(row.round(9).tolist())
