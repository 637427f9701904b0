"""What would be planned under other budgets, service levels and ways to reserve: one row a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stocking.plan import planned
from stocking.planning.limits import InfeasibleError
from stocking.policy import Policy

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of what each merchant would spend freely: the budgets that are tried where none is named."""

ALTERNATIVES = {
    "plan": pl.String,
    "reserve": pl.String,
    "budget": pl.Float64,
    "service": pl.Float64,
    "spend": pl.Float64,
    "fees": pl.Float64,
    "profit": pl.Float64,
    "reserve_value": pl.Float64,
    "fill_rate": pl.Float64,
    "leftover_share": pl.Float64,
    "ordered_units": pl.Int64,
    "reserved_units": pl.Int64,
    "gap": pl.Float64,
    "next_worth": pl.Float64,
    "infeasible": pl.String,
}
"""Money, shares and units of each plan as a whole. `budget` is what all merchants together may spend (null: as much as
pays); `next_worth` the profit that one more unit of money would bring the merchant to whom it would bring most;
`infeasible` says why there is no such plan, and then all else is null."""

RESERVES: Mapping[str, Mapping[str, object]] = {
    "none": {"reserve_wait_share": 0.0},
    "beyond goods": {"reserve_instead": False},
    "instead of goods": {"reserve_instead": True},
}


@dataclass(frozen=True, eq=False)
class Planning:
    """What is planned for: the listings with their forecasts, the stock, and the policy as it is configured."""

    lines: pl.DataFrame
    stock: pl.DataFrame
    policy: Policy


def alternatives(ahead: Planning, budgets: Sequence[float], services: Sequence[float]) -> pl.DataFrame:
    """The plan as configured, and one for each budget, service level and way to reserve.

    Args:
        ahead: what is planned for.
        budgets: what each merchant may spend; none: shares of what it would spend freely, and no limit.
        services: least service levels; none: the configured one.

    Returns:
        `ALTERNATIVES`, the configured plan first.
    """
    policy = ahead.policy
    levels = services or [policy.service_level_min]
    rows = [
        _row(ahead, policy, {"plan": "as configured", "reserve": _way(policy), "service": policy.service_level_min})
    ]
    for name, limits in _budgets(ahead, budgets):
        for service in levels:
            for way, change in RESERVES.items():
                changed = policy.model_copy(update={**limits, **change, "service_level_min": service})
                rows.append(_row(ahead, changed, {"plan": name, "reserve": way, "service": service}))
    return pl.DataFrame(rows, schema=ALTERNATIVES)


def _way(policy: Policy) -> str:
    if policy.reserve_wait_share == 0.0:
        return "none"
    return "instead of goods" if policy.reserve_instead else "beyond goods"


def _budgets(ahead: Planning, budgets: Sequence[float]) -> Iterator[tuple[str, dict[str, object]]]:
    """Names of budgets and what they change in the policy."""
    free: dict[str, object] = {"budget": None, "budgets": {}}
    if budgets:
        yield from ((f"budget {one:,.0f}", {"budget": one, "budgets": {}}) for one in budgets)
        return
    spends = _spends(ahead, ahead.policy.model_copy(update=free))
    for share in SHARES if spends else ():
        mine = {merchant: share * money for merchant, money in spends.items() if merchant is not None}
        yield f"{share:.0%} of what pays", {"budget": share * spends.get(None, 0.0), "budgets": mine}
    yield "as much as pays", free


def _spends(ahead: Planning, policy: Policy) -> dict[str | None, float]:
    """What each merchant would spend on goods under a policy; nothing is told where there is no plan at all."""
    try:
        plan = planned(ahead.lines, ahead.stock, policy.model_copy(update={"reserve_wait_share": 0.0}))
    except InfeasibleError:
        return {}
    spent = plan.lines.group_by("merchant_id").agg(pl.col("recommended_units").dot("cost").round(2))
    return dict(spent.sort("merchant_id").iter_rows())


def _row(ahead: Planning, policy: Policy, named: dict[str, object]) -> dict[str, object]:
    try:
        plan = planned(ahead.lines, ahead.stock, policy)
    except InfeasibleError as error:
        return {**dict.fromkeys(ALTERNATIVES), **named, "infeasible": str(error)}
    prospect, money = plan.prospect, plan.limits.filter(pl.col("kind") == "budget")
    return {
        **named,
        "budget": money["limit"].sum() if money.height else None,
        "spend": prospect.spend,
        "fees": prospect.fees,
        "profit": prospect.profit,
        "reserve_value": prospect.reserve_value,
        "fill_rate": prospect.fill_rate,
        "leftover_share": prospect.leftover_share,
        "ordered_units": plan.lines["recommended_units"].sum(),
        "reserved_units": plan.lines["reserve_units"].sum(),
        "gap": prospect.gap,
        "next_worth": money["worth"].max() if money.height else 0.0,
        "infeasible": None,
    }
