"""What a paper's pictures show and where each mark stands: shares of the width in percent, nothing drawn yet.

The templates draw the marks as SVG by hand rather than matplotlib: a picture then keeps its letters readable on a phone
(its width is the screen's, its letters stay as they are), follows the page's dark and printed colours, escapes all
text as the page does, reads no formula into a title's dollar signs, and takes a millisecond rather than a second.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from stocking.papers.voice import Voice, plain, shortened

BEST = 20
MOST_LETTERS = 30
DEMAND_ENDS = 62.0
PROFIT_STARTS = 66.0


@dataclass(frozen=True)
class Interval:
    """The units that may be wanted, and those planned, as places from left to right.

    Attributes:
        low: nine of ten times at least this is wanted.
        middle: as often more as less.
        high: nine of ten times at most this.
        planned: in stock and to order.
        reserved: with what the reserved material makes on top.
    """

    low: float
    middle: float
    high: float
    planned: float
    reserved: float


@dataclass(frozen=True)
class Best:
    """One of the best lines: its demand beside what it earns."""

    rank: int
    title: str
    whole_title: str
    interval: Interval
    zero: float
    profit: float
    amount: str
    is_loss: bool


@dataclass(frozen=True)
class Tick:
    """A number on an axis and its place."""

    place: float
    label: str


@dataclass(frozen=True)
class Ranking:
    """The best lines with one axis of units for all."""

    rows: Sequence[Best]
    ticks: Sequence[Tick]


def interval(row: dict[str, object], whole: float, width: float = 100.0) -> Interval:
    """Where a line's demand and plan stand when `whole` units take up `width` percent."""
    low, middle, high = (_number(row.get(f"demand_{level}")) for level in ("p10", "p50", "p90"))
    planned = planned_units(row)
    reserved = planned + _number(row.get("reserve_units"))
    scale = width / max(whole, 1.0)
    return Interval(*(round(min(scale * units, width), 2) for units in (low, middle, high, planned, reserved)))


def reach(row: dict[str, object]) -> float:
    """The largest number of units that a line's picture has to show."""
    return max(_number(row.get("demand_p90")), planned_units(row) + _number(row.get("reserve_units")), 1.0)


def planned_units(row: dict[str, object]) -> float:
    """What can be sold of a line as planned, in units: what is in stock and what is ordered."""
    return _number(row.get("available_units")) + _number(row.get("recommended_units"))


def ranking(lines: pl.DataFrame, voice: Voice) -> Ranking:
    """The lines of the greatest expected profit: the demand that may come, the units planned, the profit.

    Args:
        lines: of a merchant; each keeps the rank that it has in the list.
        voice: of the reader.
    """
    best = lines.sort("expected_profit", "rank", descending=[True, False], nulls_last=True).head(BEST)
    rows = list(best.iter_rows(named=True))
    step = stride(max((reach(row) for row in rows), default=1.0), 4)
    whole = step * math.ceil(max((reach(row) for row in rows), default=1.0) / step)
    most = max([row["expected_profit"] for row in rows] + [0.0])
    least = min([row["expected_profit"] for row in rows] + [0.0])
    scale = (100.0 - PROFIT_STARTS) / max(most - least, 1e-9)
    zero = PROFIT_STARTS - scale * least
    return Ranking(
        [_best(row, voice, interval(row, whole, DEMAND_ENDS), (zero, scale)) for row in rows],
        [Tick(round(DEMAND_ENDS * at / whole, 2), voice.count(at)) for at in _steps(step, whole)],
    )


def _best(row: dict[str, object], voice: Voice, shown: Interval, axis: tuple[float, float]) -> Best:
    profit, title = _number(row["expected_profit"]), row.get("title") or row["product_id"]
    return Best(
        rank=int(_number(row["rank"])),
        title=shortened(title, MOST_LETTERS),
        whole_title=plain(title),
        interval=shown,
        zero=round(axis[0] + min(axis[1] * profit, 0.0), 2),
        profit=round(abs(axis[1] * profit), 2),
        amount=voice.money(profit),
        is_loss=round(profit) < 0,
    )


def stride(most: float, steps: int) -> float:
    """A round step such that about so many reach the largest number: 1, 2, 2.5 or 5 times a power of ten, 1 at least.

    >>> stride(950, 4), stride(3, 4)
    (250.0, 1.0)
    """
    power = 10.0 ** math.floor(math.log10(max(most / steps, 1.0)))
    return next(
        step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power * steps >= most and step * power % 1 == 0
    )


def _steps(step: float, whole: float) -> Iterator[float]:
    return (step * place for place in range(round(whole / step) + 1))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
