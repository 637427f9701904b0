"""What the pictures of the feedback show, and where each mark stands: shares of the width in percent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from stocking.feedback.contract import QUANTILES
from stocking.papers.charts import stride
from stocking.papers.voice import Voice, plain, shortened

MOST_LINES, MOST_LETTERS = 15, 34
NOMINAL = {name: int(name.removeprefix("demand_p")) / 100 for name in QUANTILES}
TALL = 220.0
"""Pixels of the height of the picture of chances."""
WIDE = 92.0
"""Percent of the width that a line's units take up at most."""


@dataclass(frozen=True)
class Missed:
    """A listing whose units earned less than they could have: what was said, had and wanted."""

    title: str
    whole: str
    low: float
    middle: float
    high: float
    had: float
    wanted: float
    amount: str
    hint: str


@dataclass(frozen=True)
class Bar:
    """A bar from left to right: `share` of the width, the value in words, and whether it is ours."""

    name: str
    share: float
    value: str
    is_ours: bool


@dataclass(frozen=True)
class Level:
    """Where a quantile should stand and the shares of outcomes below it, and at or below it, in percent."""

    name: str
    right: float
    low: float
    high: float
    said: str


@dataclass(frozen=True)
class Point:
    """What was promised (across) and what came (down, in pixels)."""

    across: float
    down: float
    hint: str


@dataclass(frozen=True)
class Chances:
    """The picture of chances: its points, the numbers at its edges, and where the line of kept promises ends."""

    points: Sequence[Point]
    ticks: Sequence[tuple[float, str]]


def by_day(rows: pl.DataFrame, voice: Voice) -> pl.DataFrame:
    """Money a business day: `at`, `value` earned (at least 0) and `more`, up to what could have been earned."""
    day = pl.col("scheduled_at").dt.convert_time_zone(str(voice.zone)).dt.date()
    sums = rows.group_by(at=day).agg(pl.col("profit", "oracle_profit").sum()).sort("at")
    value = pl.col("profit").clip(lower_bound=0.0)
    return sums.select("at", value=value, more=(pl.col("oracle_profit") - value).clip(lower_bound=0.0))


def missed(rows: pl.DataFrame, voice: Voice) -> Sequence[Missed]:
    """The listings that could have earned most more, the first ones first."""
    lost = rows.with_columns(lost=pl.col("oracle_profit") - pl.col("profit")).filter(pl.col("lost") > 0)
    first = lost.sort("lost", "session_id", "product_id", descending=[True, False, False]).head(MOST_LINES)
    most = max([*first.select(pl.max_horizontal("demand_p90", "had_units", "demand_units")).to_series(), 1.0])
    return [_missed(row, WIDE / most, voice) for row in first.iter_rows(named=True)]


def _missed(row: Mapping[str, object], scale: float, voice: Voice) -> Missed:
    title = row["title"] or row["product_id"]
    places = (_number(row[name]) for name in ("demand_p10", "demand_p50", "demand_p90", "had_units", "demand_units"))
    low, middle, high, had, wanted = (round(scale * units, 2) for units in places)
    hint = (
        f"{plain(row['session_id'])}: {voice.tenths(_number(row['demand_units']))} wanted, "
        f"{voice.count(_number(row['had_units']))} had, {voice.tenths(_number(row['demand_p50']))} expected"
    )
    return Missed(
        shortened(title, MOST_LETTERS), plain(title), low, middle, high, had, wanted,
        voice.money(_number(row["lost"])), hint,
    )  # fmt: skip


def bars(values: Mapping[str, float], ours: str, names: Mapping[str, str]) -> Sequence[Bar]:
    """Bars of losses, the smallest first.

    >>> [(bar.name, bar.share) for bar in bars({"a": 2.0, "b": 4.0}, "a", {"a": "this list", "b": "last time"})]
    [('this list', 50.0), ('last time', 100.0)]
    """
    most = max([*values.values(), 1e-9])
    told = sorted(values.items(), key=lambda one: one[1])
    return [Bar(names[key], round(100 * value / most, 2), f"{value:.2f}", key == ours) for key, value in told]


def levels(told: Mapping[str, float]) -> Sequence[Level]:
    """How many outcomes lay at or below each quantile, out of metrics `coverage_pNN` and `below_pNN`."""
    found = []
    for name, right in NOMINAL.items():
        short = name.removeprefix("demand_")
        if f"coverage_{short}" in told:
            low, high = told[f"below_{short}"], told[f"coverage_{short}"]
            span = f"{high:.0%}" if f"{low:.0%}" == f"{high:.0%}" else f"{low:.0%}–{high:.0%}"
            found.append(Level(f"{right:.0%}", 100 * right, round(100 * low, 2), round(100 * high, 2), span))
    return found


def chances(calibration: pl.DataFrame) -> Chances:
    """Promised chances of a hit beside the share that came.

    Args:
        calibration: `p_hit`, `hit_share` and `rows`, one row a group of listings.
    """
    most = max([*calibration["p_hit"], *calibration["hit_share"], 0.05])
    step = _step(most)
    whole = min(step * math.ceil(most / step - 1e-9), 1.0)
    points = [
        Point(
            round(100 * p / whole, 2),
            round(TALL * (1 - came / whole), 1),
            f"{rows:,} listings: {p:.0%} promised, {came:.0%} came",
        )
        for p, came, rows in calibration.select("p_hit", "hit_share", "rows").iter_rows()
    ]
    marks = [step * place for place in range(round(whole / step) + 1)]
    return Chances(points, [(round(100 * mark / whole, 2), f"{mark:.0%}") for mark in marks])


def _step(most: float) -> float:
    return stride(1000 * most, 4) / 1000


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
