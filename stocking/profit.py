"""What a stocking decision would have earned, once the true demand is known, beside the best anyone could have earned.

With q units stocked and demand D a listing earns (m - s)·min(D, q) - (c - s)·q, m, c and s as in `stocking.economics`.
The oracle stocks exactly D where that earns something, and nothing elsewhere. Order dates, packs and minimum orders are
left out on both sides.
"""

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from stocking.economics import NET_REVENUE, with_economics
from stocking.lines import MANY, checked
from stocking.policy import Policy
from stocking.units import with_target


def _amount(high: float) -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(0.0, high))


JUDGED = pa.DataFrameSchema(
    {
        "stocked_units": _amount(MANY),
        "demand_units": _amount(MANY),
        "price": _amount(MANY),
        "cost": _amount(MANY),
        "salvage": _amount(MANY),
        "returned_share": _amount(1.0),
        "return_handling": _amount(MANY),
    },
    strict=False,
)
"""What `realised` reads: the columns of `stocking.economics.with_economics`, the units stocked, the true demand."""


@dataclass(frozen=True)
class Realised:
    """Money and units of many listings together, after the event."""

    profit: float
    oracle_profit: float
    demand_units: float
    sold_units: float
    stocked_units: float

    @property
    def profit_share(self) -> float | None:
        """Profit as a share of the oracle's; None where even the oracle earns nothing."""
        return self.profit / self.oracle_profit if self.oracle_profit > 0 else None

    @property
    def fill_rate(self) -> float | None:
        """Share of the demand that was met; None where there was none."""
        return self.sold_units / self.demand_units if self.demand_units > 0 else None

    @property
    def leftover_share(self) -> float | None:
        """Share of the units stocked that were left over; None where nothing was stocked."""
        return 1 - self.sold_units / self.stocked_units if self.stocked_units > 0 else None


def earned(lines: pl.DataFrame, policy: Policy) -> Realised:
    """What stocking by the forecasts would have earned: each listing gets the units that are best by them.

    Args:
        lines: `stocking.lines.LINES` (the same cutoff or many), `demand_units`, and `actual_return_rate`, which counts
            instead of the forecast one where it is not null.
        policy: what the business accepts.
    """
    return realised(_stocked(lines, policy))


def earned_by_line(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The same line by line, in their order: `profit`, `oracle_profit`, `sold_units` and `stocked_units`."""
    return _money(_stocked(lines, policy)).drop("demand_units")


def realised(lines: pl.DataFrame) -> Realised:
    """What the units stocked earned at the demand that came, and what the oracle would have earned.

    >>> one = {"stocked_units": [8.0], "demand_units": [10.0], "price": [10.0], "cost": [4.0], "salvage": [1.0]}
    >>> realised(pl.DataFrame(one | {"returned_share": [0.0], "return_handling": [0.0]})).profit_share
    0.8
    """
    return Realised(**_money(lines).sum().row(0, named=True))


def _stocked(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    returned = pl.coalesce("actual_return_rate", "return_rate")
    return (
        lines
        .pipe(with_economics, policy)
        .pipe(with_target, policy)
        .with_columns(return_rate=returned, stocked_units=pl.col("target_units").cast(pl.Float64))
        .pipe(with_economics, policy)
    )  # fmt: skip


def _money(lines: pl.DataFrame) -> pl.DataFrame:
    demand, stocked = pl.col("demand_units"), pl.col("stocked_units")
    sold = pl.min_horizontal(demand, stocked)
    earned = (NET_REVENUE - pl.col("salvage")) * sold - (pl.col("cost") - pl.col("salvage")) * stocked
    best = (demand * (NET_REVENUE - pl.col("cost"))).clip(lower_bound=0)
    return checked(lines, JUDGED).select(
        profit=earned, oracle_profit=best, demand_units=demand, sold_units=sold, stocked_units=stocked
    )
