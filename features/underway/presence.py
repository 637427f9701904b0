"""Different viewers of every session and listing, in any of the last minutes and since ever."""

import numpy as np

from features.ledger import Flags, Ints
from features.slots import Slots

VIEWER_BITS = 32


class Presence:
    """When each viewer last did something, and of each key how many viewers last did so in which minute.

    As many different viewers were there in [c - w, c) as have their last minute in it: every viewer moves on to the
    latest minute, so nobody counts twice.
    """

    def __init__(self, keys: int, kept: int) -> None:
        """Nobody yet.

        Args:
            keys: how many there are.
            kept: how many minutes can be asked for, the one under way among them.
        """
        self.seen = Slots()
        self.ever: Ints = np.zeros(keys, dtype=np.int64)
        # A power of two, so that a minute's column is its last bits.
        self.recent: Ints = np.zeros((keys, 1 << (kept - 1).bit_length()), dtype=np.int64)
        self._new = np.zeros_like(self.ever)
        self._moved = np.zeros_like(self.recent)

    def sighted(self, pairs: Ints, minute: int) -> tuple[Flags, Flags]:
        """Take up viewers of the minute under way.

        Args:
            pairs: `pair` of key and viewer, each once, ascending.
            minute: under way; later than all before it.

        Returns:
            Which pairs were never seen before, and which for the first time in this minute.
        """
        before = self.seen.exchange(pairs, minute)
        never, come = before == 0, before != minute
        key, kept = first_of(pairs), self.recent.shape[1]
        still = np.flatnonzero(come & (before > minute - kept))
        gone = np.bincount(key[still] * kept + (before[still] & (kept - 1)), minlength=self._moved.size)
        self._moved -= gone.reshape(self._moved.shape)
        begins = np.searchsorted(pairs, pair(np.arange(len(self.ever) + 1), 0))
        self._moved[:, minute % kept] += _counted(come, begins)
        self._new += _counted(never, begins)
        return never, come

    def begin(self, pairs: Ints, minutes: Ints, minute: int) -> None:
        """Take up when viewers were last seen before a minute, which is now under way; each pair once."""
        self.seen.exchange(pairs, minutes)
        key, kept = first_of(pairs), self.recent.shape[1]
        self.ever += np.bincount(key, minlength=len(self.ever))
        late = minutes > minute - kept
        np.add.at(self.recent, (key[late], minutes[late] % kept), 1)

    def close(self, minute: int) -> None:
        """The minute under way is over."""
        self.recent += self._moved
        self.ever += self._new
        # The place of the next minute was that of one too long ago to be asked for.
        self.recent[:, (minute + 1) % self.recent.shape[1]] = 0
        self._moved[:], self._new[:] = 0, 0

    def between(self, length: int | None, cutoff: int) -> Ints:
        """Different viewers by key in so many minutes before the one under way; None for all time."""
        if length is None:
            return self.ever
        told: Ints = self.recent[:, (cutoff - 1 - np.arange(length)) % self.recent.shape[1]].sum(axis=1)
        return told


def _counted(which: Flags, begins: Ints) -> Ints:
    """How many are marked between each begin and the next."""
    told: Ints = np.diff(np.append(0, np.cumsum(which))[begins])
    return told


def pair(first: Ints, second: Ints | int) -> Ints:
    """Two whole numbers in one, never 0; the second less than 2^32."""
    return (first + 1) << VIEWER_BITS | second


def first_of(pairs: Ints) -> Ints:
    """The first number of each pair."""
    return (pairs >> VIEWER_BITS) - 1


def second_of(pairs: Ints) -> Ints:
    """The second number of each pair."""
    return pairs & ((1 << VIEWER_BITS) - 1)


def whole_pairs(pairs: Ints) -> Ints:
    """Pairs both of whose numbers are known (the others hold a -1), each once, ascending."""
    ordered = once(pairs)
    return ordered[np.searchsorted(ordered, 1 << VIEWER_BITS) :]


def once(numbers: Ints) -> Ints:
    """Each number once, ascending."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[np.flatnonzero(first)]
