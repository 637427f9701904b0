"""Whether one forecast is worse than another day after day, asked every day, with a stated share of wrong answers.

If it were no worse it would lose on a day with a chance of at most one half, whatever happened before. Bets on its
losing, with every chance from one half to one tried alike, come from a capital of 1 to

    2^(n + 1) · integral from 1/2 to 1 of q^k (1 - q)^(n - k) dq

after k lost days of n, and that reaches c at any time at all with a chance of at most 1 / c (Ville 1939; Robbins 1970,
"Statistical methods related to the law of the iterated logarithm").
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import special

from models.accuracy import row_pinball
from models.grid import Floats


@dataclass(frozen=True)
class Worse:
    """How one forecast did beside another.

    Attributes:
        days: on which the two differ.
        lost: on which it was worse.
        evidence: the capital; with a chance of 1 / c at most it ever reaches c if it is no worse.
        loss: its mean pinball loss over all rows.
        other: that of the other.
    """

    days: int
    lost: int
    evidence: float
    loss: float
    other: float


def evidence(lost: Floats) -> Floats:
    """The capital after each day.

    Args:
        lost: 1 where it was worse on a day, 0 where it was better.

    >>> evidence(np.ones(4)).round(2).tolist()
    [1.5, 2.33, 3.75, 6.2]
    """
    n = np.arange(1, len(lost) + 1)
    k = np.cumsum(lost)
    area = special.betaln(k + 1, n - k + 1) + np.log(special.betaincc(k + 1, n - k + 1, 0.5).clip(min=1e-300))
    return np.asarray(np.exp(((n + 1) * np.log(2.0) + area).clip(max=700.0)), dtype=np.float64)


def worse(rows: pl.DataFrame, other: pl.DataFrame) -> Worse:
    """How a forecast did beside another of the same rows, which have `day` and are judged by their demand.

    Args:
        rows: a forecast beside `day`, `demand_units` and `available_share`, by which a sold-out row weighs.
        other: the other forecast of the same rows, in the same order.
    """
    weight = rows["available_share"].to_numpy()
    each = [row_pinball(one) * weight for one in (rows, other)]
    days = (
        rows.select("day", mine=pl.Series(each[0]), theirs=pl.Series(each[1]))
        .group_by("day")
        .agg(pl.col("mine", "theirs").sum().round(9))
        .filter(pl.col("mine") != pl.col("theirs"))
        .sort("day")
    )
    lost = (days["mine"] > days["theirs"]).cast(pl.Float64).to_numpy()
    heavy = max(float(weight.sum()), 1e-9)
    told = evidence(lost)
    return Worse(
        days=days.height,
        lost=int(lost.sum()),
        evidence=float(told.max()) if len(told) else 1.0,
        loss=float(each[0].sum()) / heavy,
        other=float(each[1].sum()) / heavy,
    )
