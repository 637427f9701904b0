"""A little more than pays best, for a few products drawn by lot: what was never in stock is never known to be wanted.

A list that stocks too little sees too few sales, learns too little demand, and stocks too little again. So a product
may be given goods for a higher quantile of its demand, with a chance that is written down beside it. What comes of that
is weighed by one over the chance, and so is right on average whatever else decides (Horvitz and Thompson 1952):

    mean over all that could be drawn = 1/n · sum over the drawn of y / propensity
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from stocking.distribution import Numbers

Bools = npt.NDArray[np.bool_]

EXPLORED = pl.Schema(
    {
        "list_sha256": pl.String(),
        "cutoff": pl.Datetime("us", "UTC"),
        "session_id": pl.String(),
        "product_id": pl.String(),
        "propensity": pl.Float64(),
        "drawn": pl.Boolean(),
        "extra_units": pl.Int64(),
    }
)
"""One row for each listing that could have been drawn: with which chance it was given more, whether it was, and how
many units more its product has over all sessions of the list."""


@dataclass(frozen=True)
class Effect:
    """What more goods came to, listing by listing, and how sure that is.

    Attributes:
        more: mean outcome if all that could be drawn had been given more.
        usual: mean outcome if none had.
        gain: the difference.
        error: its standard error.
        listings: that could be drawn.
    """

    more: float
    usual: float
    gain: float
    error: float
    listings: int


def effect(outcome: Numbers, drawn: Bools, propensity: Numbers) -> Effect:
    """The outcome with more goods and without, each listing weighed by one over its chance of being seen that way.

    Whatever the chances, as long as each lies between 0 and 1, it is right on average, the nearer the more listings
    there are: the weights are made to sum to one (Hajek 1971). The error is that of the weighted means.

    Args:
        outcome: of each listing that could be drawn, such as its profit or its sales.
        drawn: which were given more.
        propensity: with which chance.

    >>> told = effect(np.array([9.0, 5.0, 7.0, 3.0]), np.array([True, False, True, False]), np.full(4, 0.5))
    >>> told.more, told.usual, told.gain
    (8.0, 4.0, 4.0)
    """
    more, spread = _weighted(outcome[drawn], 1.0 / propensity[drawn])
    usual, other = _weighted(outcome[~drawn], 1.0 / (1.0 - propensity[~drawn]))
    return Effect(more, usual, more - usual, float(np.hypot(spread, other)), len(outcome))


def _weighted(outcome: Numbers, weight: Numbers) -> tuple[float, float]:
    """A weighted mean and its standard error; no numbers where there is nothing."""
    if not len(outcome):
        return float("nan"), float("nan")
    share = weight / weight.sum()
    mean = float(share @ outcome)
    return mean, float(np.sqrt((share**2 * (outcome - mean) ** 2).sum()))


def logged(lines: pl.DataFrame) -> pl.DataFrame:
    """Which lines of a plan could have been drawn, as `EXPLORED` without the list that they belong to.

    Args:
        lines: with `pool_chance`, `pool_drawn` and `pool_extra` of their pools (`stocking.planning.lots`).
    """
    could = lines.filter(pl.col("pool_chance") > 0.0)
    return could.select(
        "cutoff", "session_id", "product_id", propensity="pool_chance", drawn="pool_drawn", extra_units="pool_extra"
    ).sort("session_id", "product_id")
