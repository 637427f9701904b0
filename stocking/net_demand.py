"""How much of the demand stays sold: demand less what comes back, by simulation.

Each of `DRAWS` draws takes a demand D from the forecast's quantiles, a share R that comes back, and lets D units come
back one by one with probability R. R is beta distributed about the forecast rate r, with shapes c r and c (1 - r): the
forecast's own uncertainty, and listings that stray further than coins fall. D and R are independent.

All listings share the same evenly spread draws (a Latin hypercube, McKay and others 1979): neither the order of the
rows nor what other rows there are changes a line, and lines differ by their forecasts alone.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers

DRAWS = 500
FEW = 24  # units that come back one by one; of more, as many as the normal curve says
NET = ("net_demand_mean", "net_demand_p10", "net_demand_p50", "net_demand_p90")
_LEVELS = np.array([0.10, 0.50, 0.90])
_SEED = 20_240_601
_AT_ONCE = 1_000  # rows held in memory with all their draws
_CERTAIN = 1e4  # concentration where none is known: the rate is taken as it is
_RATES = 1.0 / (1.0 + np.exp(-np.linspace(-9.0, 9.0, 145)))
_ODDS = np.linspace(-40.0, 40.0, 4_001)


@dataclass(frozen=True, eq=False)
class Draws:
    """The same chances for every listing.

    Attributes:
        demand: how far up its distribution each draw lies, evenly spread and ascending.
        rate: the same of the rate, in another order.
        normal: standard normal draws, evenly spread, in an order of their own.
        unit: one row a draw, for each of `FEW` units a chance; it comes back where that lies below the rate.
    """

    demand: Numbers
    rate: Numbers
    normal: Numbers
    unit: Numbers

    @classmethod
    def made(cls) -> Self:
        """Always the same."""
        draw = np.random.default_rng(_SEED)
        even = (np.arange(DRAWS) + 0.5) / DRAWS
        normal = np.array([NormalDist().inv_cdf(chance) for chance in even])
        return cls(even, draw.permutation(even), draw.permutation(normal), draw.random((DRAWS, FEW)))


def with_net_demand(lines: pl.DataFrame) -> pl.DataFrame:
    """Each listing with `net_demand_mean`, `net_demand_p10`, `net_demand_p50` and `net_demand_p90`, in units.

    Never below zero, and never above the mean and the quantiles of gross demand.

    Args:
        lines: the forecast's quantiles and mean, `returned_share`, and if known `return_concentration`, which is c.
    """
    known = "return_concentration" if "return_concentration" in lines.columns else pl.lit(None, pl.Float64)
    close = lines.select(close=pl.coalesce(known, pl.lit(_CERTAIN)))["close"].to_numpy()
    demand, share, draws = Demand.of(lines), lines["returned_share"].to_numpy(), Draws.made()
    net = np.zeros((lines.height, len(NET)))
    for one in np.unique(close):
        table, mine = beta_quantiles(float(one), draws.rate), np.flatnonzero(close == one)
        for some in np.split(mine, range(_AT_ONCE, len(mine), _AT_ONCE)):
            net[some] = _told(demand.some(some), _rates(share[some], table), draws)
    gross = [name.removeprefix("net_") for name in NET]
    return lines.with_columns(
        pl.Series(name, net[:, place].round(4) + 0.0) for place, name in enumerate(NET)
    ).with_columns(pl.min_horizontal(name, most) for name, most in zip(NET, gross, strict=True))


def beta_quantiles(close: float, chance: Numbers) -> Numbers:
    """Quantiles of beta distributions with concentration c about 0, each of `_RATES`, and 1: one row each.

    Summed up on the scale of log-odds, where the density x^(c r) (1 - x)^(c (1 - r)) has no poles and its ends are
    exponential.

    >>> beta_quantiles(2.0, np.array([0.2, 0.5]))[73].round(3)  # c = 2 about 1/2: all shares are equally likely
    array([0.2, 0.5])

    Args:
        close: c.
        chance: probabilities between 0 and 1, one column each.
    """
    below, above = close * _RATES[:, None], close * (1.0 - _RATES[:, None])
    height = -below * np.logaddexp(0.0, -_ODDS) - above * np.logaddexp(0.0, _ODDS)
    mass = np.exp(height - height.max(axis=1, keepdims=True))
    step = _ODDS[1] - _ODDS[0]
    mass[:, :1] /= -np.expm1(-below * step)
    mass[:, -1:] /= -np.expm1(-above * step)
    reach = (mass.cumsum(axis=1) - mass / 2.0) / mass.sum(axis=1, keepdims=True)
    found = [np.interp(chance, row, 1.0 / (1.0 + np.exp(-_ODDS))) for row in reach]
    return np.vstack([np.zeros(len(chance)), *found, np.ones(len(chance))])


def _rates(share: Numbers, table: Numbers) -> Numbers:
    """Each listing's rate in each draw: between the rows of the table, so that its mean stays the listing's share."""
    grid = np.array([0.0, *_RATES, 1.0])
    at = np.searchsorted(grid, share, side="right").clip(1, len(grid) - 1)
    part = ((share - grid[at - 1]) / (grid[at] - grid[at - 1]))[:, None]
    drawn: Numbers = (1.0 - part) * table[at - 1] + part * table[at]
    return drawn


def _told(demand: Demand, rate: Numbers, draws: Draws) -> Numbers:
    """Mean, p10, p50 and p90 of each row's net demand; a part of a unit comes back with its whole."""
    gross = demand.spread(draws.demand)
    net = np.sort(gross * (1.0 - _returned(gross, rate, draws)), axis=1)
    upper = np.rint(_LEVELS * DRAWS).astype(np.int64)
    return np.column_stack([net.mean(axis=1), (net[:, upper - 1] + net[:, upper]) / 2.0])


def _returned(gross: Numbers, rate: Numbers, draws: Draws) -> Numbers:
    """The share of each draw's units that comes back: a binomial draw."""
    units = np.rint(gross).clip(min=1.0)
    many = np.rint(units * rate + np.sqrt(units * rate * (1.0 - rate)) * draws.normal).clip(0.0, units)
    few = np.zeros(units.shape, dtype=np.int8)
    for place in range(min(FEW, int(units.max()))):
        few += (draws.unit[:, place] < rate) & (place < units)
    share: Numbers = np.where(units <= FEW, few, many) / units
    return share
