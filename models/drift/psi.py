"""How far a feature's values have moved: the population stability index, feature by feature and day by day.

    PSI = sum over bins of (q - r)·ln(q / r)

with r the share of the reference rows in a bin and q that of the rows looked at (Siddiqi 2006, "Credit Risk
Scorecards"; twice the Jeffreys divergence of the two histograms). Unknown values are a bin of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.grid import Floats, Ints

LEAST = 1e-4  # no bin is emptier: the logarithm must not run away with one row


@dataclass(frozen=True, eq=False)
class Bins:
    """How one feature is counted, and how its reference rows are spread.

    Attributes:
        edges: between the bins of a number; a value on an edge lies above it.
        words: the bins of a name, any other being "other".
        shares: of the reference rows, bin by bin; the last bin holds what is unknown.
    """

    edges: tuple[float, ...]
    words: tuple[str, ...]
    shares: Floats

    @classmethod
    def of(cls, values: pl.Series, most: int) -> "Bins":
        """Read off reference values: a number has bins of as many rows each, a name its commonest values."""
        if values.dtype == pl.String:
            words = tuple(
                values.drop_nulls()
                .value_counts(sort=True)
                .sort("count", values.name, descending=[True, False])[values.name]
                .head(most)
            )
            empty = cls((), words, np.zeros(len(words) + 2))
        else:
            told = values.drop_nulls().cast(pl.Float64).to_numpy()
            cuts = np.unique(np.quantile(told, np.arange(1, most) / most)) if len(told) else np.zeros(0)
            empty = cls(tuple(cuts.tolist()), (), np.zeros(len(cuts) + 2))
        return cls(empty.edges, empty.words, shares(empty.counts(values)[None])[0])

    def codes(self, values: pl.Series) -> Ints:
        """The bin of each value."""
        unknown = len(self.shares) - 1
        if values.dtype == pl.String:
            known = values.replace_strict(
                list(self.words), list(range(len(self.words))), default=unknown - 1, return_dtype=pl.Int64
            ).to_numpy()
        else:
            told = values.cast(pl.Float64).fill_null(0.0).to_numpy()
            known = np.searchsorted(np.array(self.edges), told, side="right").astype(np.int64)
        return np.where(values.is_null().to_numpy(), unknown, known)

    def counts(self, values: pl.Series) -> Ints:
        """How many values lie in each bin."""
        return np.bincount(self.codes(values), minlength=len(self.shares)).astype(np.int64)


def shares(counts: Ints) -> Floats:
    """Counts, one row a set of rows, as shares that are nowhere zero.

    >>> shares(np.array([[3, 1, 0]])).round(4).tolist()
    [[0.75, 0.25, 0.0001]]
    """
    total = counts.sum(axis=1, keepdims=True).clip(min=1)
    return np.asarray((counts / total).clip(min=LEAST), dtype=np.float64)


def index(counts: Ints, reference: Floats) -> Floats:
    """The index of each row of counts.

    >>> index(np.array([[50, 50], [80, 20]]), np.array([0.5, 0.5])).round(4).tolist()
    [0.0, 0.4159]
    """
    told = shares(counts)
    return np.asarray(((told - reference) * np.log(told / reference)).sum(axis=1), dtype=np.float64)


def binned(reference: pl.DataFrame, names: Sequence[str], most: int) -> dict[str, Bins]:
    """The bins of each feature; one that says the same everywhere has none."""
    told = [name for name in names if reference[name].n_unique() > 1]
    return {name: Bins.of(reference[name], most) for name in told}


def moved(rows: pl.DataFrame, bins: Mapping[str, Bins]) -> pl.DataFrame:
    """The index of each feature over all rows: `feature`, `psi`; none where there are no rows."""
    found = [
        (name, float(index(one.counts(rows[name])[None], one.shares)[0])) for name, one in bins.items() if rows.height
    ]
    return pl.DataFrame(found, schema={"feature": pl.String, "psi": pl.Float64}, orient="row")


def by_day(rows: pl.DataFrame, bins: Mapping[str, Bins]) -> pl.DataFrame:
    """The index of each feature on each `day`, less what chance alone adds to it: `day`, `feature`, `psi`.

    n rows in b bins that have not moved are expected to show about (b - 1) / n.
    """
    days = rows["day"].unique().sort()
    place = rows["day"].replace_strict(days, list(range(len(days))), return_dtype=pl.Int64).to_numpy()
    found = [_daily(rows[name], one, place, len(days)) for name, one in bins.items()]
    frames = [pl.DataFrame({"day": days, "feature": name, "psi": told}) for name, told in zip(bins, found, strict=True)]
    return (
        pl.concat(frames) if frames else pl.DataFrame(schema={"day": pl.Date, "feature": pl.String, "psi": pl.Float64})
    )


def _daily(values: pl.Series, bins: Bins, place: Ints, days: int) -> Floats:
    width = len(bins.shares)
    flat = np.bincount(place * width + bins.codes(values), minlength=days * width)
    counts = flat.reshape(days, width).astype(np.int64)
    chance = (width - 1) / counts.sum(axis=1).clip(min=1)
    return np.asarray(index(counts, bins.shares) - chance, dtype=np.float64)
