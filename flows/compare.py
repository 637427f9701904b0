"""Two training runs side by side: on the listings that both forecast, with how sure each difference is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from flows.registry import Registry
from flows.site import Site
from flows.tracking import PREDICTIONS
from models.comparison import Comparison, Line, comparison
from models.train import CHALLENGER

ROW = "{:<15} {:>12} {:>12}   {}"


@dataclass(frozen=True)
class Compared:
    """Two runs, as they were named, and what came of them."""

    first: str
    second: str
    found: Comparison

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        names = self.first[:12], self.second[:12]
        told = ((one.metric, f"{one.first:.4g}", f"{one.second:.4g}", _told(one, names)) for one in self.found.lines)
        return (
            f"{self.found.rows:,} rows of {self.found.sessions:,} sessions, forecast by both",
            ROW.format("", *names, "difference, 90% of the draws of sessions"),
            *(ROW.format(*line) for line in told),
        )


def compare(site: Site, first: str, second: str) -> Compared:
    """Hold the forecasts of two runs against each other.

    Args:
        site: whose records they are in.
        first: a run's id, or its beginning, or the number of a registered version.
        second: the same.

    Raises:
        NoRunError: there is no such run, or it keeps no forecasts.
        NoPredictorError: there is no such version.
        NothingSharedError: the two forecast nothing in common.
    """
    registry = Registry(site)
    a, b = (predictions(registry, registry.run_of(word)) for word in (first, second))
    return Compared(first, second, comparison(a, b, site.settings().models))


def predictions(registry: Registry, run_id: str) -> pl.DataFrame:
    """The forecasts by which a run's own predictor was judged."""
    with TemporaryDirectory() as scratch:
        return pl.read_parquet(registry.fetched(run_id, PREDICTIONS, Path(scratch))).filter(predictor=CHALLENGER)


def _told(line: Line, names: tuple[str, str]) -> str:
    better = line.better
    if better.value is None or better.low is None or better.high is None:
        return "cannot be told"
    if better.value == 0:
        return "equal"
    who, low, high = (names[1], better.low, better.high) if better.value > 0 else (names[0], -better.high, -better.low)
    sure = ": may be chance" if line.winner == "neither" else ""
    return f"{who} is better by {abs(better.value):.3g} ({low:.3g} to {high:.3g}){sure}"
