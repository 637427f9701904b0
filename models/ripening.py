"""What listings teach of returns, those among them whose returns are still coming in."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.dataset import LISTING, Dataset
from models.grid import Floats
from models.shares import Shares, concentration

LEAST_COME = 0.10  # a listing of which less has come teaches nothing yet
_DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Lessons:
    """Listings that sold something, one row each, as they looked at their last cutoff.

    Attributes:
        dataset: the rows, with their features.
        label: share of the sold units that comes back, in [0, 1]; where returns still come, as they will count.
        weight: units sold, as far as their returns have come and no listing outweighs the others.
        usual: the share that product and category were known for at the cutoff.
    """

    dataset: Dataset
    label: Floats
    weight: Floats
    usual: Floats

    @classmethod
    def of(cls, dataset: Dataset, shares: Shares) -> "Lessons":
        """All that a dataset teaches of returns by its `as_of`.

        n units sold weigh n (c + 1) / (n + c), c being how closely listings keep to their usual shares: what a
        beta-binomial listing tells beside one unit. A listing whose returns still come counts as the part of its
        units whose returns have come (the Cape Cod method of claims reserving).

        Args:
            dataset: everything in it as it was known at its `as_of`.
            shares: the usual shares; something must be known of returns.
        """
        rows = dataset.rows.sort("cutoff", *LISTING).unique(LISTING, keep="last", maintain_order=True)
        rows = rows.filter(pl.col("sales_units") > 0)
        sold, usual = _floats(rows, "sales_units"), shares.rate(rows).to_numpy()
        back, ripe = np.minimum(_floats(rows, "returned_units"), sold), rows["return_matured"].to_numpy()
        close = concentration(sold[ripe], back[ripe], usual[ripe])
        light = (close + 1.0) / (sold + close)
        come = np.where(ripe, 1.0, come_by(_ages(dataset, rows), back * light, sold * usual * light, ripe))
        told = np.maximum(sold * come, back)
        some = come >= LEAST_COME
        weight = told * (close + 1.0) / (told + close)
        return cls(
            replace(dataset, rows=rows.filter(pl.Series(some))),
            (back / told.clip(1e-9))[some],
            weight[some],
            usual[some],
        )


def come_by(age: Floats, back: Floats, expected: Floats, ripe: Floats) -> Floats:
    """The share of all returns that has usually come in by each listing's age.

    Of listings of one age it is what came back over what is expected of them in the end; it never falls with age
    (isotonic regression by the max-min formula, Barlow and others 1972).

    >>> come_by(np.array([1.0, 2.0, 2.0]), np.array([1.0, 5.0, 2.0]), np.full(3, 10.0), np.zeros(3)).tolist()
    [0.1, 0.35, 0.35]

    Args:
        age: whole days since each listing's session.
        back: units that have come back.
        expected: units expected to come back in the end.
        ripe: listings whose returns are all in; they are left out, and their answer means nothing.
    """
    young = (~ripe.astype(bool)) & (expected > 0)
    days, place = np.unique(age[young], return_inverse=True)
    if not len(days):
        return np.zeros(len(age))
    above = np.append(0.0, np.bincount(place, back[young]).cumsum())
    below = np.append(0.0, np.bincount(place, expected[young]).cumsum())
    first, last = np.indices((len(days), len(days)))
    later = last >= first
    came, hoped = above[last + 1] - above[first], below[last + 1] - below[first]
    mean = np.divide(came, hoped, out=np.zeros(later.shape), where=later)
    lowest = np.minimum.accumulate(np.where(later, mean, np.inf)[:, ::-1], axis=1)[:, ::-1]
    curve = np.where(later, lowest, -np.inf).max(axis=0).clip(0.0, 1.0)
    at = np.searchsorted(days, age, side="right")
    return np.asarray(np.append(0.0, curve)[at], dtype=np.float64)


def _ages(dataset: Dataset, rows: pl.DataFrame) -> Floats:
    since = (pl.lit(dataset.as_of) - pl.col("scheduled_at")).dt.total_microseconds() // _DAY_MICROSECONDS
    return rows.select(since.cast(pl.Float64)).to_series().to_numpy()


def _floats(rows: pl.DataFrame, name: str) -> Floats:
    return rows[name].cast(pl.Float64).to_numpy()
