"""When a listing sells out, and how likely it is to.

Demand arrives along a curve: F(m) is the share of a listing's final demand that has usually arrived m minutes after its
opening. With s units sold at m and a final demand of D, t minutes later

    sold(t) = s + (D - s)·(F(m + t) - F(m)) / (1 - F(m))

so that q units are gone when F(m + t) = F(m) + (1 - F(m))·(q - s)/(D - s). The nowcast's p90, p50 and p10 of D give the
early, the middle and the late minute. Past the end of the curve the rest is taken to come evenly until the listing's
end.
"""

import numpy as np
import polars as pl

from stocking.acts.situation import Situation, known
from stocking.distribution import Numbers
from stocking.policy import Policy

Curve = tuple[Numbers, Numbers]

MINUTES = {"minute_low": "demand_p90", "minute_mid": "demand_p50", "minute_high": "demand_p10"}
"""The minutes from the cutoff until the sell-out, and the quantile of demand that gives each."""


SELL_OUT = pl.Schema({"sell_out_chance": pl.Float64(), **dict.fromkeys(MINUTES, pl.Float64())})
"""What `with_sell_out` adds."""


class ArrivalsError(ValueError):
    """The curve of arrivals cannot be used; says what was found."""


def with_sell_out(now: Situation, arrivals: pl.DataFrame) -> Situation:
    """The listings with the minutes until they sell out and the chance that they do before the session's end.

    Adds `sell_out_chance` (null: stock not known) and `minute_low`, `minute_mid`, `minute_high`: minutes from the
    cutoff if demand is high (p90), middling and low (p10); null where goods then last until the listing's end, and
    before it is open.

    Args:
        now: the listings.
        arrivals: `minutes` since a listing's opening, increasing; `share` of its final demand that has usually arrived
            by then, 0 to 1, never falling.

    Raises:
        ArrivalsError: another curve.
    """
    curve = _curve(arrivals)
    arrived = np.interp(np.nan_to_num(now.values["minutes_open"]), *curve)
    minutes = {name: _minutes(now, now.values[level], arrived, curve).round(2) for name, level in MINUTES.items()}
    return now.beside(sell_out_chance=sell_out_chance(now).round(6), **minutes)


def sell_outs(listings: pl.DataFrame, arrivals: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`NOWCAST` and `LISTING` with `SELL_OUT`, as pages and readers get them, sorted by session and product."""
    told = with_sell_out(Situation.of(listings, policy), arrivals).frame
    return known(listings).with_columns(told.select(SELL_OUT.names()))


def sell_out_chance(now: Situation) -> Numbers:
    """How likely all that there is will be asked for: P(D > q - 1); NaN where the stock is not known."""
    out = 1.0 - now.demand.cdf(np.nan_to_num(now.stock - 1.0).clip(min=0.0))
    return np.where(np.isnan(now.stock), np.nan, np.where(now.stock <= now.sold, 1.0, out.clip(0.0, 1.0)))


def _curve(arrivals: pl.DataFrame) -> Curve:
    """Minutes and shares, beginning with nothing at the opening."""
    minutes, share = (arrivals[name].cast(pl.Float64).to_numpy() for name in ("minutes", "share"))
    sound = minutes.size and np.isfinite(minutes).all() and minutes[0] >= 0.0 and (np.diff(minutes) > 0.0).all()
    if not (sound and (np.diff(share) >= 0.0).all() and share[0] >= 0.0 and share[-1] <= 1.0):
        raise ArrivalsError("found a curve of arrivals that is empty or falls: expected shares of 0 to 1 that never do")
    opening = np.zeros(int(minutes[0] > 0.0))
    return np.r_[opening, minutes], np.r_[opening, share]


def _minutes(now: Situation, final: Numbers, arrived: Numbers, curve: Curve) -> Numbers:
    """Minutes until the sell-out if so many are wanted in the end; NaN where there is none."""
    coming = final - now.sold
    part = np.where(now.left == 0.0, 0.0, now.left / np.where(coming > 0.0, coming, np.nan))
    along = _first_minute(arrived + (1.0 - arrived) * part, curve) - now.values["minutes_open"]
    minutes = np.where(arrived < 1.0, along.clip(min=0.0), part * now.minutes_left)
    lasts = (part > 1.0) | (minutes > now.minutes_left) | ~np.isfinite(minutes)
    return np.where(now.is_open & (now.left == 0.0), 0.0, np.where(lasts, np.nan, minutes))


def _first_minute(share: Numbers, curve: Curve) -> Numbers:
    """The first minute by which so much has arrived; infinite where it never has."""
    minutes, shares = curve
    wanted = np.nan_to_num(share, nan=2.0)
    after = np.searchsorted(shares, np.where(wanted <= 1.0, wanted, 2.0), side="left")
    high = after.clip(max=len(shares) - 1)
    low = (high - 1).clip(min=0)
    rise = shares[high] - shares[low]
    step = np.where(rise > 0.0, (wanted - shares[low]) / np.where(rise > 0.0, rise, 1.0), 1.0)
    return np.where(after < len(shares), minutes[low] + step.clip(0.0, 1.0) * (minutes[high] - minutes[low]), np.inf)
