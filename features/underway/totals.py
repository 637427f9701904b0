"""Running totals of every measure, and what they were at the end of each of the last minutes."""

from collections.abc import Iterable

import numpy as np

from features import actions
from features.ingredient import VIEWERS, Ingredient
from features.ledger import FARTHEST, Ints

LONGEST = 120  # minutes: windows up to this long are kept up
SOLD = ("orders", "units", "revenue")
KEPT = {
    "session": frozenset({*actions.MEASURES, *SOLD, "newcomers", "patrons", "begun_minute"}),
    "listing": frozenset(
        {*actions.MEASURES, *SOLD, "rebuyers", "outs", "minutes_to_out", "clicks_out", "carts_out", "carted",
         "minutes_to_cart", "opened_minute"}
    ),
}  # fmt: skip
"""What is summed while sessions run, and of what; of what viewers do and buy also the gaps."""

_MEASURES = (*actions.MEASURES, *SOLD, *sorted({*KEPT["session"], *KEPT["listing"]} - {*actions.MEASURES, *SOLD}))
_GAPS, _SQUARES = "gaps", "gaps_squared"
NEVER = -1


def kept_up(one: Ingredient) -> bool:
    """Whether a look-up moves while sessions run; all others stay as they were."""
    plain = one.lag is None and one.half_life is None and not one.opening and (one.length or 0) <= LONGEST
    between = one.counted in {*actions.MEASURES, *SOLD} if ":" in one.measure else True
    measured = one.measure == VIEWERS or one.counted in KEPT.get(one.entity, ())
    return one.entity in KEPT and plain and between and measured


class Totals:
    """Sums of measures by key: since ever at the end of each of the last minutes, and in the minute under way."""

    def __init__(self, keys: int, wanted: Iterable[Ingredient]) -> None:
        """No sums yet.

        Args:
            keys: how many there are.
            wanted: the look-ups that will be asked for.
        """
        asked = tuple(wanted)
        self.gapped = tuple(sorted({one.counted for one in asked if ":" in one.measure}))
        self.names = (*_MEASURES, *(f"{name}:{what}" for what in (_GAPS, _SQUARES) for name in self.gapped))
        self._row = {name: row for row, name in enumerate(self.names)}
        self.kept = max((one.length or 0 for one in asked), default=0) + 1
        self.before: Ints = np.zeros((self.kept, len(self.names), keys), dtype=np.int64)
        self.now: Ints = np.zeros((len(self.names), keys), dtype=np.int64)
        self.last: Ints = np.full((len(self.gapped), keys), NEVER, dtype=np.int64)

    def of(self, measure: str) -> Ints:
        """What came in the minute under way, by key; may be written to."""
        counted: Ints = self.now[self._row[measure]]
        return counted

    def count(self, kind: Ints, key: Ints, times: Ints) -> None:
        """Add so many of each action; negative keys are left out."""
        rows, keys = len(actions.MEASURES), self.now.shape[1]
        # What is nobody's comes into a first column of its own.
        weights = None if (times == 1).all() else times  # sums of whole numbers up to 2^53 are exact as floats
        counted = np.bincount(kind * (keys + 1) + key + 1, weights, rows * (keys + 1)).reshape(rows, keys + 1)
        self.now[:rows] += counted[:, 1:].astype(np.int64)

    def add(self, measure: str, key: Ints, amount: Ints) -> None:
        """Add amounts; negative keys are left out."""
        np.add.at(self.of(measure), key[key >= 0], amount[key >= 0])

    def at(self, minute: int, measure: str) -> Ints:
        """Sums of all that came before a minute, one of the last `kept`."""
        told: Ints = self.before[minute % self.kept, self._row[measure]]
        return told

    def between(self, one: Ingredient, cutoff: int) -> Ints:
        """A look-up at the minute under way, by key."""
        told = self.at(cutoff, one.measure)
        return told - self.at(cutoff - one.length, one.measure) if one.length else told

    def close(self, minute: int) -> None:
        """The minute under way is over."""
        for row, name in enumerate(self.gapped):
            last, active = self.last[row], self.of(name) > 0
            gap = np.where(active & (last != NEVER), np.minimum(minute - last, FARTHEST), 0)
            self.of(f"{name}:{_GAPS}")[:] = gap
            self.of(f"{name}:{_SQUARES}")[:] = gap**2
            last[active] = minute
        np.add(self.before[minute % self.kept], self.now, out=self.before[(minute + 1) % self.kept])
        self.now[:] = 0
