"""Pictures of the chance to be a hit: whether it holds, and what the ranking is worth."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.grid import Floats
from models.metrics import reliability as promised
from models.train import CHALLENGER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURE = 1.645  # standard errors on each side of 90%
BEST_SHARE = 0.1
BINS = 20
MAIN, REST = "#0b5394", "#999999"


def reliability(judged: pl.DataFrame) -> "Figure":
    """How often hits came where the forecast said how often, with how many listings were promised what.

    Args:
        judged: `p_hit` and `hit` of listings that were forecast before they happened.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 6.5), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    known = judged.filter(pl.col("hit").is_not_null())
    points = promised(judged, BINS)
    share = points["hit_share"].to_numpy()
    reach = SURE * np.sqrt(share * (1 - share) / points["rows"].to_numpy())
    above.plot([0, 1], [0, 1], linestyle=":", color="grey", label="as promised")
    above.errorbar(points["p_hit"], share, yerr=reach, marker="o", color=MAIN, capsize=3, label="what came (90%)")
    above.set(ylabel="share that were hits", xlim=(0, 1), ylim=(0, 1))
    came = f"{_percent(known['p_hit'].mean())} promised, {_percent(known['hit'].mean())} came"
    above.set_title(f"Do the promised chances of a hit come true?\n{came}, over all {known.height:,} forecasts")
    above.legend(loc="upper left")
    below.hist(known["p_hit"], bins=np.linspace(0, 1, 41).tolist(), color=MAIN, log=True)
    below.set(xlabel="promised chance of a hit", ylabel="forecasts")
    return figure


def gain(judged: pl.DataFrame) -> "Figure":
    """What share of all hits one finds by going down each predictor's ranking.

    Args:
        judged: `predictor`, `p_hit` and `hit` of the same listings for every predictor.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 5.5), layout="constrained")
    axes = figure.subplots()
    known = judged.filter(pl.col("hit").is_not_null(), pl.col("p_hit").is_not_null())
    names = [name for name in known["predictor"].unique().sort() if name != CHALLENGER]
    found = _found(known.filter(predictor=CHALLENGER))
    axes.plot(np.linspace(0, 1, len(found)), found, color=MAIN, linewidth=2.5, label="this predictor", zorder=3)
    for place, name in enumerate(names):
        others = _found(known.filter(predictor=name))
        label = name.replace("_", " ")
        axes.plot(np.linspace(0, 1, len(others)), others, color=f"C{place + 1}", linewidth=1, label=label)
    _ideal(axes, known.filter(predictor=CHALLENGER))
    best = float(np.interp(BEST_SHARE, np.linspace(0, 1, len(found)), found))
    axes.set(
        xlabel="share of listings, best ranked first", ylabel="share of all hits found", xlim=(0, 1), ylim=(0, 1.01)
    )
    axes.set_title(f"The first {_percent(BEST_SHARE)} of the ranking hold {_percent(best)} of all hits")
    axes.legend(loc="lower right")
    return figure


def _found(rows: pl.DataFrame) -> Floats:
    ranked = rows.sort("p_hit", "session_id", "product_id", "cutoff", descending=[True, False, False, False])
    hits = ranked["hit"].cast(pl.Float64).to_numpy()
    return np.concatenate([[0.0], np.cumsum(hits) / max(float(hits.sum()), 1.0)])


def _ideal(axes: "Axes", rows: pl.DataFrame) -> None:
    share = rows["hit"].mean()
    if isinstance(share, float) and share > 0:
        axes.plot([0, share, 1], [0, 1, 1], color=REST, linestyle="--", linewidth=1, label="knowing all")
    axes.plot([0, 1], [0, 1], color=REST, linestyle=":", linewidth=1, label="by chance")


def _percent(share: object) -> str:
    return f"{100 * share:.0f}%" if isinstance(share, float) else "nothing"
