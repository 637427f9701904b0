"""Pictures made of bars: something per session or day, and how much of each limit the plan uses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from stocking.papers.voice import Voice

MOST_COLUMNS = 40
FEWEST_COLUMNS = 10
MOST_MARKS = 6
MOST_LETTERS = 56
MOST_LEVELS = 8
GAP = 0.25
FULL = 0.995
CENT = 0.005
_ORDER = {"budget": 0, "volume": 1, "capacity": 2, "products": 3}


@dataclass(frozen=True)
class Column:
    """One upright bar: its place and width in percent from left to right, its height as a share of the tallest.

    Attributes:
        place: where it starts.
        width: how broad it is.
        height: how high.
        more: height of what stands on top of it, in another colour.
        value: how much it is, in words; empty where there is no room.
        mark: its date; empty where there is no room.
        hint: what it says in full.
    """

    place: float
    width: float
    height: float
    more: float
    value: str
    mark: str
    hint: str


@dataclass(frozen=True)
class Level:
    """How much of a limit the plan uses.

    Attributes:
        kind: `budget`, `volume`, `capacity` or `products`.
        owner: whose limit it is.
        until: the day it counts up to; empty where it is for all days.
        unit: what it is counted in.
        used: in words.
        limit: in words.
        share: used, in percent.
        is_full: nothing is left.
        worth: the profit that one more would bring, in words; empty where it would bring none.
    """

    kind: str
    owner: str
    until: str
    unit: str
    used: str
    limit: str
    share: float
    is_full: bool
    worth: str


def columns(amounts: pl.DataFrame, voice: Voice) -> Sequence[Column]:
    """Upright bars in the order of time, of whole days where there would be too many.

    Args:
        amounts: `at`, `value` and, where something stands on top, `more`.
        voice: of the reader.
    """
    bars, is_daily = _placed(amounts, voice)
    totals = [value + more for _, value, more in bars.iter_rows()]
    most, told = max([*totals, 1e-9]), [voice.tenths(total) for total in totals]
    broadest = max(map(len, told), default=0)
    width = 100.0 / max(bars.height, FEWEST_COLUMNS)
    left = (100.0 - width * bars.height) / 2
    every = math.ceil(bars.height / MOST_MARKS)
    say = voice.day if is_daily or bars.schema["at"] == pl.Date else voice.moment
    return [
        Column(
            place=round(left + width * (place + GAP / 2), 2),
            width=round(width * (1 - GAP), 2),
            height=round(value / most, 4),
            more=round(more / most, 4),
            value=said if broadest * bars.height <= MOST_LETTERS else "",
            mark=voice.short_day(at) if place % every == 0 else "",
            hint=f"{say(at)}: {said}",
        )
        for place, ((at, value, more), said) in enumerate(zip(bars.iter_rows(), told, strict=True))
    ]


def _placed(amounts: pl.DataFrame, voice: Voice) -> tuple[pl.DataFrame, bool]:
    more = pl.col("more") if "more" in amounts.columns else pl.lit(0.0)
    known = amounts.select("at", pl.col("value").cast(pl.Float64), more=more.cast(pl.Float64)).fill_null(0.0)
    known = known.filter(pl.col("at").is_not_null()).sort("at", "value", "more")
    if known.height <= MOST_COLUMNS:
        return known, False
    day = (
        pl.col("at") if known.schema["at"] == pl.Date else pl.col("at").dt.convert_time_zone(str(voice.zone)).dt.date()
    )
    return known.group_by(at=day, maintain_order=True).agg(pl.col("value", "more").sum()).tail(MOST_COLUMNS), True


def levels(limits: pl.DataFrame, voice: Voice) -> Sequence[Level]:
    """How much of each limit is used, the tightest of each kind where there are many, in the order of time."""
    share = pl.when(pl.col("limit") > 0).then(pl.col("used") / pl.col("limit")).otherwise(1.0)
    order = pl.col("kind").replace_strict(_ORDER, return_dtype=pl.Int64)
    ordered = (
        limits
        .with_columns(share=share, order=order)
        .sort("order", "share", "until", "owner_id", descending=[False, True, False, False])
        .head(MOST_LEVELS)
        .sort("order", "until", "owner_id", maintain_order=True)
    )  # fmt: skip
    return [_level(row, voice) for row in ordered.iter_rows(named=True)]


def _level(row: dict[str, Any], voice: Voice) -> Level:
    say = voice.money if row["kind"] == "budget" else voice.count
    return Level(
        kind=str(row["kind"]),
        owner=str(row["owner_id"] or ""),
        until=voice.day(row["until"]) if row["until"] else "",
        unit=str(row["unit"]),
        used=say(row["used"]),
        limit=say(row["limit"]),
        share=round(100 * min(row["share"], 1.0), 2),
        is_full=row["share"] >= FULL,
        worth=voice.price(row["worth"]) if (row["worth"] or 0.0) >= CENT else "",
    )
