"""Which of two predictors forecast the same listings better, and how sure that is."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from models.dataset import ROW, TRUTH
from models.grid import FORECAST
from models.metrics import drawn
from models.paired import ADDS, HARMS, Difference, Draws
from models.settings import ModelSettings

COMPARED = ("pinball_all", "wape_all", "coverage80", "ap_all", "precision_at_k", "brier_skill")


class NothingSharedError(ValueError):
    """Two sets of forecasts have no listing at the same cutoff in common."""


@dataclass(frozen=True)
class Line:
    """One metric of both.

    Attributes:
        metric: its name.
        first: its value for the first.
        second: for the second.
        better: by how much the second is better, with the interval of 90% of the draws of whole sessions.
    """

    metric: str
    first: float
    second: float
    better: Difference

    @property
    def winner(self) -> str:
        """Who is better beyond chance: "first", "second" or "neither"."""
        return {ADDS: "second", HARMS: "first"}.get(self.better.verdict, "neither")


@dataclass(frozen=True)
class Comparison:
    """Two predictors on the rows that both forecast.

    Attributes:
        rows: listings at a cutoff.
        sessions: that they lie in.
        lines: one a metric that can be told of both.
    """

    rows: int
    sessions: int
    lines: tuple[Line, ...]


def comparison(first: pl.DataFrame, second: pl.DataFrame, settings: ModelSettings) -> Comparison:
    """Judge both on the listings and cutoffs that both forecast, by the outcomes that the later one knew.

    Args:
        first: ROW, TRUTH and the forecast, one row a listing at a cutoff.
        second: the same.
        settings: k of precision at k, and the seed of the draws.

    Raises:
        NothingSharedError: they have no such row in common.
    """
    ours = first.join(second.select(ROW), on=ROW, how="semi").sort(ROW)
    if not ours.height:
        raise NothingSharedError(
            f"no listing was forecast by both at the same cutoff: found cutoffs {_span(first)} and {_span(second)}; "
            "train both with --as-of a whole number of horizons apart, and with the same --horizon"
        )
    theirs = second.join(ours.select(ROW), on=ROW, how="semi").sort(ROW)
    later = theirs if _newest(theirs) >= _newest(ours) else ours
    truth = later.select(*ROW, *TRUTH)
    draws = Draws.of(truth["session_id"], 1, settings.seed)
    a, b = (drawn(truth.hstack(rows.select(FORECAST)), draws, settings.top) for rows in (ours, theirs))
    lines = (
        Line(name, float(a[name][0]), float(b[name][0]), Difference.of(name, b[name], a[name]))
        for name in COMPARED
        if name in a and name in b
    )
    return Comparison(truth.height, truth["session_id"].n_unique(), tuple(lines))


def _newest(rows: pl.DataFrame) -> datetime:
    newest: datetime = rows.select(pl.col("over_known").max()).item()
    return newest


def _span(rows: pl.DataFrame) -> str:
    if not rows.height:
        return "none"
    begin, end = rows.select(begin=pl.col("cutoff").min(), end=pl.col("cutoff").max()).row(0)
    return f"{begin.isoformat()} to {end.isoformat()}"
