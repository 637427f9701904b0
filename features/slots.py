"""Numbers found again at once: a hash table that is asked and filled by whole arrays."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from features.ledger import Flags, Ints

EMPTY = 0
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: neighbours land far apart
FULL = 0.45  # share of places taken at which a table begins to move to one of twice the size
BURSTING = 0.8  # share of places at which it moves there at once
PACE = 4  # places moved for each number taken up: done long before the old table is full
SMALLEST = 1 << 12
TAIL = 1 << 12  # places behind the last: what lies there had wanted one of the last

Rows = Ints | slice


def numbers(hashes: pl.Series) -> Ints:
    """Hashes as whole numbers, none of them 0."""
    told = hashes.to_numpy().view(np.int64)
    return np.where(told == 0, 1, told)


class Slots:
    """A growing set of whole numbers, with a small number kept for each; or 1 where nothing need be kept.

    Open addressing with linear probing, in the order of the hash. While a table moves to a bigger one, what lies before
    a line has moved and what lies behind it has not: each number is in one of the two, and no single call pays for
    the whole move.
    """

    def __init__(self, *, keeping: bool = True) -> None:
        """Nothing yet.

        Args:
            keeping: whether anything else than 1 will be kept.
        """
        self.count = 0
        self._now = _Table(SMALLEST, keeping=keeping)
        self._next: _Table | None = None
        self._line = 0

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        return self._now.nbytes + (self._next.nbytes if self._next else 0)

    def exchange(self, numbers: Ints, kept: Ints | int) -> Ints:
        """Keep something for each number, and say what was kept before: 0 for a number that was not there.

        Args:
            numbers: none of them 0; one that is given twice is counted twice in `count`, and otherwise does no harm.
            kept: less than 2^31, not 0.
        """
        return self._taken(numbers, kept, over=True)

    def taken_up(self, numbers: Ints, kept: Ints | int) -> Ints:
        """The same, but what was kept before stays."""
        return self._taken(numbers, kept, over=False)

    def reserve(self, more: int) -> None:
        """Make room for so many more numbers at once, memory and all, so that nothing grows until they are there."""
        if self.count + more > FULL * self._now.places:
            self._move_to(self._now.empty(1 << int((self.count + more) / FULL).bit_length()))
            self._now.claim()

    def looked_up(self, numbers: Ints) -> Ints:
        """What is kept for each number; 0 for numbers that are not there."""
        told = np.zeros(len(numbers), dtype=np.int64)
        for table, rows in self._shares(numbers):
            place, there = table.found(numbers[rows])
            told[rows] = there * table.told(place)
        return told

    def _taken(self, numbers: Ints, kept: Ints | int, *, over: bool) -> Ints:
        self._make_room(len(numbers))
        before, new = np.zeros(len(numbers), dtype=np.int64), 0
        for table, rows in self._shares(numbers):
            place, added = table.settled(numbers[rows])
            before[rows] = told = ~added * table.told(place)  # of places just taken 0
            now = kept if isinstance(kept, int) else kept[rows]
            table.keep(place, now if over else np.where(added, now, told))
            new += int(np.count_nonzero(added))
        self._grown(new)
        return before

    def _shares(self, numbers: Ints) -> Iterator[tuple["_Table", Rows]]:
        if self._next is None:
            yield self._now, slice(None)
        else:
            moved = self._now.home(numbers) < self._line
            yield self._next, np.flatnonzero(moved)
            yield self._now, np.flatnonzero(~moved)

    def _make_room(self, more: int) -> None:
        """Move all at once where numbers come faster than the pace allows for."""
        if self.count + more > BURSTING * self._now.places:
            self._move_to(self._now.empty(1 << int((self.count + more) / FULL).bit_length()))

    def _move_to(self, table: "_Table") -> None:
        if self._next is not None:
            self._move(self._next, self._now.places)
        self._next, self._line = table, 0
        self._move(table, self._now.places)

    def _grown(self, new: int) -> None:
        self.count += new
        if self._next is None and self.count > FULL * self._now.places:
            self._next, self._line = self._now.empty(2 * self._now.places), 0
        if self._next is not None:
            self._move(self._next, PACE * new)

    def _move(self, to: "_Table", places: int) -> None:
        # A part ends at an empty place: nothing before it can have wanted a place behind it, or the other way round.
        end = self._now.empty_from(self._line + places)
        full = self._line + np.flatnonzero(self._now.numbers[self._line : end])
        to.filled(self._now.numbers[full], self._now.told(full), self._line * (to.places // self._now.places))
        self._line = end
        if end >= self._now.places:
            self._now, self._next = to, None


class _Table:
    """Places for numbers, a power of two of them and a tail."""

    def __init__(self, places: int, *, keeping: bool) -> None:
        self.places, self._keeping = places, keeping
        self.numbers: Ints = np.zeros(places + TAIL, dtype=np.int64)
        self.kept: npt.NDArray[np.int32] = np.zeros(places + TAIL if keeping else 0, dtype=np.int32)
        self._shift = np.uint64(64 - (places.bit_length() - 1))

    @property
    def nbytes(self) -> int:
        return self.numbers.nbytes + self.kept.nbytes

    def empty(self, places: int) -> "_Table":
        """One of another size, with nothing in it."""
        return _Table(places, keeping=self._keeping)

    def claim(self) -> None:
        """Write to all of its memory: only then does the system give it out, which takes time."""
        for part in (self.numbers, self.kept):
            part[:] = part.copy()

    def told(self, place: Ints) -> Ints | int:
        """What is kept there."""
        return np.take(self.kept, place).astype(np.int64) if self._keeping else 1

    def keep(self, place: Ints, kept: Ints | int) -> None:
        """Keep something there."""
        if self._keeping:
            self.kept[place] = kept

    def home(self, numbers: Ints) -> Ints:
        """The place that each number wants."""
        mixed = numbers.view(np.uint64) * MIX
        mixed = (mixed ^ (mixed >> np.uint64(32))) * MIX
        place: Ints = (mixed >> self._shift).view(np.int64)
        return place

    def empty_from(self, place: int) -> int:
        """The first empty place from there on."""
        while place < len(self.numbers) and self.numbers[place] != EMPTY:
            place += 1
        return min(place, len(self.numbers))

    def filled(self, numbers: Ints, kept: Ints | int, first: int) -> None:
        """Put there what is not there yet, and wants places from a first one on, where nobody else has wanted any."""
        home = np.maximum(self.home(numbers), self.empty_from(first))
        order, rank = np.argsort(home, kind="stable"), np.arange(len(home))
        place = np.maximum.accumulate(home[order] - rank) + rank
        self.numbers[place] = numbers[order]
        self.keep(place, kept if isinstance(kept, int) else kept[order])

    def settled(self, numbers: Ints) -> tuple[Ints, Flags]:
        """Each number's place, and whether it was put there just now."""
        place, new = self.home(numbers), np.zeros(len(numbers), dtype=bool)
        left, at, wanted = np.arange(len(numbers)), place, numbers
        while len(left):
            there = np.take(self.numbers, at)
            here, free = there == wanted, np.flatnonzero(there == EMPTY)
            # Of several that want one free place the last written gets it; the others see that and go on.
            self.numbers[at[free]] = wanted[free]
            here[free] = got = np.take(self.numbers, at[free]) == wanted[free]
            new[left[free]] = got
            on = np.flatnonzero(~here)
            left, wanted, at = left[on], wanted[on], at[on] + 1
            place[left] = at
        return place, new

    def found(self, numbers: Ints) -> tuple[Ints, Flags]:
        """Each number's place, and whether it is there; the place means nothing where it is not."""
        place, missing = self.home(numbers), np.zeros(len(numbers), dtype=bool)
        left, at, wanted = np.arange(len(numbers)), place, numbers
        while len(left):
            there = np.take(self.numbers, at)
            missing[left] = there == EMPTY
            on = np.flatnonzero((there != EMPTY) & (there != wanted))
            left, wanted, at = left[on], wanted[on], at[on] + 1
            place[left] = at
        return place, ~missing
