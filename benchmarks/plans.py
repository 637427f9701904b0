"""Plans against rules under the same money: joint, listing by listing, and days of cover, played through what came.

    baokuan backtest --home HOME --origins 6 --every 7d --horizon 7d --out out/results/NAME [--config …] [--truth …]
    python benchmarks/plans.py out/results/NAME --home HOME [--config FILE] [--share 1.0] [--rules-only]

At each origin of the backtest every plan has the same stock, suppliers and budgets: a share of what the
listing-by-listing newsvendor would spend freely, for each merchant. The sessions of the week are then played one after
the other (`stocking.played`). Demand is the true one where it is known, else what was sold, and then listings that sold
out are left out of the plan. Prints Markdown tables.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]  # features.py would hide the package

from features.known import stock_at
from features.listings import upcoming
from flows.data import Data, read_data
from flows.site import Site
from models.grid import FORECAST
from stocking.alternatives import RESERVES
from stocking.availability import SUPPLY, with_available
from stocking.distribution import Demand
from stocking.economics import with_economics
from stocking.lines import LINES, listings
from stocking.order_by import with_order_by
from stocking.plan import planned
from stocking.played import played
from stocking.policy import Policy
from stocking.units import Money, OrderTerms, best_order, numbers, with_order_terms, with_target

OURS, COVER = "challenger", "days_of_cover"
LISTING = ["session_id", "product_id"]
Frame = pl.DataFrame
Rule = Callable[["Week", Policy], pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Week:
    """One origin: the listings ahead with our forecast and the cover rule's, the stock, and what came."""

    origin: datetime
    lines: Frame
    cover: Frame
    stock: Frame
    came: Frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--config", type=Path, action="append", default=[])
    parser.add_argument("--share", type=float, action="append")
    parser.add_argument("--rules-only", action="store_true", help="neither the reserve nor what constraints cost")
    arguments = parser.parse_args()
    site = Site(home=arguments.home, config=tuple(arguments.config))
    rows = pl.read_parquet(arguments.folder / "backtest.parquet")
    weeks, policy = list(_weeks(rows, read_data(site))), site.settings().policy
    for share in arguments.share or [1.0, 0.75, 0.5]:
        _compare(weeks, policy, share)
    if not arguments.rules_only:
        _waiting(weeks, policy)
        _constraints(weeks, policy)


def _weeks(rows: Frame, data: Data) -> list[Week]:
    """The origins of a backtest, each as one would have stood there."""
    horizon = timedelta(days=7)
    weeks = []
    for origin in rows["origin"].unique().sort():
        here = rows.filter(pl.col("origin") == origin)
        ours, cover = here.filter(predictor=OURS), here.filter(predictor=COVER)
        ahead = upcoming(data.tables, origin, horizon)
        lines = ahead.join(ours.select(*LISTING, *FORECAST), on=LISTING, how="inner").pipe(as_lines)
        came = ours.select(*LISTING, demand_units=_came(), rate="actual_return_rate")
        kept = came.drop_nulls("demand_units")
        known = cover.select(*LISTING, cover_units="demand_p50")
        weeks.append(Week(origin, lines.join(kept.select(LISTING), on=LISTING, how="semi"), known,
                          stock_at(data.tables["stock"], origin), kept))  # fmt: skip
    return weeks


def _came() -> pl.Expr:
    """The demand that came; null where a listing sold out and nobody knows its true demand."""
    return pl.when(~pl.col("censored")).then("demand_units")


def as_lines(ahead: Frame) -> Frame:
    silent = {"reasons": pl.List(pl.String), "forecast_notes": pl.List(pl.String)}
    return ahead.with_columns(
        pl.lit("backtest").alias("model_version"),
        pl.lit("backtest").alias("data_version"),
        *(pl.lit(None, dtype).alias(name) for name, dtype in silent.items()),
        *(pl.col(name).cast(LINES.columns[name].dtype.type) for name in ("lead_time_days", "return_rate")),
    )


def joint(week: Week, policy: Policy) -> Frame:
    """Our plan."""
    return planned(week.lines, week.stock, policy).lines.select(
        *LISTING, "available_units", "recommended_units", "reserve_units"
    )


def alone(week: Week, policy: Policy) -> Frame:
    """The newsvendor listing by listing, stock by time; the best ranks first until the money is gone."""
    lines = _priced(week, policy).pipe(with_target, policy)
    handed = with_available(lines, week.stock)["available_units"]
    terms = OrderTerms(numbers(lines, "least_units"), numbers(lines, "packed_units"))
    wanted = (handed.to_numpy().astype(float), numbers(lines, "optimal_units"))
    order = best_order(Demand.of(lines), Money.of(lines), wanted, terms)
    return _until_spent(lines.with_columns(available_units=handed, recommended_units=_whole(order)), policy)


def cover(week: Week, policy: Policy) -> Frame:
    """The days-of-cover rule: what sold per day lately, for the session, in whole packs; the best sellers first."""
    lines = _priced(week, policy).join(week.cover, on=LISTING, how="left", maintain_order="left")
    lines = lines.with_columns(target_units=pl.col("cover_units").fill_null(0).ceil().cast(pl.Int64))
    handed = with_available(lines, week.stock)["available_units"]
    missing = (lines["target_units"] - handed).to_numpy().astype(float)
    terms = OrderTerms(numbers(lines, "least_units"), numbers(lines, "packed_units"))
    order = np.where(missing > 0, terms.not_below(missing), 0.0)
    told = lines.with_columns(available_units=handed, recommended_units=_whole(order), p_hit=pl.col("cover_units"))
    return _until_spent(told, policy)


RULES: Mapping[str, Rule] = {"joint plan": joint, "newsvendor, listing by listing": alone, "days of cover": cover}


def _priced(week: Week, policy: Policy) -> Frame:
    return listings(week.lines).pipe(with_economics, policy).pipe(with_order_terms, policy).pipe(with_order_by, policy)


def _whole(units: np.ndarray) -> pl.Series:
    return pl.Series(units.astype(np.int64))


def _until_spent(lines: Frame, policy: Policy) -> Frame:
    """The orders in the order of their rank, each whole as long as its merchant's money lasts."""
    left = dict(policy.budgets)
    kept = []
    for row in lines.sort("p_hit", *LISTING, descending=[True, False, False]).iter_rows(named=True):
        price, owner = row["recommended_units"] * row["cost"], row["merchant_id"] or ""
        affordable = price <= left.get(owner, float("inf")) + 1e-6
        left[owner] = left.get(owner, float("inf")) - price * affordable
        kept.append(
            (row["session_id"], row["product_id"], row["available_units"], row["recommended_units"] * affordable)
        )
    names = [*LISTING, "available_units", "recommended_units"]
    return pl.DataFrame(kept, schema=names, orient="row").with_columns(reserve_units=pl.lit(0, pl.Int64))


def outcome(week: Week, units: Frame, policy: Policy) -> Frame:
    """The week played: all stock there is stands ready from the beginning."""
    held = week.stock.select("product_id", held=SUPPLY)
    first = pl.col("scheduled_at") == pl.col("scheduled_at").min().over("product_id")
    first &= pl.col("session_id") == pl.col("session_id").filter(first).min().over("product_id")
    lines = (
        _priced(week, policy)
        .join(units, on=LISTING, how="left", suffix="_planned", maintain_order="left")
        .join(week.came, on=LISTING, how="left", maintain_order="left")
        .join(held, on="product_id", how="left", maintain_order="left")
        .with_columns(available_units=pl.when(first).then(pl.col("held").fill_null(0)).otherwise(0))
        .with_columns(pl.coalesce("rate", "return_rate").alias("return_rate"))
        .with_columns(
            pl.col("recommended_units", "reserve_units").fill_null(0), pl.col("demand_units").cast(pl.Float64)
        )
        .pipe(with_economics, policy)
    )
    return played(lines, policy.reserve_wait_share)


def _total(outcomes: list[Frame]) -> dict[str, float]:
    rows = pl.concat(outcomes, how="diagonal")
    total = rows.select(
        profit=pl.col("profit").sum() / pl.col("oracle_profit").sum(),
        fill=(pl.col("sold_units") + pl.col("made_units")).sum() / pl.col("demand_units").sum(),
        left=pl.col("left_units").sum() / (pl.col("sold_units") + pl.col("left_units")).sum(),
        spend=(pl.col("recommended_units") * pl.col("cost")).sum(),
        fees=(pl.col("reserve_fee_rate").fill_null(0) * pl.col("cost") * pl.col("reserve_units")).sum(),
    )
    return total.row(0, named=True)


def _limited(week: Week, policy: Policy, share: float) -> Policy:
    """The policy with budgets: a share of what the newsvendor would spend freely, for each merchant."""
    free = policy.model_copy(update={"budget": None, "budgets": {}})
    spent = alone(week, free).join(_priced(week, policy).select(*LISTING, "merchant_id", "cost"), on=LISTING)
    money = spent.group_by(pl.col("merchant_id").fill_null("")).agg(pl.col("recommended_units").dot("cost") * share)
    budgets = {owner: round(amount, 4) for owner, amount in money.iter_rows()}
    return policy.model_copy(update={"budget": budgets.pop("", None), "budgets": budgets})


def _compare(weeks: list[Week], policy: Policy, share: float) -> None:
    print(f"\n**budgets of {share:.0%} of what the newsvendor would spend, goods only**\n")
    _head("rule", "profit of the oracle's", "fill rate", "left over", "budget used")
    quiet = policy.model_copy(update={"reserve_wait_share": 0.0})
    limited = [_limited(week, quiet, share) for week in weeks]
    allowed = sum(sum(one.budgets.values()) + (one.budget or 0.0) for one in limited)
    for name, rule in RULES.items():
        total = _total([outcome(week, rule(week, one), one) for week, one in zip(weeks, limited, strict=True)])
        _row(name, total, f"{total['spend'] / allowed:.0%}")


def _waiting(weeks: list[Week], policy: Policy) -> None:
    print("\n**the reserve, half of the newsvendor's budget and all of it**\n")
    _head("reserve", "profit of the oracle's", "fill rate", "left over", "goods and fees")
    for share in (0.5, 1.0):
        for name, change in RESERVES.items():
            limited = [_limited(week, policy, share).model_copy(update=change) for week in weeks]
            total = _total([outcome(week, joint(week, one), one) for week, one in zip(weeks, limited, strict=True)])
            _row(f"{name}, {share:.0%}", total, f"{total['spend']:,.0f} + {total['fees']:,.0f}")


def _constraints(weeks: list[Week], policy: Policy) -> None:
    print("\n**what each constraint costs the joint plan, goods only**\n")
    _head("constraint", "profit of the oracle's", "fill rate", "left over", "spent")
    free = policy.model_copy(
        update={"reserve_wait_share": 0.0, "keep_supplier_capacity": False, "budget": None, "budgets": {}}
    )
    litres = [_litres(week, joint(week, free)) for week in weeks]
    cases: Mapping[str, Callable[[int], Mapping[str, object]]] = {
        "none": lambda _: {},
        "suppliers' daily capacity": lambda _: {"keep_supplier_capacity": True},
        "budgets of half of what pays": lambda place: _limited(weeks[place], free, 0.5).model_dump(
            include={"budget", "budgets"}
        ),
        "a warehouse half as large as pays": lambda place: {"warehouse_l": litres[place] / 2 + 1.0},
        "at most 5 products a session": lambda _: {"session_products_max": 5},
        "nothing that comes too late": lambda _: {"late_orders": "drop"},
        "a service level of 0.8 at least": lambda _: {"service_level_min": 0.8},
        "the worst fifth of outcomes counts": lambda _: {"cvar_level": 0.2},
        "each session by itself": lambda _: {"product_share": 0.999 - free.session_share - free.category_share},
    }
    for name, change in cases.items():
        policies = [free.model_copy(update=dict(change(place))) for place in range(len(weeks))]
        total = _total([outcome(week, joint(week, one), free) for week, one in zip(weeks, policies, strict=True)])
        _row(name, total, f"{total['spend']:,.0f}")


def _litres(week: Week, units: Frame) -> float:
    joined = units.join(week.lines.select(*LISTING, "unit_volume_l"), on=LISTING)
    stocked = pl.col("recommended_units") + pl.col("available_units")
    return float(joined.select((stocked * pl.col("unit_volume_l").fill_null(0)).sum()).item())


def _head(*names: str) -> None:
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))


def _row(name: str, total: Mapping[str, float], last: str) -> None:
    print(f"| {name} | {total['profit']:.3f} | {total['fill']:.3f} | {total['left']:.3f} | {last} |")


if __name__ == "__main__":
    main()
