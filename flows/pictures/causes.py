"""Pictures of what a predictor looks at: what helped it grow, and what moves its forecasts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.dataset import Dataset
from models.forest import HITS
from models.grid import Floats
from models.predictor import Predictor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

MOST_BARS = 30
MOST_ROWS = 300  # a millisecond a row and booster
MOST_STRIPS = 14
BINS = 40


@dataclass(frozen=True, eq=False)
class Moved:
    """How far each feature moved each row's score: one row a listing, one column a feature.

    Attributes:
        names: of the features.
        values: what each feature said, as a rank between 0 and 1; NaN where it said nothing.
        demand: on the log scale of expected units.
        hits: on the scale of log-odds; None where hits were not learnt.
    """

    names: tuple[str, ...]
    values: Floats
    demand: Floats
    hits: Floats | None


def importance(gains: pl.DataFrame) -> "Figure":
    """The features that helped demand and hits most.

    Args:
        gains: feature, and its share of all help for demand and for hits.
    """
    from matplotlib.figure import Figure

    top = gains.with_columns(both=pl.col("demand") + pl.col("hits")).top_k(MOST_BARS, by=["both", "feature"]).reverse()
    figure = Figure(figsize=(8, 1.2 + 0.24 * max(top.height, 4)), layout="constrained")
    axes = figure.subplots()
    axes.barh(top["feature"], top["demand"], label="demand")
    axes.barh(top["feature"], top["hits"], left=top["demand"], label="hits")
    axes.set_xlabel("share of all gain in growing, demand and hits one after the other")
    axes.set_title(f"What helped most to tell demand and hits: {top.height} of {gains.height} features")
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.01)
    axes.legend(loc="lower right")
    return figure


def moved(predictor: Predictor, dataset: Dataset) -> Moved | None:
    """What moved the forecasts of a sample of the newest listings; None where nothing was learnt."""
    if predictor.learnt is None:
        return None
    recent, forest = dataset.rows.tail(MOST_ROWS * 10), predictor.learnt.forest
    rows = recent.gather_every(max(1, recent.height // MOST_ROWS)).head(MOST_ROWS)
    matrix, threads = forest.encoding.matrix(rows), predictor.settings.threads
    hits = forest.boosters[HITS].contributions(matrix, threads) if HITS in forest.boosters else None
    ranks = matrix.select(pl.all().cast(pl.Float64).rank("average") / pl.len())
    return Moved(
        names=tuple(forest.encoding.names),
        values=ranks.to_numpy(),
        demand=forest.demand.contributions(matrix, threads),
        hits=hits,
    )


def contributions(told: Moved) -> "Figure":
    """The features that move forecasts most: one dot a listing, to the right where it raised its score."""
    from matplotlib.figure import Figure

    sides = [("demand (log of units)", told.demand)]
    sides += [("a hit (log-odds)", told.hits)] if told.hits is not None else []
    figure = Figure(figsize=(7 * len(sides), 6.5), layout="constrained")
    every = figure.subplots(1, len(sides), squeeze=False)[0]
    for axes, (name, scores) in zip(every, sides, strict=True):
        dots = _strips(axes, scores, told)
        axes.set_title(f"What moves the forecast of {name}")
    bar = figure.colorbar(dots, ax=every[-1], fraction=0.04, ticks=[0, 1])
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("value of the feature (grey: unknown)")
    figure.suptitle(f"Contributions of features to {len(told.values):,} recent listings, strongest above")
    return figure


def _strips(axes: "Axes", scores: Floats, told: Moved) -> "PathCollection":
    from matplotlib import colormaps

    strongest = np.argsort(-np.abs(scores).mean(axis=0), kind="stable")[:MOST_STRIPS][::-1]
    colours = colormaps["coolwarm"].with_extremes(bad="#bbbbbb")
    height = np.arange(len(strongest)) + np.stack([_aside(scores[:, one]) for one in strongest], axis=1)
    dots = axes.scatter(
        scores[:, strongest], height, c=told.values[:, strongest], cmap=colours, vmin=0, vmax=1, s=6, plotnonfinite=True
    )
    axes.axvline(0, color="grey", linewidth=1)
    axes.margins(y=0.01)
    axes.set_yticks(range(len(strongest)), [told.names[one] for one in strongest], fontsize=8)
    axes.set_xlabel("lowers the score  ←   →  raises it")
    return dots


def _aside(values: Floats) -> Floats:
    """How far up or down each dot is set, so that dots of about one value stand beside each other."""
    edges = np.linspace(values.min(), values.max() + 1e-12, BINS)
    place = np.digitize(values, edges)
    off = np.zeros(len(values))
    for one in np.unique(place):
        mine = np.flatnonzero(place == one)
        off[mine] = (np.arange(len(mine)) - (len(mine) - 1) / 2) / max(len(values) / 12, 1)
    return np.clip(off, -0.42, 0.42)
