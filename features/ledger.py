"""Sums over any window at any cutoff: sorted keys, prefix sums and two look-ups."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MINUTE_BITS = 27  # minutes since 1970 until the year 2225
LAST_MINUTE = (1 << MINUTE_BITS) - 1
MICROSECONDS_A_MINUTE = 60_000_000


def minute_of(instant: pl.Expr) -> pl.Expr:
    """The whole minute since 1970 that holds an instant, as Int64."""
    return instant.dt.epoch("us").floordiv(MICROSECONDS_A_MINUTE)


@dataclass(frozen=True, eq=False)
class Ledger:
    """What each key had done by each minute, ready for look-ups.

    Rows are sorted by key and minute; `prefix[measure][i]` is the sum of the first i rows over all keys, so that a
    window is one subtraction. A row counts at a cutoff when its whole minute lies before the cutoff's minute.
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
        """How many rows lie before each (key, minute)."""
        return np.searchsorted(self.packed, pack(codes, np.clip(minutes, 0, LAST_MINUTE)))

    def between(self, measure: str, start: Ints, end: Ints) -> Ints:
        """Sums over rows [start, end) given as positions."""
        sums = self.prefix[measure]
        return sums[end] - sums[start]

    def decay(self, measure: str, half_life_minutes: float, codes: Ints, minutes: Ints) -> Floats:
        """Sums in which a row weighs half after each half-life: sum of x * 2^-((cutoff - t) / half-life)."""
        position = self.positions(codes, minutes)
        begun = position > self.positions(codes, np.zeros_like(minutes))
        if not len(self.packed):
            return np.zeros(len(codes))
        running = self.decayed[measure, half_life_minutes][np.maximum(position - 1, 0)]
        age = (minutes - self.first_minute[np.maximum(codes, 0)]) / half_life_minutes
        return np.where(begun, running * np.exp2(-np.maximum(age, 0.0)), 0.0)


def pack(codes: Ints, minutes: Ints) -> Ints:
    """Key and minute in one sortable integer."""
    return (codes << MINUTE_BITS) + minutes


def ledger(rows: pl.DataFrame, half_lives: Mapping[str, tuple[float, ...]] | None = None) -> Ledger:
    """A ledger of rows with Int64 columns `key`, `minute` and one column a measure.

    Args:
        rows: negative keys (unknown things) are left out; several rows of one minute are added up.
        half_lives: for each measure, the half-lives in minutes that will be asked of it.
    """
    measures = [c for c in rows.columns if c not in ("key", "minute")]
    tidy = (
        rows.lazy()
        .filter(pl.col("key") >= 0, pl.col("minute").is_not_null())
        .group_by("key", "minute")
        .agg(pl.col(measures).sum())
        .sort("key", "minute")
        .collect()
    )
    keys, codes = np.unique(tidy["key"].to_numpy(), return_inverse=True)
    minutes = np.clip(tidy["minute"].to_numpy(), 0, LAST_MINUTE)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    values = {m: tidy[m].to_numpy() for m in measures}
    first = minutes[starts] if len(starts) else np.zeros(0, dtype=np.int64)
    return Ledger(
        keys=keys.astype(np.int64),
        packed=pack(codes.astype(np.int64), minutes),
        prefix={m: np.concatenate(([0], np.cumsum(v, dtype=np.int64))) for m, v in values.items()},
        decayed={
            (m, h): _grown(values[m], codes, (minutes - first[codes]) / h)
            for m, hs in (half_lives or {}).items()
            for h in hs
        },
        first_minute=first,
    )


def _grown(values: Ints, codes: Ints, ages: Floats) -> Floats:
    """Running sums within each key of values that weigh twice as much after each half-life."""
    frame = pl.DataFrame({"code": codes, "grown": values * np.exp2(np.minimum(ages, 900.0))})
    return frame.select(pl.col("grown").cum_sum().over("code")).to_series().to_numpy()
