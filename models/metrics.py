"""How good forecasts were, in numbers."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from models.accuracy import balanced_scores, demand_scores
from models.grid import Floats
from models.hits import line

Bools = npt.NDArray[np.bool_]


def average_precision(hit: Bools, score: Floats, weight: Floats | None = None) -> float:
    """The mean share of hits among the listings ranked at least as high as each hit; equal scores rank together.

    With weights, a listing counts that much, as one and among the others.

    >>> round(average_precision(np.array([True, False, True]), np.array([3.0, 2.0, 1.0])), 4)
    0.8333
    """
    order = np.argsort(-score, kind="stable")
    heavy = np.ones(len(hit)) if weight is None else weight[order]
    ranked, found, seen = score[order], np.cumsum(hit[order] * heavy), np.cumsum(heavy)
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    precision, gained = found[last] / seen[last], np.diff(found[last], prepend=0)
    return float((precision * gained).sum() / found[-1])


def hit_scores(rows: pl.DataFrame, top: int) -> dict[str, float]:
    """Scores of the chances of being a hit.

    Args:
        rows: `p_hit` beside `hit`, `censored` and `cutoff`.
        top: k of precision at k, taken at each cutoff.

    Returns:
        `hit_share`, `ap`, `ap_seen` (rows that did not sell out), `ap_all` (a sold-out row, whose label is half
        guessed, weighs the share of its arrivals that found stock: what verdicts rest on), `brier`, `brier_skill`
        (against the share of hits), `log_loss`, `reliability_intercept`, `reliability_slope` (0 and 1 are right),
        `precision_at_k`.
    """
    rows = rows.filter(pl.col("hit").is_not_null())
    hit, chance = rows["hit"].to_numpy(), rows["p_hit"].to_numpy()
    if not hit.any() or hit.all():
        return {}
    base = float(hit.mean())
    brier = float(((chance - hit) ** 2).mean())
    safe = np.clip(chance, 1e-6, 1 - 1e-6)
    intercept, slope = line(np.log(safe / (1 - safe)), hit, np.ones(len(hit)))
    return {
        "hit_share": base,
        "ap": average_precision(hit, chance),
        "ap_all": average_precision(hit, chance, rows["available_share"].clip(1e-3, 1.0).to_numpy()),
        **_ap_seen(rows),
        "brier": brier,
        "brier_skill": 1 - brier / (base * (1 - base)),
        "log_loss": float(-np.log(np.where(hit, safe, 1 - safe)).mean()),
        "reliability_intercept": float(intercept),
        "reliability_slope": float(slope),
        "precision_at_k": _precision(rows, top),
    }


def reliability(rows: pl.DataFrame, bins: int = 10) -> pl.DataFrame:
    """What was promised and what came: mean `p_hit` and share of hits in bins of as many rows each."""
    return (
        rows.filter(pl.col("hit").is_not_null())
        .sort("p_hit")
        .with_row_index("_row")
        .with_columns(bin=(pl.col("_row") * bins) // pl.len())
        .group_by("bin")
        .agg(pl.col("p_hit").mean(), pl.col("hit").mean().alias("hit_share"), pl.len().cast(pl.Int64).alias("rows"))
        .sort("bin")
        .select("p_hit", "hit_share", "rows")
    )


def scores(rows: pl.DataFrame, top: int) -> dict[str, float]:
    """All scores of one predictor on some rows."""
    return demand_scores(rows) | balanced_scores(rows) | hit_scores(rows, top)


# Whether more is better, for the metrics that decide.
BETTER: Mapping[str, Callable[[float, float], float]] = {
    "pinball_all": lambda ours, theirs: theirs - ours,
    "pinball3_all": lambda ours, theirs: theirs - ours,
    "wape_all": lambda ours, theirs: theirs - ours,
    "ap_all": lambda ours, theirs: ours - theirs,
}


def _ap_seen(rows: pl.DataFrame) -> dict[str, float]:
    seen = rows.filter(~pl.col("censored"))
    hit = seen["hit"].to_numpy()
    return {"ap_seen": average_precision(hit, seen["p_hit"].to_numpy())} if hit.any() else {}


def _precision(rows: pl.DataFrame, top: int) -> float:
    best = (
        rows.sort("cutoff", "p_hit", "session_id", "product_id", descending=[False, True, False, False])
        .group_by("cutoff", maintain_order=True)
        .head(top)
    )
    return float(best["hit"].cast(pl.Float64).sum()) / best.height
