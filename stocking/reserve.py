"""How much raw material to reserve, to be made into goods only if the session confirms the demand.

Reserving one unit costs the fee f·c, made or not (f is the supplier's `reserve_fee_rate`). If demand goes beyond q, the
buyer waits with probability w, and the unit is made at cost c and earns m - c. The unit beyond q pays while

    w·P(D > q)·(m - c) > f·c,   that is, up to   q = Q(1 - f·c / (w·(m - c)))

and the finished goods come off that, with them those of the product that no session of the horizon was given. (The
option value of a second order: Eppen and Iyer (1997), "Backup agreements in fashion buying", Management Science 43.)
Finished goods are decided first and as if nothing could be reserved.
"""

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.policy import Policy
from stocking.units import Money


def reserve_level(money: Money, fee_rate: Numbers, wait_share: float) -> Numbers:
    """Up to which quantile of demand reserving pays; 0 where it never does or no fee is known (NaN).

    >>> money = Money(np.array([30.0]), np.array([10.0]), np.array([2.0]))
    >>> reserve_level(money, np.array([0.1]), 0.5).round(3).tolist()  # 1 - 0.1·10 / (0.5·20)
    [0.9]
    """
    gain = wait_share * money.margin
    pays = (gain > 0.0) & ~np.isnan(fee_rate)
    fee = np.where(pays, fee_rate * money.cost, 0.0)
    return np.where(pays, 1.0 - fee / np.where(pays, gain, 1.0), 0.0).clip(min=0.0)


def with_reserve(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Each listing with `reserve_units`, whole units beyond available, recommended and surplus."""
    fee_rate = lines["reserve_fee_rate"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    level = reserve_level(Money.of(lines), fee_rate, policy.reserve_wait_share)
    reach = np.where(level > 0.0, Demand.of(lines).inverse(np.minimum(level, policy.service_level_max)), 0.0)
    units = (
        lines.select(pl.sum_horizontal("available_units", "recommended_units", "surplus_units")).to_series().to_numpy()
    )
    return lines.with_columns(reserve_units=pl.Series(np.floor(reach - units).clip(min=0.0).astype(np.int64)))
