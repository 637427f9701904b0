"""Which rows teach and which rows test: always the earlier and the later, never drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import polars as pl

from models.dataset import Dataset
from models.settings import ModelSettings


@dataclass(frozen=True)
class Window:
    """A stretch of time [begin, end) on whose sessions a predictor from before it is tried."""

    begin: datetime
    end: datetime

    def before(self, dataset: Dataset) -> Dataset:
        """What was over, and known to be, when the stretch began."""
        return dataset.only(pl.col("over_known") < self.begin)

    def within(self, dataset: Dataset) -> Dataset:
        """The sessions of the stretch, as they looked at cutoffs within it."""
        return dataset.only(pl.col("cutoff") >= self.begin, pl.col("scheduled_at") < self.end)


def windows(dataset: Dataset, settings: ModelSettings) -> list[Window]:
    """The stretches that tune (the first), calibrate and judge: whole horizons, one after the other, up to `as_of`.

    One more than `folds` where time allows; fewer, and none, where the data are too short or too few to learn from
    what lies before them.
    """
    spare = _horizons(dataset, settings)
    count = min(settings.folds + 1, spare)
    width = dataset.horizon * (spare // count) if count else dataset.horizon
    edges = [dataset.as_of - width * back for back in range(count, -1, -1)]
    made = [Window(begin, end) for begin, end in pairwise(edges)]
    return list(_useful(made, dataset, settings))


def _horizons(dataset: Dataset, settings: ModelSettings) -> int:
    """Whole horizons in the latest share of the data's time; at least one if there are two in all."""
    first = dataset.rows["cutoff"].min()
    if not isinstance(first, datetime):
        return 0
    whole = int((dataset.as_of - first) / dataset.horizon)
    return max(int(settings.later_share * whole), 1 if whole > 1 else 0)


def _useful(made: list[Window], dataset: Dataset, settings: ModelSettings) -> Iterator[Window]:
    for window in made:
        enough = window.before(dataset).listings * 2 >= settings.min_rows
        if enough and window.within(dataset).rows.height:
            yield window
