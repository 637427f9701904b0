"""What people are told at a tick, and what they are not told again.

What was told before is the only memory; a tick that is worked on once more tells the same. Of a listing and a kind:

- nothing new within the cool-down, unless the value at least doubles;
- a sell-out is told from the chance `raise_at` on, and stands until it falls below `clear_at`: then it is taken back
  (`sell_out_off`), and may be told anew;
- reserve and goods to move are told again only when the units have doubled or halved, or the value has doubled;
- hints for the anchor, which hold for the moment, are told again after the cool-down; one a session at a time;
- nothing within the cool-down that would undo other advice (`stocking.acts.opposed`).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from stocking.acts.anchor import hints
from stocking.acts.convert import conversions
from stocking.acts.opposed import unopposed
from stocking.acts.reallocate import reallocations
from stocking.acts.sell_out import with_sell_out
from stocking.acts.settings import Acts
from stocking.acts.situation import KEY, Situation
from stocking.lines import INSTANT
from stocking.policy import Policy

ALERTS = pl.Schema({
    "alert_id": pl.String(),
    "tick": pl.Int64(),
    "cutoff": INSTANT,
    "kind": pl.String(),
    "session_id": pl.String(),
    "product_id": pl.String(),
    "merchant_id": pl.String(),
    "supplier_id": pl.String(),
    "anchor_id": pl.String(),
    "units": pl.Int64(),
    "by": INSTANT,
    "minute_low": pl.Float64(),
    "minute_mid": pl.Float64(),
    "minute_high": pl.Float64(),
    "to_session_id": pl.String(),
    "to_product_id": pl.String(),
    "value": pl.Float64(),
    "reason": pl.String(),
})  # fmt: skip
"""One row per thing told; `value` in money, the minutes from the cutoff to a sell-out, `by`: to be done until then."""

ANCHOR_KINDS = ("slow_down", "speed_up", "swap")
LISTING_KINDS = ("sell_out", "sell_out_off", "convert", "reallocate", *ANCHOR_KINDS)
"""In the order in which they are told."""

_TWICE = 2.0


@dataclass(frozen=True, eq=False)
class Moment:
    """What is known when people may be told something.

    Attributes:
        tick: number of the micro-batch.
        listings: `stocking.acts.situation.NOWCAST` with whatever is known of `LISTING`; sessions still to come with
            their plan's demand, so that goods can be moved to them.
        arrivals: `minutes` since a listing's opening and the `share` of its demand that has usually arrived by then.
    """

    tick: int
    listings: pl.DataFrame
    arrivals: pl.DataFrame


def advise(moment: Moment, earlier: pl.DataFrame, acts: Acts, policy: Policy) -> pl.DataFrame:
    """What is new at this tick, for all listings at once.

    Args:
        moment: the tick.
        earlier: `ALERTS` told before; those of this tick and later ones are not looked at.
        acts: what is worth saying.
        policy: what the business accepts.

    Returns:
        `ALERTS`, sorted by session, product and kind; `value` is null where the price is not known.
    """
    now = with_sell_out(Situation.of(moment.listings, policy), moment.arrivals)
    now = now.beside(turnover=(now.values["price"] * now.sales).round(2))
    every = [
        _sell_outs(now, acts), conversions(now, acts, policy), reallocations(now, acts.spare_level), hints(now, acts)
    ]  # fmt: skip
    before = earlier.filter(pl.col("tick") < moment.tick)
    fresh = _with_memory(pl.concat(every, how="diagonal_relaxed"), before).filter(_is_new(acts))
    return _written(_one_hint(unopposed(fresh, before, timedelta(minutes=acts.cool_down_minutes))), moment.tick)


def alert_ids(alerts: pl.DataFrame) -> pl.Series:
    """The digest of each row's tick, session, product and kind, 16 letters: the same alert, the same id.

    >>> told = pl.DataFrame({"tick": [3], "session_id": ["S1"], "product_id": ["P1"], "kind": ["swap"]})
    >>> alert_ids(told).to_list()
    ['5909a2cb063df4cb']
    """
    return pl.Series("alert_id", list(_digests(alerts)), pl.String)


def _digests(alerts: pl.DataFrame) -> Iterator[str]:
    for row in alerts.select("tick", *KEY, "kind").iter_rows():
        yield hashlib.sha256(json.dumps(row).encode("utf-8")).hexdigest()[:16]


def _sell_outs(now: Situation, acts: Acts) -> pl.DataFrame:
    """All listings under way whose stock is known, told or taken back."""
    chance, middle = pl.col("sell_out_chance"), pl.col("minute_mid")
    percent = (100 * chance).floor().cast(pl.Int64)
    span = [pl.col(name).round(0).cast(pl.Int64) for name in ("minute_mid", "minute_low", "minute_high")]
    reason = (
        pl.when(chance < acts.clear_at).then(pl.lit("It is no longer likely to sell out."))
        .when(middle == 0.0).then(pl.lit("It is sold out."))
        .when(span[2].is_not_null())
        .then(pl.format("It sells out in about {} minutes, most likely between {} and {}.", *span))
        .when(middle.is_not_null())
        .then(pl.format("It sells out in about {} minutes, though it may also last until its end.", span[0]))
        .otherwise(pl.format("It sells out before the end with a chance of {} in 100.", percent))
    )  # fmt: skip
    missed = pl.Series((now.money.margin * (now.mean - now.sales)).round(2), nan_to_null=True)
    return (
        now.frame.with_columns(
            kind=pl.when(chance < acts.clear_at).then(pl.lit("sell_out_off")).otherwise(pl.lit("sell_out")),
            value=pl.when(chance >= acts.clear_at).then(missed),
            score=chance,
            reason=reason,
        )
        .filter(chance.is_not_null() & pl.Series(now.is_under_way))
    )  # fmt: skip


def _with_memory(advice: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Each piece of advice with what was last told of its listing in its way, and last hinted in its session."""
    before = earlier.sort("tick", "kind").select(
        *KEY, "tick", "cutoff", "value", "units", way=_WAY, last="kind", is_hint=pl.col("kind").is_in(ANCHOR_KINDS)
    )
    told = before.unique([*KEY, "way"], keep="last", maintain_order=True)
    hinted = before.filter("is_hint").unique("session_id", keep="last", maintain_order=True)
    return (
        advice.with_columns(way=_WAY)
        .join(
            told.select(*KEY, "way", "last", told="cutoff", told_value="value", told_units="units"),
            on=[*KEY, "way"], how="left", maintain_order="left",
        )
        .join(
            hinted.select("session_id", hinted="cutoff", hinted_value="value"),
            on="session_id", how="left", maintain_order="left",
        )
    )  # fmt: skip


_WAY = pl.col("kind").str.strip_suffix("_off")


def _is_new(acts: Acts) -> pl.Expr:
    kind, last = pl.col("kind"), pl.col("last")
    doubled = pl.col("value") >= _TWICE * pl.col("told_value")
    is_free = _is_free(acts, "told")
    is_worth = (pl.col("value") >= acts.value_min) & (
        (kind == "sell_out") | (pl.col("value") >= acts.value_share_min * pl.col("turnover")).fill_null(value=True)
    )
    is_raised = (pl.col("score") >= acts.raise_at) & is_worth.fill_null(kind == "sell_out")
    changed = pl.col("units").is_between(pl.col("told_units") / _TWICE, pl.col("told_units") * _TWICE, closed="none")
    is_new = (
        pl.when(kind == "sell_out_off").then((last == "sell_out") & is_free)
        .when(kind == "sell_out").then(is_raised & is_free & (last.ne_missing("sell_out") | doubled))
        .when(kind.is_in(ANCHOR_KINDS)).then(is_raised & is_free & _is_free(acts, "hinted"))
        .otherwise(is_raised & is_free & (doubled | ~changed.fill_null(value=False)))
    )  # fmt: skip
    return is_new.fill_null(value=False)


def _is_free(acts: Acts, told: str) -> pl.Expr:
    """Nothing told within the cool-down, or worth at least twice as much now."""
    rests = pl.col("cutoff") - pl.col(told) < pl.duration(microseconds=round(6e7 * acts.cool_down_minutes))
    doubled = pl.col("value") >= _TWICE * pl.col(f"{told}_value")
    return ~rests.fill_null(value=False) | doubled.fill_null(value=False)


def _one_hint(advice: pl.DataFrame) -> pl.DataFrame:
    """Of several hints for a session the one that is worth most: an anchor does one thing at a time."""
    is_hint = pl.col("kind").is_in(ANCHOR_KINDS)
    best = advice.filter(is_hint).sort("value", *KEY, "kind", descending=[True, False, False, False])
    return pl.concat([advice.filter(~is_hint), best.unique("session_id", keep="first", maintain_order=True)])


def _written(advice: pl.DataFrame, tick: int) -> pl.DataFrame:
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in ALERTS.items() if name not in advice.columns]
    rows = advice.with_columns(lacking).with_columns(tick=pl.lit(tick, pl.Int64)).sort(*KEY, "kind")
    return rows.with_columns(alert_ids(rows)).select(pl.col(name).cast(dtype) for name, dtype in ALERTS.items())
