"""What is known of the listings at one cutoff: what they will sell, what they have, what a unit is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.economics import with_economics
from stocking.lines import INSTANT, LEVELS
from stocking.policy import Policy
from stocking.units import Money

Flags = npt.NDArray[np.bool_]

KEY = ("session_id", "product_id")
_MINUTE = 60_000_000
NOWCAST = pl.Schema({
    "session_id": pl.String(),
    "product_id": pl.String(),
    "cutoff": INSTANT,
    "minutes_open": pl.Float64(),
    "sold_units": pl.Int64(),
    "p_hit": pl.Float64(),
    "demand_mean": pl.Float64(),
    **dict.fromkeys(LEVELS, pl.Float64()),
})  # fmt: skip
"""One row per listing: its gross demand in the whole session as if stock were unlimited, known at the cutoff.

`minutes_open` is null before the listing's first click, cart or order; `demand_…` are never below `sold_units`.
"""

LISTING = pl.Schema({
    "merchant_id": pl.String(),
    "supplier_id": pl.String(),
    "anchor_id": pl.String(),
    "room_id": pl.String(),
    "title": pl.String(),
    "category": pl.String(),
    "price": pl.Float64(),
    "unit_cost": pl.Float64(),
    "salvage_value": pl.Float64(),
    "return_rate": pl.Float64(),
    "stock_units": pl.Int64(),
    "units_offered": pl.Int64(),
    "reserve_units": pl.Int64(),
    "plan_demand_p50": pl.Float64(),
    "on_show": pl.Boolean(),
    "recent_units": pl.Float64(),
    "scheduled_at": INSTANT,
    "slot_ends": INSTANT,
    "ends": INSTANT,
})  # fmt: skip
"""What may be known beside it; a column that is not there is null in every row.

`stock_units`: the goods that the listing had when its session began; `reserve_units`: raw material kept for it, not yet
made; `plan_demand_p50`: the median demand of the plan; `on_show`: whether the anchor shows it now (null: not known);
`recent_units`: units sold in the last minutes;
`slot_ends`: when its own time in the session is over; `ends`: the session's planned end.
"""


_TOLD = (
    *KEY, "cutoff", "merchant_id", "supplier_id", "anchor_id", "minutes_open", "reserve_units", "on_show",
    "scheduled_at", "ends",
)  # fmt: skip


class SituationError(ValueError):
    """The listings cannot be advised on; says what was found and what was expected."""


@dataclass(frozen=True, eq=False)
class Situation:
    """All listings at one cutoff.

    Attributes:
        frame: whose they are, and their moments, sorted by session and product.
        values: its numbers to calculate with, by column, NaN where one is not known; of instants the minutes from the
            cutoff on, never below 0.
        demand: the final demand of each; never below what is sold.
        money: what a unit of each earns and costs; NaN where the price is not known.
    """

    frame: pl.DataFrame
    values: Mapping[str, Numbers]
    demand: Demand
    money: Money

    @classmethod
    def of(cls, listings: pl.DataFrame, policy: Policy) -> Self:
        """From `NOWCAST` with whatever is known of `LISTING`.

        Raises:
            SituationError: a column of the nowcast is missing, a number in it is none, a listing stands there twice.
        """
        frame = known(listings).pipe(with_economics, policy)
        demand, values = Demand.of(frame), _values(frame)
        knots = np.maximum(demand.knots, values["sold_units"][:, None])
        return cls(frame.select(_TOLD), values, Demand(knots, demand.tail_scale), Money.of(frame))

    def beside(self, **more: Numbers) -> Self:
        """The same with more numbers of each listing, in the frame null where they are not known."""
        told = [pl.Series(name, one, nan_to_null=True) for name, one in more.items()]
        return replace(self, frame=self.frame.with_columns(told), values={**self.values, **more})

    @property
    def sold(self) -> Numbers:
        """Units sold until now."""
        return self.values["sold_units"]

    @cached_property
    def stock(self) -> Numbers:
        """Units at which the listing is sold out: its goods, or fewer where fewer are offered; NaN: not known."""
        return np.fmin(self.values["stock_units"], self.values["units_offered"])

    @cached_property
    def goods(self) -> Numbers:
        """Its goods, whatever is offered of them; the units offered where the goods are not known."""
        units = self.values["stock_units"]
        return np.where(np.isnan(units), self.values["units_offered"], units)

    @cached_property
    def left(self) -> Numbers:
        """Units that it can still sell."""
        return (self.stock - self.sold).clip(min=0.0)

    @cached_property
    def minutes_left(self) -> Numbers:
        """Until the end of its time in the session, or of the session; NaN where neither is known."""
        return np.fmin(self.values["slot_ends"], self.values["ends"])

    @cached_property
    def is_open(self) -> Flags:
        """Whether somebody clicked, put into a cart or ordered."""
        return ~np.isnan(self.values["minutes_open"])

    @cached_property
    def is_under_way(self) -> Flags:
        """Whether its session has begun, as planned or by what viewers do."""
        has_begun: Flags = self.values["scheduled_at"] == 0.0
        return self.is_open | has_begun

    @cached_property
    def mean(self) -> Numbers:
        """Expected final demand."""
        return self.demand.mean

    @cached_property
    def sales(self) -> Numbers:
        """Units that it is expected to have sold in the end."""
        return np.where(np.isnan(self.stock), self.mean, self.expected_sales(self.stock))

    @cached_property
    def gain(self) -> Numbers:
        """What a unit that lies there anyway brings when it is sold rather than left."""
        return self.money.net_revenue - self.money.salvage

    def expected_sales(self, units: Numbers) -> Numbers:
        """E[min(D, q)]; NaN where the units are not known."""
        return np.where(np.isnan(units), np.nan, self.demand.expected_sales(np.nan_to_num(units)))


def _values(frame: pl.DataFrame) -> Mapping[str, Numbers]:
    numeric = [name for name, dtype in (NOWCAST | LISTING).items() if dtype.is_numeric()]
    instants = [name for name, dtype in LISTING.items() if dtype == INSTANT]
    minutes = ((pl.col(name) - pl.col("cutoff")).dt.total_microseconds() / _MINUTE for name in instants)
    columns = frame.select(
        pl.col(numeric).cast(pl.Float64).fill_null(np.nan),
        *(one.clip(lower_bound=0.0).fill_null(np.nan).alias(name) for name, one in zip(instants, minutes, strict=True)),
    )
    return {one.name: one.to_numpy() for one in columns}


def known(listings: pl.DataFrame) -> pl.DataFrame:
    """The columns of `NOWCAST` and `LISTING`, silent ones null, sorted by session and product.

    Raises:
        SituationError: as `Situation.of`.
    """
    missing = [name for name in NOWCAST if name not in listings.columns]
    if missing:
        raise SituationError(f"found no column {', '.join(missing)}: expected those of NOWCAST")
    has = (NOWCAST | LISTING).items()
    frame = listings.select(
        (pl.col(name) if name in listings.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in has
    ).sort(KEY)
    _finite(frame)
    if frame.select(pl.struct(KEY).is_duplicated().any()).item():
        raise SituationError("found a listing twice at one cutoff, expected one row each")
    return frame


def _finite(frame: pl.DataFrame) -> None:
    told = [name for name in NOWCAST if name.startswith("demand_")]
    sound = pl.all_horizontal(pl.col(*told).is_finite().fill_null(value=False)) & pl.col("sold_units").is_not_null()
    bad = frame.select((~sound).sum()).item()
    if bad:
        raise SituationError(f"found {bad} listings whose sales or demand are no numbers, expected none")
