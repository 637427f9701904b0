"""What the orders of a plan share: money, room in the warehouse, a supplier's days, places in a session.

budget     of each merchant that has one: unit cost times units
volume     of the warehouse: litres of the goods of the listings ahead, those that are there already among them
capacity   of each supplier with a daily capacity: what must be started within k days, for each such k, is at most
           k times that. An order starts by the `order_by` of the first session that it can still reach in time
products   of a session: how many products goods are ordered for
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from scipy import sparse

from stocking.distribution import Numbers
from stocking.lines import MANY
from stocking.planning.pools import Pools
from stocking.planning.problem import SLACK, allowed
from stocking.policy import Policy

LIMIT: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "owner_id": pl.String,
    "until": pl.Datetime("us", "UTC"),
    "unit": pl.String,
    "limit": pl.Float64,
}


class InfeasibleError(ValueError):
    """No plan keeps to all limits: says which of them fall short, by how much, and what asks for more."""


@dataclass(frozen=True, eq=False)
class Limits:
    """Resources and places, and what a unit of each pool takes of them.

    Attributes:
        frame: `LIMIT`, one row a resource.
        uses: r x n.
        sessions: `LIMIT`, one row a session whose places are limited.
        groups: g x n, ones where a pool takes a place of a session.
    """

    frame: pl.DataFrame
    uses: sparse.csr_array
    sessions: pl.DataFrame
    groups: sparse.csr_array

    @property
    def amounts(self) -> Numbers:
        """What there is of each resource."""
        return self.frame["limit"].to_numpy()

    @property
    def all(self) -> pl.DataFrame:
        """`LIMIT`: the resources, then the sessions."""
        return pl.concat([self.frame, self.sessions])

    @property
    def places(self) -> Numbers:
        """How many places each session has."""
        return self.sessions["limit"].to_numpy()

    @property
    def money(self) -> sparse.csr_array:
        """What a unit takes of budgets alone; rows as in `uses`."""
        paying = (self.frame["kind"] == "budget").cast(pl.Float64).to_numpy()
        return sparse.csr_array(sparse.diags_array(paying) @ self.uses)

    def refuse(self, least: Numbers) -> None:
        """Raise if the least orders do not fit.

        Raises:
            InfeasibleError: names every limit that falls short.
        """
        ordered = (least > 0.0).astype(np.float64)
        asked = np.concatenate([self.uses @ least, self.groups @ ordered])
        told = self.all.with_columns(asked=pl.Series(asked, dtype=pl.Float64))
        short = told.filter(asked > allowed(told["limit"].to_numpy()))
        if short.height:
            raise InfeasibleError(f"no plan keeps to all limits: {'; '.join(short.select(_said()).to_series())}")


def _said() -> pl.Expr:
    asked, limit = pl.col("asked").round(2), pl.col("limit").round(2)
    return pl.format(
        "{}{}{} is {} {}, but what is decided, stands in the warehouse or is asked for by service_level_min takes {}, "
        "{} more",
        "kind",
        pl.when(pl.col("owner_id").is_null()).then(pl.lit("")).otherwise(pl.format(" of {}", "owner_id")),
        pl.when(pl.col("until").is_null()).then(pl.lit("")).otherwise(
            pl.format(" until {}", pl.col("until").dt.strftime("%Y-%m-%d %H:%M UTC"))
        ),
        limit,
        "unit",
        asked,
        (asked - limit).round(2),
    )  # fmt: skip


def limits_of(lines: pl.DataFrame, pools: Pools, at_hand: Numbers, policy: Policy) -> Limits:
    """All limits that the policy and the suppliers set, for pools with so many units at hand."""
    found = [*_budgets(pools, policy), *_volume(pools, at_hand, policy), *_capacities(pools, policy)]
    frame = pl.DataFrame([row for row, _ in found], schema=LIMIT, orient="row")
    none = sparse.csr_array((0, len(at_hand)))
    uses = sparse.vstack([none, *(sparse.csr_array(taken[None, :]) for _, taken in found)], format="csr")
    return Limits(frame, sparse.csr_array(uses), *_places(lines, pools, policy))


Resource = tuple[tuple[object, ...], Numbers]


def _budgets(pools: Pools, policy: Policy) -> Sequence[Resource]:
    cost, owners = pools.frame["cost"].to_numpy(), pools.frame["merchant_id"]
    money = {one: policy.budgets.get(one or "", policy.budget) for one in owners.unique().sort().to_list()}
    return [
        (("budget", one, None, "money", limit), cost * owners.eq_missing(pl.Series([one], dtype=pl.String)).to_numpy())
        for one, limit in money.items()
        if limit is not None
    ]


def _volume(pools: Pools, at_hand: Numbers, policy: Policy) -> Sequence[Resource]:
    litres = pools.frame["unit_l"].to_numpy()
    if policy.warehouse_l is None:
        return []
    room = policy.warehouse_l - float((litres * at_hand).sum())
    full = abs(room) <= policy.warehouse_l * SLACK + SLACK
    return [(("volume", None, None, "l", 0.0 if full else room), litres)]


def _capacities(pools: Pools, policy: Policy) -> Sequence[Resource]:
    known = pl.col("daily_capacity_units").is_not_null() & pl.col("supplier_id").is_not_null()
    mine = pools.frame.with_row_index("pool").filter(known) if policy.keep_supplier_capacity else pools.frame.clear()
    by_supplier = mine.partition_by("supplier_id", maintain_order=True)
    return [one for some in by_supplier for one in _capacity(some, pools.frame.height)]


def _capacity(mine: pl.DataFrame, pools: int) -> Sequence[Resource]:
    """One supplier's limits, for each number of days within which some of its orders must be started."""
    supplier, daily, start = mine.select("supplier_id", "daily_capacity_units", "cutoff").row(0)
    places, days = mine["pool"].to_numpy(), mine["days"].to_numpy()
    return [
        (
            ("capacity", supplier, start + timedelta(days=within), "units", min(float(daily) * within, MANY)),
            np.bincount(places[days <= within], minlength=pools).astype(np.float64),
        )
        for within in np.unique(days).tolist()
    ]


def _places(lines: pl.DataFrame, pools: Pools, policy: Policy) -> tuple[pl.DataFrame, sparse.csr_array]:
    most = policy.session_products_max
    told = lines.select("session_id", pool=pl.Series(pools.member)) if most is not None else None
    if told is None:
        return pl.DataFrame(schema=LIMIT), sparse.csr_array((0, pools.frame.height))
    sessions = told["session_id"].unique().sort()
    at = told["session_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    shape = (len(sessions), pools.frame.height)
    rows = [("products", session, None, "products", float(most or 0)) for session in sessions]
    return pl.DataFrame(rows, schema=LIMIT, orient="row"), sparse.csr_array(
        (np.ones(len(at)), (at, pools.member)), shape=shape
    )
