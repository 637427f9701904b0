"""Metrics on sessions drawn anew: every sum counts a session's listings as often as the draw took the session."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from models.grid import Floats, Ints

Bools = npt.NDArray[np.bool_]

AT_ONCE = 4_000_000  # numbers held in memory together


@dataclass(frozen=True, eq=False)
class Resampled:
    """How often each session counts in each draw.

    Attributes:
        times: one row a draw, one column a session; in the first row each counts once.
        session: the number of each judged row's session.
    """

    times: Floats
    session: Ints

    @classmethod
    def once(cls, rows: int) -> "Resampled":
        """No draws but the rows as they are."""
        return Resampled(times=np.ones((1, 1)), session=np.zeros(rows, dtype=np.int64))

    def rows(self, kept: Bools) -> Self:
        """The same draws of some of the rows."""
        return type(self)(**{**vars(self), "session": self.session[kept]})

    def ratio(self, above: Floats, below: Floats) -> Floats:
        """One sum over rows as a share of another, in every draw; NaN where there is nothing to divide by."""
        totals = (np.bincount(self.session, weights=one, minlength=self.times.shape[1]) for one in (above, below))
        top, bottom = (self.times @ total for total in totals)
        share: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
        return share

    def average_precision(self, hit: Bools, score: Floats, weight: Floats) -> Floats:
        """As `models.metrics.average_precision`, in every draw; NaN where a draw has no hit.

        Rows are summed between one hit and the next, of which there are few; equal scores rank together.
        """
        order = np.argsort(-score, kind="stable")
        ends = _ends(hit[order], score[order])
        if not len(ends):
            return np.full(len(self.times), np.nan)
        starts, order = np.append(0, ends[:-1] + 1), order[: ends[-1] + 1]
        parts = []
        for some in self._parts(len(order)):
            heavy = some[:, self.session[order]] * weight[order]
            gained = np.add.reduceat(heavy * hit[order], starts, axis=1)
            found, seen = gained.cumsum(axis=1), np.add.reduceat(heavy, starts, axis=1).cumsum(axis=1)
            precision = np.divide(found, seen, out=np.zeros_like(seen), where=seen > 0)
            parts.append(_share((precision * gained).sum(axis=1), found[:, -1]))
        return np.concatenate(parts)

    def at_k(self, rows: pl.DataFrame, top: int) -> tuple[Floats, Floats]:
        """Precision and normalised discounted gain of the `top` likeliest rows of each cutoff, in every draw.

        Precision is the share of hits among all those rows. The gain of a hit at rank r is 1 / log2(1 + r) and each
        cutoff's sum is divided by the best possible one (Järvelin and Kekäläinen 2002); the mean over the cutoffs that
        have hits. Ties rank by their ids, since a list must be made in some order.

        Args:
            rows: `cutoff`, `p_hit`, `hit`, `session_id` and `product_id`, in the order of the draws' rows.
            top: how many a cutoff's list has room for.
        """
        ranked = rows.with_row_index("_row").sort(
            "cutoff", "p_hit", "session_id", "product_id", descending=[False, True, False, False]
        )
        hit, draws = rows["hit"].to_numpy(), len(self.times)
        found, taken, gains, told = (np.zeros(draws) for _ in range(4))
        for place in ranked.group_by("cutoff", maintain_order=True).agg("_row")["_row"]:
            own = place.to_numpy()
            hits, all_taken, gain = self._list(own, hit, top)
            found, taken = found + hits, taken + all_taken
            there = ~np.isnan(gain)
            gains, told = gains + np.where(there, gain, 0.0), told + there
        return _share(found, taken), _share(gains, told)

    def _list(self, ranked: Ints, hit: Bools, top: int) -> tuple[Floats, Floats, Floats]:
        """Hits on one list, rows on it, and its gain as a share of the best possible."""
        gain = np.append(0.0, np.cumsum(1 / np.log2(np.arange(2, top + 2))))
        length = self._long_enough(ranked, top)
        counts = self.times[:, self.session[ranked[:length]]].astype(np.int64)
        last = np.minimum(counts.cumsum(axis=1), top)
        first = np.concatenate([np.zeros((len(last), 1), dtype=np.int64), last[:, :-1]], axis=1)
        good = hit[ranked[:length]]
        own = np.bincount(self.session[ranked], weights=hit[ranked], minlength=self.times.shape[1])
        best = gain[np.minimum((self.times @ own).astype(np.int64), top)]
        return (last - first) @ good, last[:, -1].astype(np.float64), _share((gain[last] - gain[first]) @ good, best)

    def _long_enough(self, ranked: Ints, top: int) -> int:
        """How many of the best rows fill the list in every draw, or all there are."""
        length = 4 * top
        while length < len(ranked):
            if self.times[:, self.session[ranked[:length]]].sum(axis=1).min() >= top:
                return length
            length *= 2
        return len(ranked)

    def _parts(self, rows: int) -> Iterator[Floats]:
        step = max(1, AT_ONCE // max(rows, 1))
        for start in range(0, len(self.times), step):
            yield self.times[start : start + step]


def _ends(hit: Bools, ranked: Floats) -> Ints:
    """The last places of the ties that have a hit among them."""
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    return last[np.diff(np.cumsum(hit)[last], prepend=0) > 0]


def _share(above: Floats, below: Floats) -> Floats:
    share: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return share
