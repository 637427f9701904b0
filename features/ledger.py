"""Sums over any window at any cutoff: sorted keys, prefix sums and two look-ups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MINUTE_BITS = 27  # minutes since 1970 until the year 2225
LAST_MINUTE = (1 << MINUTE_BITS) - 1
MICROSECONDS_A_MINUTE = 60_000_000
MICROSECONDS_AN_HOUR = 60 * MICROSECONDS_A_MINUTE
FARTHEST = 10_000  # minutes: the longest gap; its square still adds up without running over


def minute_of(instant: pl.Expr) -> pl.Expr:
    """The whole minute since 1970 that holds an instant, as Int64."""
    return instant.dt.epoch("us").floordiv(MICROSECONDS_A_MINUTE)


@dataclass(frozen=True, eq=False)
class Ledger:
    """What each key had done by each minute, ready for look-ups.

    Entries are sorted by key and minute; `prefix[measure][i]` is the sum of the first i entries over all keys, so that
    a window is one subtraction. An entry counts at a cutoff when its whole minute lies before the cutoff's minute.

    Attributes:
        keys: every key, ascending; a key's place is its code.
        packed: code and minute of each entry, in one number.
        prefix: of each measure, one longer than `packed`.
        decayed: of each measure and half-life, the running fading sum of each entry's key.
        first_minute: of each key.
    """

    keys: Ints
    packed: Ints
    prefix: Mapping[str, Ints]
    decayed: Mapping[tuple[str, float], Floats]
    first_minute: Ints

    def codes(self, keys: Ints) -> Ints:
        """The dense code of each key, -1 where the ledger never saw it."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[found] == keys, found, -1)

    def positions(self, codes: Ints, minutes: Ints) -> Ints:
        """How many entries lie before each (key, minute)."""
        return np.searchsorted(self.packed, pack(codes, np.clip(minutes, 0, LAST_MINUTE)))

    def between(self, measure: str, start: Ints, end: Ints) -> Ints:
        """Sums over entries [start, end) given as positions."""
        sums = self.prefix[measure]
        return sums[end] - sums[start]

    def decay(self, measure: str, half_life_minutes: float, codes: Ints, minutes: Ints) -> Floats:
        """Sums in which an entry weighs half after each half-life: sum of x * 2^-((cutoff - t) / half-life)."""
        position = self.positions(codes, minutes)
        begun = position > self.positions(codes, np.zeros_like(minutes))
        if not len(self.packed):
            return np.zeros(len(codes))
        running = self.decayed[measure, half_life_minutes][np.maximum(position - 1, 0)]
        age = (minutes - self.first_minute[np.maximum(codes, 0)]) / half_life_minutes
        return np.where(begun, running * np.exp2(-np.maximum(age, 0.0)), 0.0)


@dataclass(frozen=True, eq=False)
class Entries:
    """Rows brought together by key and minute, as a ledger is made of them.

    Attributes:
        keys: every key, ascending.
        code: the place in `keys` of each entry's key.
        minute: of each entry.
        entry: for each row given, its entry; -1 for rows left out.
        order: the rows kept, by entry.
        starts: where in `order` each entry begins.
    """

    keys: Ints
    code: Ints
    minute: Ints
    entry: Ints
    order: Ints
    starts: Ints

    def summed(self, values: Ints) -> Ints:
        """The sum over the rows of each entry."""
        sorted_values = values[self.order]
        return sorted_values if len(self.starts) == len(self.order) else np.add.reduceat(sorted_values, self.starts)


def pack(codes: Ints, minutes: Ints) -> Ints:
    """Key and minute in one sortable integer."""
    return (codes << MINUTE_BITS) + minutes


def runs(values: Ints) -> Ints:
    """Where each run of equal values begins."""
    return np.flatnonzero(np.diff(values, prepend=values[:1] - 1))


def ascending(values: Ints) -> bool:
    """Whether no value is less than the one before."""
    return bool((values[1:] >= values[:-1]).all())


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values, ascending, and the place of each value among them."""
    if ascending(values):
        starts = runs(values)
        return values[starts], np.repeat(np.arange(len(starts)), np.diff(starts, append=len(values)))
    found, codes = np.unique(values, return_inverse=True)
    return found, codes.astype(np.int64)


def entries(key: Ints, minute: Ints, kept: Flags) -> Entries:
    """Rows of the same key and minute brought together; negative keys (unknown things) are left out.

    Args:
        key: of each row.
        minute: of each row.
        kept: which rows count.
    """
    rows = np.flatnonzero(kept & (key >= 0))
    keys, code = distinct(key[rows])
    packed, order = pack(code, np.clip(minute[rows], 0, LAST_MINUTE)), rows
    if not ascending(packed):
        by = np.argsort(packed, kind="stable")
        packed, order = packed[by], rows[by]
    starts = runs(packed)
    entry = np.full(len(key), -1, dtype=np.int64)
    entry[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    return Entries(keys, packed[starts] >> MINUTE_BITS, packed[starts] & LAST_MINUTE, entry, order, starts)


def gaps(of: Entries, values: Ints) -> Ints:
    """For each entry with something in it, the minutes since its key's last such entry; zero for the first."""
    active = np.flatnonzero(values > 0)
    code, minute = of.code[active], of.minute[active]
    told = np.zeros(len(values), dtype=np.int64)
    told[active[1:]] = np.where(code[1:] == code[:-1], np.minimum(minute[1:] - minute[:-1], FARTHEST), 0)
    return told


def ledger(of: Entries, values: Mapping[str, Ints], fading: Iterable[tuple[str, float]] = ()) -> Ledger:
    """A ledger of entries.

    Args:
        of: the entries.
        values: one Int64 array a measure, one number an entry.
        fading: measures and the half-lives in minutes that will be asked of them.
    """
    first = of.minute[runs(of.code)]
    return Ledger(
        keys=of.keys,
        packed=pack(of.code, of.minute),
        prefix={name: np.concatenate(([0], np.cumsum(value, dtype=np.int64))) for name, value in values.items()},
        decayed={(m, h): _grown(values[m], of.code, (of.minute - first[of.code]) / h) for m, h in fading},
        first_minute=first,
    )


def _grown(values: Ints, codes: Ints, ages: Floats) -> Floats:
    """Running sums within each key of values that weigh twice as much after each half-life."""
    frame = pl.DataFrame({"code": codes, "grown": values * np.exp2(np.minimum(ages, 900.0))})
    return frame.select(pl.col("grown").cum_sum().over("code")).to_series().to_numpy()
