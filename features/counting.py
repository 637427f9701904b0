"""Actions counted by session, product and minute: one sort, and the lengths of its runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ledger import MICROSECONDS_A_MINUTE, Ints, runs
from features.viewers import sightings

ACTION = pl.Schema(
    {"session": pl.UInt32(), "product": pl.UInt32(), "viewer": pl.UInt32(), "kind": pl.UInt8(), "known": pl.Int64()}
)
"""An action as numbers: codes of session, product (null: the whole room) and viewer (null: nobody known), its place in
the list of kinds, and the instant at which it was known, in microseconds since 1970."""

BITS = 63

_BY_SAVING = (4, 1, 2, 0, 3)
"""Viewers, products, minutes, sessions, kinds: in this order codes are closed up until a number holds an action."""

_SPARSE = 8
"""A table of flags finds distinct values faster than sorting where the span is at most so many times their number."""


class TooManyError(OverflowError):
    """One session holds more products, viewers and minutes than one number can tell apart."""


@dataclass(frozen=True, eq=False)
class Counted:
    """What actions came to.

    Attributes:
        buckets: `session`, `product`, `minute` and one Int64 column a kind; each bucket once, in order.
        viewer: a viewer's code, each viewer once a bucket.
        bucket: the row of `buckets` in which that viewer acted.
    """

    buckets: pl.DataFrame
    viewer: Ints
    bucket: Ints


def counted(actions: pl.DataFrame, kinds: Sequence[str]) -> Counted:
    """Count actions and say who was there.

    Args:
        actions: `ACTION`, in any order.
        kinds: what the numbers of `kind` stand for.

    Raises:
        TooManyError: a single session is too large.
    """
    columns = (
        actions["session"].to_numpy(),
        actions["product"].cast(pl.Int64).fill_null(-1).to_numpy(),
        actions["known"].to_numpy() // MICROSECONDS_A_MINUTE,
        actions["kind"].to_numpy(),
        actions["viewer"].cast(pl.Int64).fill_null(-1).to_numpy(),
    )
    numbers = [_Digit.plain(column.astype(np.int64, copy=False)) for column in columns]
    for place in _BY_SAVING:  # what needs no distinct values found is not searched for them
        if sum(one.bits for one in numbers) <= BITS:
            break
        numbers[place] = numbers[place].dense()
    if sum(one.bits for one in numbers) <= BITS:
        return _counted(numbers, kinds)
    return _halves(actions, kinds)


@dataclass(frozen=True, eq=False)
class _Digit:
    """One part of a number that holds a whole action: small codes, and what they stand for.

    Attributes:
        codes: one an action.
        low: what code 0 stands for, where codes are values less this.
        values: what each code stands for, where they are the places of distinct values.
        bits: that the greatest code needs.
    """

    codes: Ints
    low: int
    values: Ints | None
    bits: int

    @classmethod
    def plain(cls, values: Ints) -> "_Digit":
        low = int(values.min()) if len(values) else 0
        codes = values - low
        return cls(codes, low, None, int(codes.max(initial=0)).bit_length())

    def dense(self) -> "_Digit":
        """The same values, told apart by as few bits as they need."""
        span = int(self.codes.max(initial=0)) + 1
        if span <= _SPARSE * len(self.codes):
            present = np.zeros(span, dtype=bool)
            present[self.codes] = True
            distinct = np.flatnonzero(present)
            codes = (np.cumsum(present, dtype=np.int32)[self.codes] - 1).astype(np.int64)
        else:
            distinct, codes = np.unique(self.codes, return_inverse=True)
        return _Digit(codes, 0, distinct + self.low, max(len(distinct) - 1, 0).bit_length())

    def taken(self, packed: Ints) -> tuple[Ints, Ints]:
        """The rest of packed numbers, and the values of their last digit."""
        codes = packed & ((1 << self.bits) - 1)
        return packed >> self.bits, codes + self.low if self.values is None else self.values[codes]


def _counted(numbers: list[_Digit], kinds: Sequence[str]) -> Counted:
    session, product, minute, kind, viewer = numbers
    packed = session.codes
    for digit in numbers[1:]:
        packed = packed << digit.bits | digit.codes
    packed, seen = viewer.taken(np.sort(packed))
    first = runs(packed)
    times = np.diff(first, append=len(packed))
    places, of_kind = kind.taken(packed[first])
    starts = runs(places)
    bucket = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(places)))
    counts = np.zeros((len(kinds), len(starts)), dtype=np.int64)
    counts[of_kind, bucket] = times
    who, where = sightings(seen, np.where(seen >= 0, np.repeat(bucket, times), -1))
    rest, minutes = minute.taken(places[starts])
    rest, products = product.taken(rest)
    _, sessions = session.taken(rest)
    frame = pl.DataFrame(
        {"session": sessions, "product": products, "minute": minutes} | dict(zip(kinds, counts, strict=True))
    )
    return Counted(frame.with_columns(pl.when(pl.col("product") >= 0).then("product").alias("product")), who, where)


def _halves(actions: pl.DataFrame, kinds: Sequence[str]) -> Counted:
    sessions = actions["session"].unique().sort()
    if len(sessions) == 1:
        raise TooManyError(f"{actions.height:,} actions of one session are too many different ones to count at once")
    early = actions["session"] < sessions[len(sessions) // 2]
    one, other = counted(actions.filter(early), kinds), counted(actions.filter(~early), kinds)
    viewer, bucket = (
        np.concatenate((one.viewer, other.viewer)),
        np.concatenate((one.bucket, other.bucket + one.buckets.height)),
    )
    return Counted(pl.concat([one.buckets, other.buckets]), viewer, bucket)
