"""How good forecasts must be if they mean what they say: what can be told before it is known what happened.

A chance of p that means what it says is off by p·(1 - p) in the mean square, and k listings of chances p hold their sum
of hits. So the forecasts alone tell their own scores, as long as they are calibrated: watching that is the other half
(confidence-based performance estimation; Garg and others 2022, "Leveraging unlabeled data to predict
out-of-distribution performance", and the CBPE of NannyML).
"""

import numpy as np
import polars as pl

from models.grid import LEVELS, QUANTILES, Floats


def expected(rows: pl.DataFrame, top: int) -> dict[str, float]:
    """The scores that forecasts promise of themselves, by the names under which they are judged later.

    Args:
        rows: forecasts beside `cutoff`.
        top: k of precision at k, taken at each cutoff.

    Returns:
        `hit_share`, `brier`, `precision_at_k`, `coverage80`, `pinball_all` (units; of the distribution drawn straight
        between its quantiles); nothing where there are no rows.
    """
    if not rows.height:
        return {}
    chance = rows["p_hit"].to_numpy()
    best = (
        rows.select("cutoff", "p_hit")
        .sort("p_hit", descending=True)
        .group_by("cutoff")
        .agg(pl.col("p_hit").head(top).mean())
    )
    return {
        "hit_share": float(chance.mean()),
        "brier": float((chance * (1.0 - chance)).mean()),
        "precision_at_k": float(best["p_hit"].to_numpy().mean()),
        "coverage80": 0.8,
        "pinball_all": float(_pinball(rows.select(QUANTILES).to_numpy()).mean()),
    }


def _pinball(quantiles: Floats) -> Floats:
    """Each row's loss if its demand came from its own distribution, as a mean over `LEVELS`."""
    chances = np.arange(0.005, 1.0, 0.01)
    levels = np.array([0.0, *LEVELS])
    steps = np.column_stack([np.zeros(len(quantiles)), quantiles])
    step = np.clip(np.searchsorted(levels, chances, side="right") - 1, 0, len(levels) - 2)
    part = ((chances - levels[step]) / (levels[step + 1] - levels[step])).clip(0.0, 1.0)
    drawn = steps[:, step] + part * (steps[:, step + 1] - steps[:, step])
    lost = np.zeros(len(quantiles))
    for place, level in enumerate(LEVELS):
        off = drawn - quantiles[:, place : place + 1]
        lost += np.maximum(level * off, (level - 1.0) * off).mean(axis=1)
    return lost / len(LEVELS)
