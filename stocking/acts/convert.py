"""How much of the raw material in reserve to make into goods, and when to say so.

Beyond its q units of goods a listing's buyers wait with probability w. R units made now at cost c each find
W = w·(D - q)⁺ buyers, earn m when sold and fetch s when left (`stocking.economics`), the reserve's fee being paid:

    v(R) = (m - s)·w·(E[min(D, q + R/w)] - E[min(D, q)]) - (c - s)·R

which is a newsvendor's profit with R* = w·(Q((m - c)/(m - s)) - q)⁺, at most what is reserved.

When: the order of quick response is worth more the more of the season it has seen (Fisher and Raman (1996), "Reducing
the cost of demand uncertainty through accurate response to early sales", Operations Research 44(1)). Waiting can bring
at most what perfect knowledge would:

    u = (m - c)·w·(E[min(D, q + R_max/w)] - E[min(D, q)])  >=  E[v after waiting]  >=  v(R*)

so waiting has no more value once v(R*) / u comes close to 1, or once the supplier has to know.
"""

import numpy as np
import polars as pl

from stocking.acts.settings import Acts
from stocking.acts.situation import Situation
from stocking.distribution import Numbers
from stocking.policy import Policy

_CENTS = 2


def with_conversion(now: Situation, policy: Policy) -> pl.DataFrame:
    """The listings with `convert_units`, what making them is worth, and how sure that is.

    Returns:
        `now.frame` with `convert_units` (whole units of `reserve_units`, all in all, not on top of what was told),
        `convert_value` (money) and `convert_surety` (0 to 1: v(R*)/u; 0 where nothing should be made).
    """
    reserve = np.floor(np.nan_to_num(now.values["reserve_units"])).clip(min=0.0)
    usable = now.is_under_way & ~np.isnan(now.goods) & ~np.isnan(now.gain) & (policy.reserve_wait_share > 0.0)
    units = np.where(usable, _units(now, reserve, policy), 0.0)
    value = np.where(units > 0.0, _value(now, units, policy), 0.0)
    known = now.money.margin * _waiting(now, reserve, policy)
    surety = np.where(units > 0.0, value / np.where(known > 0.0, known, 1.0), 0.0)
    return now.frame.with_columns(
        convert_units=pl.Series(units.astype(np.int64)),
        convert_value=pl.Series(value.round(_CENTS)),
        convert_surety=pl.Series(surety.clip(0.0, 1.0).round(6)),
    )


def conversions(now: Situation, acts: Acts, policy: Policy) -> pl.DataFrame:
    """Advice to convert, to be given once it is due or as good as sure (`sure_at`).

    Returns:
        `units`, `by` (never before the cutoff), `value`, `score`, `reason`.
    """
    due = pl.col("ends") - pl.duration(seconds=round(60 * acts.tell_supplier_minutes))
    is_due = (due <= pl.col("cutoff") + pl.duration(seconds=round(60 * acts.notice_minutes))).fill_null(value=False)
    is_sure = pl.col("convert_surety") >= acts.sure_at
    why = (
        pl.when(is_due)
        .then(pl.lit("Buyers will want more than there is in stock, and the supplier has to know now."))
        .otherwise(pl.lit("Buyers will want more than there is in stock, and waiting would hardly change how much."))
    )
    return (
        with_conversion(now, policy)
        .filter(pl.col("convert_units") > 0)
        .with_columns(
            kind=pl.lit("convert"),
            units="convert_units",
            value="convert_value",
            score=pl.when(is_due).then(1.0).when(is_sure).then("convert_surety").otherwise(0.0),
            by=pl.max_horizontal(due, "cutoff"),
            reason=why,
        )
    )


def _units(now: Situation, reserve: Numbers, policy: Policy) -> Numbers:
    """R*, whole: the better of the two whole numbers beside it, the smaller one where they are worth the same."""
    ratio = np.nan_to_num(np.minimum(now.money.critical_ratio, policy.service_level_max))
    wanted = policy.reserve_wait_share * (now.demand.inverse(ratio) - np.nan_to_num(now.goods))
    best = np.where(ratio > 0.0, wanted, 0.0).clip(0.0, reserve)
    below, above = np.floor(best), np.minimum(np.floor(best) + 1.0, reserve)
    more = _value(now, above, policy) - _value(now, below, policy)
    units: Numbers = np.where(np.nan_to_num(more).round(6) > 0.0, above, below)
    return units


def _value(now: Situation, units: Numbers, policy: Policy) -> Numbers:
    loss = now.money.cost - now.money.salvage
    return now.gain * _waiting(now, units, policy) - loss * units


def _waiting(now: Situation, units: Numbers, policy: Policy) -> Numbers:
    """E[min(W, R)]: of the units made, those for which a buyer waits."""
    wait = policy.reserve_wait_share
    sold = now.expected_sales(now.goods + units / (wait or 1.0))
    waiting: Numbers = wait * (sold - now.expected_sales(now.goods))
    return waiting
