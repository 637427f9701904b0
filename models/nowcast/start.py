"""Where a nowcast starts from: straight lines from what came so far, and what was planned, to what will have come.

The logarithm of early counts tells that of final ones almost linearly (Szabo and Huberman 2010,
doi 10.1145/1787234.1787254). Here several early counts speak, and the plan beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.grid import Floats
from models.nowcast.view import OPEN

TERMS = ("listing_units_ever", "listing_carts_ever", "listing_clicks_ever", "listing_carts_out", "plan_mean")
FEWEST = 50  # rows of one minute; with fewer its neighbours speak for it
UNOPENED = -1.0


@dataclass(frozen=True)
class Start:
    """One line for each minute after opening, and one for listings that have not opened.

    Attributes:
        minutes: after which there is a line, ascending; `UNOPENED` first.
        lines: of each its intercept and one slope for each of `TERMS`.
    """

    minutes: tuple[float, ...]
    lines: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, rows: pl.DataFrame, logs: Floats, weight: Floats, ridge: float) -> "Start":
        """The lines that fit best.

        Args:
            rows: what `view` gives.
            logs: the logarithm of 1 + what each will have come to.
            weight: how much each counts.
            ridge: rows' worth of trust in slopes of nothing.
        """
        terms, opened = _terms(rows), minutes_open(rows)
        grid = np.unique(opened)
        lines = []
        for minute in grid:
            mine = opened == minute
            if mine.sum() < FEWEST:
                mine = np.argsort(np.abs(_place(opened) - _place(minute)), kind="stable")[:FEWEST]
            lines.append(_line(terms[mine], logs[mine], weight[mine], ridge))
        return cls(tuple(grid.tolist()), tuple(tuple(line.round(12).tolist()) for line in lines))

    def logs(self, rows: pl.DataFrame) -> Floats:
        """The logarithm of 1 + units to expect in the end of each row; between minutes by their neighbours."""
        terms, opened = _terms(rows), minutes_open(rows)
        told = terms @ np.array(self.lines).T
        return between(told, opened, self.minutes)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"minutes": list(self.minutes), "lines": [list(line) for line in self.lines], "terms": list(TERMS)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Start":
        """Out of JSON."""
        return cls(tuple(document["minutes"]), tuple(tuple(line) for line in document["lines"]))


def minutes_open(rows: pl.DataFrame) -> Floats:
    """Minutes since each row's listing opened; `UNOPENED` where it has not."""
    return rows[OPEN].cast(pl.Float64).fill_null(UNOPENED).to_numpy()


def between(told: Floats, opened: Floats, minutes: Sequence[float]) -> Floats:
    """Of what was told of each row at each of some minutes, what it is at the row's own: straight in log minutes.

    Args:
        told: one row a row, one column a minute.
        opened: each row's minutes; those not opened take the first column only if it is theirs.
        minutes: of the columns, ascending.
    """
    grid = np.array(minutes)
    first = int(grid[0] == UNOPENED and len(grid) > 1)
    place = np.interp(_place(opened), _place(grid[first:]), np.arange(first, len(grid)))
    low = np.floor(place).astype(np.int64)
    high, share = np.minimum(low + 1, len(grid) - 1), place - low
    rows = np.arange(len(told))
    inside = told[rows, low] * (1 - share) + told[rows, high] * share
    return np.asarray(np.where((opened == UNOPENED) & (grid[0] == UNOPENED), told[:, 0], inside), dtype=np.float64)


def _place(minutes: Any) -> Floats:
    return np.asarray(np.log1p(np.maximum(minutes, 0.0)), dtype=np.float64)


def _terms(rows: pl.DataFrame) -> Floats:
    counts = rows.select(pl.col(TERMS).cast(pl.Float64).fill_null(0.0)).to_numpy()
    return np.column_stack([np.ones(rows.height), np.log1p(np.maximum(counts, 0.0))])


def _line(terms: Floats, logs: Floats, weight: Floats, ridge: float) -> Floats:
    heavy = terms * weight[:, None]
    trust = np.diag([1e-2, *[ridge] * len(TERMS)])
    return np.asarray(np.linalg.solve(heavy.T @ terms + trust, heavy.T @ logs), dtype=np.float64)
