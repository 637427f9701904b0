"""How much raw material to reserve, to be made into goods only if the session confirms the demand.

Reserving one unit costs the fee f·c, made or not (f is the supplier's `reserve_fee_rate`). If demand goes beyond q, the
buyer waits with probability w, and the unit is made at cost c and earns m - c. R units beyond q are worth

    w·(m - c)·(E[min(D, q + R)] - E[min(D, q)]) - f·c·R

which is itself a newsvendor's profit: a unit sold earns w·(m - c), one reserved costs f·c, one left is worth nothing.
So a unit pays up to Q(1 - f·c / (w·(m - c))). (The option value of a second order: Eppen and Iyer (1997), "Backup
agreements in fashion buying", Management Science 43.)

Beyond goods: goods are decided as if nothing could be reserved, and material comes on top. Instead of goods: both at
once. Then a unit of goods saves the fee of the material that it stands for, and a sale of it forgoes what a buyer who
waits would have brought, so that goods are the newsvendor's with revenue m - w·(m - c) and cost c - f·c.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.policy import Policy
from stocking.units import Money


@dataclass(frozen=True, eq=False)
class Offer:
    """What a supplier's reserve brings, n items: money of a unit that is made after all, fee of each unit reserved.

    Both are 0 where no fee is known or it never pays.
    """

    gain: Numbers
    fee: Numbers

    @classmethod
    def of(cls, frame: pl.DataFrame, policy: Policy) -> Self:
        """From `net_revenue`, `cost`, `salvage` and `reserve_fee_rate` (null: not known)."""
        rate = frame["reserve_fee_rate"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        money = Money.of(frame)
        pays = reserve_level(money, rate, policy.reserve_wait_share) > 0.0
        return cls(
            np.where(pays, policy.reserve_wait_share * money.margin, 0.0),
            np.where(pays, np.nan_to_num(rate) * money.cost, 0.0),
        )

    @property
    def money(self) -> Money:
        """The reserve as goods: what a sale earns, what a unit costs, what is left of one not needed."""
        return Money(self.gain, self.fee, np.zeros_like(self.fee))

    def instead_of(self, goods: Money) -> Money:
        """The goods' money where material stands ready in their place; salvage may lie above the cost that is left."""
        return Money(goods.net_revenue - self.gain, goods.cost - self.fee, goods.salvage)

    def worth(self, demand: Demand, units: Numbers, reserved: Numbers) -> Numbers:
        """What the material reserved beyond so many units is worth on average, its fee paid."""
        more = demand.expected_sales(units + reserved) - demand.expected_sales(units)
        return self.gain * more - self.fee * reserved


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
