"""All orders of the horizon at once: posed, solved, handed on to the listings, and accounted for."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stocking.distribution import Demand, Numbers
from stocking.planning.allocation import allocate
from stocking.planning.exact import Effort, prove
from stocking.planning.lots import Lots, lots
from stocking.planning.material import fees, instead, reserved
from stocking.planning.posed import Posed
from stocking.planning.problem import Solution, allowed
from stocking.planning.prospect import Prospect
from stocking.planning.risk import cautious
from stocking.planning.sharing import Whole, shared, split
from stocking.policy import Policy
from stocking.units import numbers


@dataclass(frozen=True, eq=False)
class Joint:
    """What was decided together.

    Attributes:
        lines: the listings with `available_units`, `recommended_units`, `reserve_units`, `reserve_value` (money), and
            `TOLD` of their pools.
        limits: `stocking.decided.LIMITS`.
        prospect: what the plan is expected to come to.
    """

    lines: pl.DataFrame
    limits: pl.DataFrame
    prospect: Prospect


TOLD = (
    "pool_order", "pool_best", "pool_free", "pool_have", "pool_least", "pool_listings", "missed", "surplus_units",
    "stock_is_known", "pool_chance", "pool_drawn", "pool_extra",
)  # fmt: skip
"""Of a listing's pool: its order, the units best to have, the order that would pay without limits, the units at hand,
what must be ordered, its listings, whether it is left out as too late, the units in stock that none of them should
have, whether its stock is known, and what the lot gave it (`stocking.planning.lots`)."""


def decided_together(lines: pl.DataFrame, stock: pl.DataFrame, policy: Policy) -> Joint:
    """The orders of the plan, under all that binds them together.

    Raises:
        InfeasibleError: what must be ordered or kept does not fit the limits.
    """
    posed = Posed.of(lines, stock, policy)
    best = _solved(posed, policy)
    lot = lots(posed, best, policy)
    solution = lot.added(best, posed)
    reserve = reserved(posed, solution.orders, policy.service_level_max)
    have = posed.problem.items.at_hand + solution.orders
    worth = posed.offer.worth(posed.pools.demand, have + posed.frame["surplus_units"].to_numpy(), reserve)
    told = _told(posed, solution, (reserve, worth), policy).with_columns(_of_the_lot(lot))
    return Joint(
        lines=_to_listings(lines, posed, told, policy),
        limits=_account(posed, solution, reserve),
        prospect=_prospect(posed, solution, (reserve, worth), both=_both_at_once(policy)),
    )


def _prospect(posed: Posed, solution: Solution, waiting: tuple[Numbers, Numbers], *, both: bool) -> Prospect:
    """`waiting`: units reserved, and their worth; `both`: the solution's bound is of goods and reserve together."""
    items, (reserve, worth) = posed.problem.items, waiting
    units, value = items.at_hand + solution.orders, float(worth.sum())
    cautious_gain = solution.gain if not both else posed.problem.gain(solution.orders)
    return Prospect(
        profit=float(items.money.expected_profit(items.demand, units).sum()) + value,
        gain=cautious_gain + value,
        bound=solution.bound + (0.0 if both else value),
        spend=float((solution.orders * items.money.cost).sum()),
        fees=float((reserve * posed.offer.fee).sum()),
        reserve_value=value,
        demand_units=float(posed.pools.demand.mean.sum()),
        sold_units=float(posed.pools.demand.expected_sales(units).sum()),
        stocked_units=float(units.sum()),
    )


def _both_at_once(policy: Policy) -> bool:
    """Whether goods and reserve are chosen together; the worst outcomes count of goods alone."""
    return policy.reserve_instead and policy.cvar_level == 1.0


def _solved(posed: Posed, policy: Policy) -> Solution:
    if policy.cvar_level < 1.0:
        return cautious(posed.problem, posed.pools.draws, policy.cvar_level)
    if _both_at_once(policy):
        return instead(posed, policy.service_level_max)
    return prove(posed.problem, Effort(policy.prove_seconds)) if policy.prove_seconds > 0.0 else allocate(posed.problem)


def _told(posed: Posed, solution: Solution, waiting: tuple[Numbers, Numbers], policy: Policy) -> pl.DataFrame:
    """The pools with `TOLD`, and their reserve and its worth.

    What would pay without limits is known of plans by expected profit alone: else what is ordered counts as that.
    """
    items, (reserve, worth) = posed.problem.items, waiting
    free = items.legal(np.zeros(len(items))) if policy.goods_by_mean else solution.orders
    return posed.frame.with_columns(
        pool_order=_units(solution.orders),
        pool_best="target_units",
        pool_free=_units(free),
        pool_have=_units(items.at_hand),
        pool_least=_units(items.low),
        pool_listings=pl.Series(np.bincount(posed.pools.member, minlength=len(items))),
        pool_reserve=_units(reserve),
        pool_reserve_value=pl.Series(worth),
    )


def _of_the_lot(lot: Lots) -> list[pl.Series]:
    told = {"pool_chance": lot.chance, "pool_drawn": lot.drawn}
    return [*(pl.Series(name, values) for name, values in told.items()), _units(lot.extra).alias("pool_extra")]


def _to_listings(lines: pl.DataFrame, posed: Posed, told: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Each listing with its part of what its pool has, orders and reserves."""
    items, member = posed.problem.items, posed.pools.member
    whole = Whole(items.at_hand, numbers(told, "pool_order"), items.terms.pack, items.terms.least)
    units = shared(lines, member, whole, policy.service_level_max).hstack(told.select(TOLD)[member])
    short = _short(units, policy.service_level_max)
    reserve = split(numbers(told, "pool_reserve"), short, member)
    part = reserve / np.maximum(numbers(told, "pool_reserve"), 1.0)[member]
    value = part * told["pool_reserve_value"].to_numpy()[member]
    return units.with_columns(reserve_units=_units(reserve), reserve_value=pl.Series(value.round(4) + 0.0))


def _short(lines: pl.DataFrame, ceiling: float) -> Numbers:
    """How much of each listing's greatest demand its goods leave open."""
    most = Demand.of(lines).inverse(np.full(lines.height, ceiling))
    return (most - numbers(lines, "available_units") - numbers(lines, "recommended_units")).clip(min=0.0)


def _account(posed: Posed, solution: Solution, reserve: Numbers) -> pl.DataFrame:
    """What the plan had to keep to, what it takes of it, and what more of it would bring."""
    used = posed.problem.used(solution.orders) + fees(posed) @ reserve
    counted = posed.limits.groups @ (solution.orders > 0.0).astype(np.float64)
    rows, exact = posed.limits.all, np.concatenate([used, counted])
    limit = rows["limit"].to_numpy()
    return rows.with_columns(
        used=pl.Series(np.where(exact <= allowed(limit), np.minimum(exact, limit), exact)),
        worth=pl.Series(np.concatenate([solution.worth, 0.0 * counted]).round(6)),
    )


def _units(values: Numbers) -> pl.Series:
    return pl.Series(np.rint(values).astype(np.int64))
