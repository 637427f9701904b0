"""How far a nowcast is trusted beside the plan: by minutes since opening, as later sessions showed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.grid import LEVELS, Floats
from models.nowcast.start import between

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Trust:
    """The share of the nowcast in the mean of both, some minutes after opening; the plan has the rest.

    The loss of a mean of two quantiles is never above the mean of their losses, and often below both.
    """

    minutes: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, losses: Mapping[float, Floats], opened: Floats, weight: Floats, group_rows: int) -> "Trust":
        """The shares that lost least; those of a minute with few rows are drawn to those of all.

        Args:
            losses: of each of `SHARES` what each row lost with it.
            opened: minutes since each row's listing opened.
            weight: how much each row counts.
            group_rows: rows that a minute needs for half of its own share.
        """
        overall = _best(losses, weight, np.ones(len(opened), dtype=np.bool_))
        grid = np.unique(opened)
        shares = []
        for minute in grid:
            mine = opened == minute
            trust = mine.sum() / (mine.sum() + group_rows)
            shares.append(round(float(trust * _best(losses, weight, mine) + (1 - trust) * overall), 9))
        return cls(tuple(grid.tolist()), tuple(shares))

    def at(self, opened: Floats) -> Floats:
        """The share of rows that opened so long ago."""
        return between(np.broadcast_to(np.array(self.shares), (len(opened), len(self.shares))), opened, self.minutes)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"minutes": list(self.minutes), "shares": list(self.shares)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Trust":
        """Out of JSON."""
        return cls(tuple(document["minutes"]), tuple(document["shares"]))


def mixed(ours: Floats, plan: Floats, share: Floats) -> Floats:
    """The mean of both at every level, by each row's share of ours."""
    told = share[:, None] * ours + (1 - share[:, None]) * plan
    return np.asarray(np.maximum.accumulate(told, axis=1), dtype=np.float64)


def losses(demand: Floats, units: Floats) -> Floats:
    """The pinball loss of each row, as a mean over the levels."""
    off, levels = demand[:, None] - units, np.array(LEVELS)
    return np.asarray(np.maximum(levels * off, (levels - 1) * off).mean(axis=1), dtype=np.float64)


def _best(lost: Mapping[float, Floats], weight: Floats, mine: Any) -> float:
    """The share with the least loss; of equals the one that trusts the nowcast more."""
    return min(sorted(lost, reverse=True), key=lambda share: float((lost[share] * weight)[mine].sum()))
