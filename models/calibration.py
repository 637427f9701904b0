"""How wide the demand distribution must be, learnt from the errors of forecasts that lay in the past."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.censoring import quantiles
from models.demand import Shape, Sight
from models.grid import LEVELS, Floats, Ints
from models.steadiness import FEWEST, parts, steady

NEW_BY = "product_showings"  # the feature that tells a product never shown before
SIZES = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class Steps:
    """At which step of a listing's shape each level of `LEVELS` lies, in all and by group.

    Attributes:
        overall: one step a level.
        edges: expected sizes (square roots of units) between small, middling and large listings.
        groups: steps of each group (`0` to `2` by size, `new` before it for products never shown), already drawn
            towards `overall` where a group is small.
    """

    overall: tuple[float, ...]
    edges: tuple[float, ...]
    groups: Mapping[str, tuple[float, ...]]

    def of(self, shape: Shape, new: npt.NDArray[np.bool_]) -> Floats:
        """The steps of each row: one row a row, one column a level."""
        names = _group_names(shape, new, self.edges)
        unique, back = np.unique(names, return_inverse=True)
        table = np.array([self.groups.get(str(name), self.overall) for name in unique]).reshape(-1, len(LEVELS))
        return np.asarray(table[back], dtype=np.float64)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "overall": list(self.overall),
            "edges": list(self.edges),
            "groups": {name: list(steps) for name, steps in sorted(self.groups.items())},
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Steps":
        """Out of JSON."""
        return cls(
            overall=tuple(document["overall"]),
            edges=tuple(document["edges"]),
            groups={name: tuple(steps) for name, steps in document["groups"].items()},
        )


# What the shape itself claims, with normal tails: used until there are errors to learn from.
UNTRIED = Steps(overall=(-1.2835, -1.0, -0.5263, 0.0, 0.5263, 1.0, 1.2835, 1.6025), edges=(), groups={})


@dataclass(frozen=True, eq=False)
class Tried:
    """Forecasts that were made before the outcome was known, beside the outcome.

    Attributes:
        sight: what the boosters saw of each row.
        rows: `sales_units`, `demand_units`, `censored` and, where known, `product_showings`.
        stretch: number of the stretch of time that each row belongs to.
        weight: how much each row counts.

    A sold-out one says "at least". Trusting all rows alike would be right for all demand, but it made forecasts of what
    did not sell out a tenth worse on fresh_retail, and those of all hardly better (docs/decisions/demand-and-hits.md).
    """

    sight: Sight
    rows: pl.DataFrame
    stretch: Ints
    weight: Floats

    def errors(self) -> Floats:
        """How far each row's sales lay from the middle, in steps."""
        return self.sight.shape.errors(self.sales())

    def sales(self) -> Floats:
        """Units sold, which is what was seen of demand."""
        return np.asarray(self.rows["sales_units"].to_numpy(), dtype=np.float64)

    def censored(self) -> npt.NDArray[np.bool_]:
        """Which rows sold out, so that their error says "at least"."""
        return np.asarray(self.rows["censored"].to_numpy(), dtype=np.bool_)


def learnt(tried: Tried, group_rows: int) -> Steps:
    """The steps that would have been right, as far as they would have been right in every stretch of time.

    Split-conformal with scaled errors (Romano, Patterson and Candès 2019, arXiv 1905.03222). A sold-out listing counts
    as "at least its sales". A group's steps are drawn to the overall ones by `group_rows` rows' worth.
    """
    if tried.rows.height < FEWEST:
        return UNTRIED
    overall = _overall(tried)
    edges = tuple(np.quantile(tried.sight.shape.middle, SIZES).round(9).tolist())
    groups = _groups(tried, edges, overall, group_rows)
    return Steps(_tuple(overall), edges, groups)


def _overall(tried: Tried) -> Floats:
    everything = np.ones(tried.rows.height, dtype=np.bool_)
    each = [_read_off(tried, part) for part in parts(tried.stretch)]
    return steady(_read_off(tried, everything), np.array(UNTRIED.overall), each)


def _groups(tried: Tried, edges: tuple[float, ...], overall: Floats, group_rows: int) -> dict[str, tuple[float, ...]]:
    """Each group's own spread around the overall middle: only how wide it is may differ, not where it lies."""
    names = _group_names(tried.sight.shape, is_new(tried.rows), edges)
    pooled = _read_off(tried, np.ones(len(names), dtype=np.bool_))
    groups = {}
    for name in np.unique(names):
        mine = names == name
        if mine.sum() >= FEWEST:
            share = mine.sum() / (mine.sum() + group_rows)
            groups[str(name)] = _tuple(overall + share * (_read_off(tried, mine) - pooled))
    return groups


def is_new(rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows are of products never shown before the cutoff; none where the table cannot tell."""
    if NEW_BY not in rows.columns:
        return np.zeros(rows.height, dtype=np.bool_)
    return np.asarray((rows[NEW_BY].fill_null(0.0) <= 0).to_numpy(), dtype=np.bool_)


def _read_off(tried: Tried, mine: npt.NDArray[np.bool_]) -> Floats:
    """The steps of some rows; beyond the highest level that they tell, they grow as those of the shape itself."""
    told = quantiles(tried.errors()[mine], tried.censored()[mine], tried.weight[mine], np.array(LEVELS))
    known = np.isfinite(told)
    claimed = np.array(UNTRIED.overall)
    if not known.any():
        return claimed
    last = int(np.flatnonzero(known)[-1])
    return np.where(known, told, told[last] + claimed - claimed[last])


def _group_names(shape: Shape, new: npt.NDArray[np.bool_], edges: tuple[float, ...]) -> npt.NDArray[np.str_]:
    size = np.searchsorted(np.array(edges), shape.middle).astype(str)
    return np.where(new, np.char.add("new", size), size)


def _tuple(steps: Floats) -> tuple[float, ...]:
    return tuple(np.maximum.accumulate(steps).round(9).tolist())
