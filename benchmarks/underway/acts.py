"""What advice would have been worth: sell-outs told in time, and reserves converted by what was known."""

from datetime import timedelta

import numpy as np
import polars as pl

from benchmarks.plans import Week as PlanWeek
from benchmarks.plans import as_lines, joint, outcome
from benchmarks.underway.week import Frame, Week, looked_at
from features.episodes import spans
from features.known import stock_at
from features.listings import upcoming
from features.outages import outages
from flows.underway.told import arrivals
from models.dataset import LISTING
from models.grid import FORECAST
from stocking.acts.advise import ALERTS, Moment, advise
from stocking.acts.convert import with_conversion
from stocking.acts.situation import Situation
from stocking.alternatives import RESERVES
from stocking.lines import LEVELS
from stocking.policy import Policy

MINUTE = timedelta(minutes=1)
NOTICE = 5 * MINUTE
_STATED = ("merchant_id", "supplier_id", "anchor_id", "room_id", "title", "category", "price", "unit_cost",
           "salvage_value", "units_offered")  # fmt: skip


def sell_outs(weeks: list[Week]) -> None:
    """Alerts of sell-outs minute by minute: precision and recall at five minutes' notice, beside the run rate."""
    every = [_minutes(one) for one in weeks]
    out = pl.concat([_sold_out(one) for one in weeks])
    known = out.join(pl.concat(every).filter(pl.col("units_offered").is_not_null()), on=LISTING, how="semi")
    print(
        f"\n**sell-outs told at least 5 minutes ahead, of {known.height} with a known stock ({out.height} in all)**\n"
    )
    print(
        "| rule | listings told of before | of these sold out | told in time of all that sold out |\n|---|---|---|---|"
    )
    rules = {"alerts": _alerts, "pace of 5 minutes": _by_rate}
    for name, rule in rules.items():
        first = pl.concat([rule(one, rows) for one, rows in zip(weeks, every, strict=True)])
        told = first.join(known, on=LISTING, how="left")
        before = told.filter((pl.col("told") < pl.col("out")).fill_null(value=True))
        right = before["out"].is_not_null().mean()
        in_time = (told["told"] <= told["out"] - NOTICE).fill_null(value=False).sum() / max(known.height, 1)
        print(f"| {name} | {before.height} | {right or 0:.2f} | {in_time:.2f} |")


def _minutes(one: Week) -> Frame:
    """Every listing at every minute of its session, with its nowcast and what is known of it."""
    length = one.site.settings().features.default_session_minutes
    ran = spans(one.ready.tables, length).select("session_id", "begins", "ends")
    plan = one.planned.select(*LISTING, "scheduled_at").join(ran, on="session_id")
    rows = plan.select(
        *LISTING, cutoff=pl.datetime_ranges(pl.col("begins").dt.truncate("1m") + MINUTE, pl.col("ends"), "1m")
    ).explode("cutoff")
    seen = looked_at(one, rows)
    nowcaster = one.serving.predictor.nowcaster
    now = nowcaster.told(seen, one.site.settings().models.threads)
    planned_ends = one.planned.join(ran, on="session_id").select(*LISTING, "ends")
    clicks = pl.col("listing_clicks_5m").fill_null(0)
    shown = (clicks > 0) & (clicks == clicks.max().over("session_id", "cutoff"))
    rate = seen.select(on_show=shown, rate=pl.col("listing_units_5m").fill_null(0) / 5)
    return now.hstack(rate).join(_stated(one), on=LISTING, how="left").join(planned_ends, on=LISTING, how="left")


def _stated(one: Week) -> Frame:
    listings = upcoming(one.ready.tables, one.cutoff, timedelta(days=14)).select(*LISTING, *_STATED, "scheduled_at")
    return (
        listings.with_columns(plan_demand_p50=pl.lit(None, pl.Float64))
        .join(one.planned.select(*LISTING, "return_rate", plan="demand_p50"), on=LISTING, how="left")
        .with_columns(plan_demand_p50="plan")
        .drop("plan")
    )


def _sold_out(one: Week) -> Frame:
    """When listings sold out for the first time."""
    gone = outages(one.ready.tables).group_by(LISTING).agg(out=pl.col("from_ts").min())
    return gone.join(one.planned.select(LISTING), on=LISTING, how="semi")


def _alerts(one: Week, rows: Frame) -> Frame:
    """When each listing was first told to sell out, session by session, minute by minute."""
    config, curve = one.site.settings(), arrivals(one.serving.predictor)
    told = []
    for session in rows.partition_by("session_id"):
        earlier = pl.DataFrame(schema=ALERTS)
        minutes = session.sort("cutoff").partition_by("cutoff", maintain_order=True)
        for tick, now in enumerate(minutes, start=1):
            found = advise(Moment(tick, now, curve), earlier, config.live.acts, config.policy)
            earlier = pl.concat([earlier, found]) if found.height else earlier
        told.append(earlier)
    return pl.concat(told).filter(kind="sell_out").group_by(LISTING).agg(told=pl.col("cutoff").min())


def _by_rate(one: Week, rows: Frame) -> Frame:
    """When what is left would have lasted for at most as long as alerts look ahead, at the pace of five minutes."""
    notice = one.site.settings().live.acts.notice_minutes
    left = pl.col("units_offered") - pl.col("sold_units")
    near = (left > 0) & (pl.col("rate") > 0) & (left / pl.col("rate") <= notice)
    return rows.filter(near.fill_null(value=False)).group_by(LISTING).agg(told=pl.col("cutoff").min())


def conversions(weeks: list[Week]) -> None:
    """Plans whose reserve is converted by what was known when, beside plans without one, and the oracle."""
    print("\n**reserves: profit as a share of the oracle's**\n")
    print("| reserve | nothing converted | by the plan | by the nowcast | in hindsight |\n|---|---|---|---|---|")
    for name, change in RESERVES.items():
        total = np.zeros(5)
        for one in weeks:
            total += _played(one, one.site.settings().policy.model_copy(update=dict(change)))
        print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in total[:4] / total[4]) + " |")


def _played(one: Week, policy: Policy) -> "np.typing.NDArray[np.float64]":
    """Profit with nothing converted, by the plan, by the nowcast, in hindsight; and the oracle's."""
    ahead = upcoming(one.ready.tables, one.cutoff, timedelta(days=7))
    forecast = one.serving.predictor.forecast(one.ready.features(ahead)).select(*LISTING, *FORECAST)
    lines = as_lines(ahead.join(forecast, on=LISTING, maintain_order="left"))
    has_rate = "true_return_rate" in one.planned.columns
    rate = pl.col("true_return_rate") if has_rate else pl.lit(None, pl.Float64)
    came = one.planned.select(*LISTING, "demand_units", rate=rate)
    kept = lines.join(came.select(LISTING), on=LISTING, how="semi", maintain_order="left")
    asked = PlanWeek(one.cutoff, kept, kept.select(LISTING), stock_at(one.ready.tables["stock"], one.cutoff), came)
    ran = outcome(asked, joint(asked, policy), policy)
    base = ran["profit"] - (ran["net_revenue"] - ran["cost"]) * ran["made_units"]
    waiting = policy.reserve_wait_share * (ran["demand_units"] - ran["had_units"]).clip(0.0)
    told = {"plan": _converted(one, ran, policy, late=False), "now": _converted(one, ran, policy, late=True)}
    earned = [base.sum() + _gain(ran, made, waiting).sum() for made in told.values()]
    return np.array([base.sum(), *earned, ran["profit"].sum(), ran["oracle_profit"].sum()])


def _gain(ran: Frame, made: pl.Series, waiting: pl.Series) -> pl.Series:
    both = pl.DataFrame({"made": made.cast(pl.Float64), "waiting": waiting})
    sold = both.select(pl.min_horizontal("made", "waiting")).to_series()
    return ran["net_revenue"] * sold - ran["cost"] * both["made"] + ran["salvage"] * (both["made"] - sold)


def _converted(one: Week, ran: Frame, policy: Policy, *, late: bool) -> pl.Series:
    """Units of each line's reserve that are made: by the forecast before its session, or by the late nowcast."""
    length = one.site.settings().features.default_session_minutes
    told = timedelta(minutes=one.site.settings().live.acts.tell_supplier_minutes)
    ended = spans(one.ready.tables, length).select("session_id", "begins", "ends")
    lines = ran.select(*LISTING).join(ended, on="session_id", how="left", maintain_order="left")
    begins = lines.with_columns(cutoff=pl.max_horizontal("begins", pl.col("ends") - told).dt.truncate("1m"))
    known = begins.drop_nulls("cutoff").join(one.planned.select(LISTING), on=LISTING, how="semi")
    seen = looked_at(one, known)
    now = one.serving.predictor.nowcaster.told(seen, one.site.settings().models.threads)
    before = one.planned.select(*LISTING, "demand_mean", *LEVELS)
    if not late:
        now = (
            now.drop("demand_mean", *LEVELS)
            .join(before, on=LISTING, how="left", maintain_order="left")
            .with_columns(sold_units=pl.lit(0, pl.Int64), minutes_open=pl.lit(0.0))
        )
    state = now.join(
        ran.select(*LISTING, "price", "unit_cost", "salvage_value", "return_rate", "scheduled_at",
                   stock_units=pl.col("had_units").floor().cast(pl.Int64), reserve_units="reserve_units"),
        on=LISTING, how="left",
    )  # fmt: skip
    found = with_conversion(Situation.of(state, policy), policy).select(*LISTING, "convert_units")
    return ran.join(found, on=LISTING, how="left", maintain_order="left")["convert_units"].fill_null(0)
