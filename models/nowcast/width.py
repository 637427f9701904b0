"""How far what comes in the end may stray from a nowcast: read off later sessions, by minutes since opening."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.calibration import UNTRIED
from models.censoring import quantiles
from models.grid import LEVELS, Floats
from models.nowcast.start import between
from models.steadiness import FEWEST

NARROWEST = 0.02  # in logarithms


@dataclass(frozen=True, eq=False)
class Reach:
    """Where each row's final demand lies and how far it may stray, in logarithms of 1 + units."""

    middle: Floats
    below: Floats
    above: Floats

    @classmethod
    def of(cls, start: Floats, raw: Floats) -> "Reach":
        """From where each row starts, and what three boosters add to it (one row each); crossing ones are sorted."""
        low, middle, high = np.sort(raw, axis=0) + start
        return cls(middle, np.maximum(middle - low, NARROWEST), np.maximum(high - middle, NARROWEST))

    def errors(self, logs: Floats) -> Floats:
        """How far values lie from the middle, in steps: -1 is the low booster's, +1 the high one's."""
        off = logs - self.middle
        return np.where(off < 0, off / self.below, off / self.above)

    def units(self, steps: Floats) -> Floats:
        """Units at each row's steps (one row a row, ascending)."""
        reach = np.where(steps < 0, self.below[:, None], self.above[:, None])
        logs = np.clip(self.middle[:, None] + steps * reach, 0.0, 20.0)
        return np.asarray(np.maximum.accumulate(np.expm1(logs), axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Width:
    """At which step each level of `LEVELS` lies, some minutes after opening."""

    minutes: tuple[float, ...]
    steps: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, errors: Floats, opened: Floats, known: "Known", group_rows: int) -> "Width":
        """The steps that would have been right, each minute's drawn to all minutes' by `group_rows` rows' worth.

        Args:
            errors: in steps, of what was sold at least.
            opened: minutes since each row's listing opened.
            known: how much of it is known.
            group_rows: rows that a minute needs for half of its own.
        """
        overall = _read_off(errors, known)
        grid = np.unique(opened)
        steps = []
        for minute in grid:
            mine = opened == minute
            share = mine.sum() / (mine.sum() + group_rows)
            own = _read_off(errors[mine], known.only(mine)) if mine.sum() >= FEWEST else overall
            steps.append(np.maximum.accumulate(share * own + (1 - share) * overall))
        return cls(tuple(grid.tolist()), tuple(tuple(row.round(9).tolist()) for row in steps))

    def at(self, opened: Floats) -> Floats:
        """The steps of rows that opened so long ago: one row a row, one column a level."""
        table = np.array(self.steps)
        columns = [np.broadcast_to(column, (len(opened), len(column))) for column in table.T]
        return np.stack([between(column, opened, self.minutes) for column in columns], axis=1)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"minutes": list(self.minutes), "steps": [list(row) for row in self.steps]}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Width":
        """Out of JSON."""
        return cls(tuple(document["minutes"]), tuple(tuple(row) for row in document["steps"]))


@dataclass(frozen=True, eq=False)
class Known:
    """Which outcomes only say "at least", and how much each row counts."""

    censored: npt.NDArray[np.bool_]
    weight: Floats

    def only(self, rows: npt.NDArray[np.bool_]) -> "Known":
        """Some of the rows."""
        return Known(self.censored[rows], self.weight[rows])


def _read_off(errors: Floats, known: Known) -> Floats:
    told, claimed = quantiles(errors, known.censored, known.weight, np.array(LEVELS)), np.array(UNTRIED.overall)
    seen = np.flatnonzero(np.isfinite(told))
    if not len(seen):
        return claimed
    last = int(seen[-1])
    return np.where(np.isfinite(told), told, told[last] + claimed - claimed[last])
