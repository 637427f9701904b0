"""Two pictures of a training run: whether its probabilities hold, and what it looks at."""

from typing import TYPE_CHECKING

import polars as pl

from models.metrics import reliability as promised

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BARS = 30


def reliability(judged: pl.DataFrame) -> "Figure":
    """How often hits happened where the predictor said how often; on the dotted line it is right.

    Args:
        judged: p_hit and hit of listings that were forecast before they happened.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    points = promised(judged)
    axes.plot(points["p_hit"], points["hit_share"], marker="o")
    axes.set(xlabel="forecast probability of a hit", ylabel="share that were hits", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"{judged.height:,} forecasts made beforehand, in ten groups of as many")
    return figure


def importance(gains: pl.DataFrame) -> "Figure":
    """The features that helped demand and hits most.

    Args:
        gains: feature, and its share of all help for demand and for hits.
    """
    from matplotlib.figure import Figure

    top = gains.with_columns(both=pl.col("demand") + pl.col("hits")).top_k(MOST_BARS, by=["both", "feature"]).reverse()
    figure = Figure(figsize=(7, 0.6 + 0.24 * max(top.height, 4)), layout="constrained")
    axes = figure.subplots()
    axes.barh(top["feature"], top["demand"], label="demand")
    axes.barh(top["feature"], top["hits"], left=top["demand"], label="hits")
    axes.set_xlabel("share of all gain")
    axes.tick_params(axis="y", labelsize=7)
    axes.legend()
    return figure
