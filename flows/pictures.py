"""Two pictures of a training run: whether its probabilities hold, and what it looks at."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS, MOST_BARS = 10, 30


def reliability(judged: pl.DataFrame) -> "Figure":
    """How often hits happened where the predictor said how often; on the dotted line it is right.

    Args:
        judged: p_hit and hit of listings that were forecast before they happened.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    points = reliability_points(judged)
    axes.plot(points["forecast"], points["happened"], marker="o")
    for forecast, happened, listings in points.iter_rows():
        axes.annotate(f"{listings:,}", (forecast, happened), textcoords="offset points", xytext=(4, -12), fontsize=8)
    axes.set(xlabel="forecast probability of a hit", ylabel="share that were hits", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"{judged.height:,} listings, forecast before they happened")
    return figure


def reliability_points(judged: pl.DataFrame) -> pl.DataFrame:
    """Mean forecast, share of hits and number of listings, for each tenth of the probability scale."""
    return (
        judged.drop_nulls(["p_hit", "hit"])
        .group_by((pl.col("p_hit") * BINS).floor().clip(0, BINS - 1).alias("bin"))
        .agg(
            pl.col("p_hit").mean().alias("forecast"), pl.col("hit").mean().alias("happened"), pl.len().alias("listings")
        )
        .sort("bin")
        .drop("bin")
    )


def importance(gains: Mapping[str, float]) -> "Figure":
    """The features that helped most, by share of all help."""
    from matplotlib.figure import Figure

    ranked = sorted(gains.items(), key=lambda one: (-one[1], one[0]))[:MOST_BARS]
    total = sum(gains.values()) or 1.0
    figure = Figure(figsize=(7, 0.5 + 0.22 * max(len(ranked), 4)), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for name, _ in reversed(ranked)], [gain / total for _, gain in reversed(ranked)])
    axes.set_xlabel("share of all gain")
    axes.tick_params(axis="y", labelsize=7)
    return figure
