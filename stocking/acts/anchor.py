"""Hints for whoever shows the goods: slow down, speed up, show something else.

A hint is worth what it turns to profit: of the units at stake, the share that answers to it (`response_share`), each at
m - s, since goods that lie there anyway fetch s when left. Attention that one listing does not need goes to the one of
its session with the greatest open profit: (m - s) times the units that would be left over there, as far as so many are
still going to be asked for.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from stocking.acts.settings import Acts
from stocking.acts.situation import Flags, Situation
from stocking.distribution import Numbers


def hints(now: Situation, acts: Acts) -> pl.DataFrame:
    """All hints that could be given, the sell-outs being known.

    Returns:
        `now.frame` with `kind`, `to_product_id`, `value`, `score` and `reason`, a row a hint.
    """
    other = _Other.of(now)
    shown = now.is_open & now.frame["on_show"].fill_null(value=True).to_numpy()
    made = (_slow_down(now, acts, other), _swap(now, acts, other), _speed_up(now, acts))
    when = [hint.when & (shown | (hint.kind == "speed_up")) & (hint.value > 0.0) for hint in made]
    return pl.concat([_told(now, hint, other, at) for hint, at in zip(made, when, strict=True)])


@dataclass(frozen=True, eq=False)
class _Hint:
    kind: str
    when: Flags
    value: Numbers
    score: Numbers
    reason: pl.Expr


@dataclass(frozen=True, eq=False)
class _Other:
    """For each listing the best other one of its session: its row (-1: none), its open profit, its m - s."""

    row: npt.NDArray[np.int64]
    profit: Numbers
    gain: Numbers

    @classmethod
    def of(cls, now: Situation) -> Self:
        profit = _open_profit(now)
        row = _best_other(now, profit)
        return cls(row, np.where(row >= 0, profit[row], 0.0), np.where(row >= 0, now.gain[row], 0.0))

    def turned(self, now: Situation) -> Numbers:
        """What buyers for whom nothing is left here are worth at the other listing, if all turn to it."""
        return np.minimum(self.profit, (now.mean - now.sales) * self.gain)


def _told(now: Situation, hint: _Hint, other: _Other, when: Flags) -> pl.DataFrame:
    rows = np.flatnonzero(when)
    turns = hint.kind != "speed_up"
    return now.frame[rows].with_columns(
        kind=pl.lit(hint.kind),
        to_product_id=now.frame["product_id"][other.row[rows]] if turns else pl.lit(None, pl.String),
        value=pl.Series(hint.value[rows].round(2)),
        score=pl.Series(hint.score[rows].round(6)),
        reason=hint.reason,
    )


def _slow_down(now: Situation, acts: Acts, other: _Other) -> _Hint:
    """About to sell out, long before its time is over, while something else has goods to spare."""
    middle = now.values["minute_mid"]
    early = (middle <= acts.notice_minutes) & (now.minutes_left - middle > acts.notice_minutes)
    reason = pl.format(
        "It sells out in about {} minutes, long before its time is over, while another product has enough goods.",
        pl.col("minute_mid").round(0).cast(pl.Int64),
    )
    value = acts.response_share * other.turned(now)
    return _Hint("slow_down", early & (now.left > 0.0), value, now.values["sell_out_chance"], reason)


def _swap(now: Situation, acts: Acts, other: _Other) -> _Hint:
    """Sold out, or hardly going to sell any more of what is left: show the other product."""
    gone = now.left == 0.0
    still = now.gain * (now.sales - now.sold).clip(min=0.0)
    value = acts.response_share * np.where(gone, other.turned(now), other.profit) - np.where(gone, 0.0, still)
    few = acts.dead_share * np.nan_to_num(now.left)
    is_busy = np.nan_to_num(now.values["recent_units"]) > few
    reason = (
        pl.when(pl.col("sell_out_chance") == 1.0, pl.col("minute_mid") == 0.0)
        .then(pl.lit("It is sold out, while another product has goods and buyers."))
        .otherwise(pl.lit("Hardly anybody still buys it, while another product has goods and buyers."))
    )
    return _Hint(
        "swap",
        ~np.isnan(now.left),
        value,
        np.where(gone, 1.0, np.where(is_busy, 0.0, now.demand.cdf(now.sold + few))),
        reason,
    )


def _speed_up(now: Situation, acts: Acts) -> _Hint:
    """Far behind the plan, so that more is left over than was meant to be."""
    plan = now.values["plan_demand_p50"]
    unplanned = (now.stock - now.sales) - (now.stock - plan).clip(min=0.0)
    score = np.where(np.isnan(plan), 0.0, now.demand.cdf(np.nan_to_num(acts.lag_share * plan)))
    reason = pl.lit("It sells far less than planned, so that more than was meant to be will be left over.")
    return _Hint(
        "speed_up", now.is_open & (now.left > 0.0), acts.response_share * now.gain * unplanned, score, reason
    )  # fmt: skip


def _open_profit(now: Situation) -> Numbers:
    """What goods that would be left over could still bring; 0 where the stock or the price is not known."""
    units = np.minimum(now.stock - now.sales, now.mean - now.sold)
    return np.nan_to_num(now.gain * units).clip(min=0.0)


def _best_other(now: Situation, profit: Numbers) -> npt.NDArray[np.int64]:
    """The row of each session's listing with the greatest open profit, the next best one for that listing itself."""
    ranked = (
        now.frame.select("session_id", profit=pl.Series(profit), row=pl.int_range(pl.len()))
        .sort("session_id", "profit", "row", descending=[False, True, False])
        .with_columns(
            best=pl.col("row").first().over("session_id"),
            next=pl.col("row").get(1, null_on_oob=True).over("session_id"),
        )
        .sort("row")
        .select(pl.when(pl.col("row") != pl.col("best")).then("best").otherwise("next").fill_null(-1))
        .to_series().to_numpy()
    )  # fmt: skip
    return np.where(profit[ranked] > 0.0, ranked, -1)
