"""How good forecasts were, in numbers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import polars as pl

from models.accuracy import Part, balanced_parts, demand_scores, seen_parts
from models.grid import Floats
from models.resampled import Bools, Resampled

Value = TypeVar("Value", float, Floats)
LEAST_SHARE = 1e-3  # weight of a sold-out row that hardly anybody found in stock
SAFE = 1e-6


def average_precision(hit: Bools, score: Floats, weight: Floats | None = None) -> float:
    """The mean share of hits among the listings ranked at least as high as each hit; equal scores rank together.

    With weights, a listing counts that much, as one and among the others. NaN without hits.

    >>> round(average_precision(np.array([True, False, True]), np.array([3.0, 2.0, 1.0])), 4)
    0.8333
    """
    heavy = np.ones(len(hit)) if weight is None else weight
    return float(Resampled.once(len(hit)).average_precision(hit, score, heavy)[0])


def hit_scores(rows: pl.DataFrame, top: int) -> dict[str, float]:
    """Scores of the chances of being a hit.

    Args:
        rows: `p_hit` beside `hit`, `censored`, `available_share`, `cutoff` and ids; where they have `known_hit_share`,
            the share of hits known at the cutoff, skill is counted against it, else against the rows' own share.
        top: k of precision and of discounted gain at k, taken at each cutoff: how many listings a list has room for.

    Returns:
        `hit_share`, `ap`, `ap_seen` (rows that did not sell out), `ap_all` (a sold-out row, whose label is half
        guessed, weighs the share of its arrivals that found stock: what verdicts rest on), `brier`, `brier_skill`,
        `log_loss`, `reliability_intercept`, `reliability_slope` (0 and 1 are right; absent where no line is likeliest),
        `precision_at_k`, `ndcg_at_k`; what cannot be told is absent.
    """
    return _first(_hits(rows, Resampled.once(rows.height), top)) | _reliability_line(_labelled(rows))


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
    """All scores of one predictor on some rows, by name; what cannot be told is absent."""
    own = _first(drawn(rows, Resampled.once(rows.height), top))
    return demand_scores(rows) | own | _reliability_line(_labelled(rows))


def drawn(rows: pl.DataFrame, draws: Resampled, top: int) -> dict[str, Floats]:
    """The same in every draw of the sessions, as they were in the first; but for the line of reliability.

    Args:
        rows: as `hit_scores` and `models.accuracy` read them; with `profit`, `oracle_profit`, `sold_units`,
            `stocked_units` and `realised_units` also the shares of the money.
        draws: of these rows, in this order.
        top: k.
    """
    parts = seen_parts(rows) | balanced_parts(rows) | _money_parts(rows)
    return {name: draws.ratio(*part) for name, part in parts.items()} | _hits(rows, draws, top)


def _more(value: Value) -> Value:
    return value


def _less(value: Value) -> Value:
    return -value


def _near_80(value: Value) -> Value:
    return -abs(value - 0.8)


GOOD: Mapping[str, Callable[[Any], Any]] = {
    "pinball": _less,
    "pinball_all": _less,
    "pinball3_all": _less,
    "wape_all": _less,
    "coverage80": _near_80,
    "ap": _more,
    "ap_all": _more,
    "precision_at_k": _more,
    "brier_skill": _more,
    "profit_share": _more,
}
"""How good a value of a metric, or its values in draws, is: more is better. Whatever compares forecasts asks here."""


def _first(told: Mapping[str, Floats]) -> dict[str, float]:
    return {name: float(each[0]) for name, each in told.items() if np.isfinite(each[0])}


def _labelled(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("hit").is_not_null())


def _hits(rows: pl.DataFrame, draws: Resampled, top: int) -> dict[str, Floats]:
    draws, rows = draws.rows(rows["hit"].is_not_null().to_numpy()), _labelled(rows)
    hit, chance = rows["hit"].to_numpy(), rows["p_hit"].to_numpy()
    if not hit.any() or hit.all():
        return {}
    found, ones = rows["available_share"].clip(LEAST_SHARE, 1.0).to_numpy(), np.ones(len(hit))
    told = {name: draws.ratio(*part) for name, part in _chance_parts(rows).items()}
    told["ap"] = draws.average_precision(hit, chance, ones)
    sold_out = rows["censored"].to_numpy()
    told["ap_seen"] = draws.average_precision(hit, chance, ones * ~sold_out) if sold_out.any() else told["ap"]
    told["ap_all"] = draws.average_precision(hit, chance, found) if (found < 1).any() else told["ap"]
    told["precision_at_k"], told["ndcg_at_k"] = draws.at_k(rows, top)
    return told


def _chance_parts(rows: pl.DataFrame) -> dict[str, Part]:
    hit, chance = rows["hit"].to_numpy(), rows["p_hit"].to_numpy()
    ones, safe = np.ones(len(hit)), np.clip(chance, SAFE, 1 - SAFE)
    known = rows["known_hit_share"].to_numpy() if "known_hit_share" in rows.columns else float(hit.mean())
    off, base = (chance - hit) ** 2, (known - hit) ** 2
    return {
        "hit_share": (hit * ones, ones),
        "brier": (off, ones),
        "brier_skill": (base - off, base),
        "log_loss": (-np.log(np.where(hit, safe, 1 - safe)), ones),
    }


def _money_parts(rows: pl.DataFrame) -> dict[str, Part]:
    """Profit as a share of the oracle's, the share of demand that was met, the share of stock that was left over."""
    if "oracle_profit" not in rows.columns:
        return {}
    names = ("profit", "oracle_profit", "sold_units", "stocked_units", "realised_units")
    profit, oracle, sold, stocked, wanted = (rows[name].to_numpy() for name in names)
    return {
        "profit_share": (profit, oracle),
        "fill_rate": (sold, wanted),
        "leftover_share": (stocked - sold, stocked),
    }


def _reliability_line(rows: pl.DataFrame) -> dict[str, float]:
    """The logistic line from told to true log-odds that makes the outcomes most likely (Cox 1958), if there is one."""
    hit, chance = rows["hit"].to_numpy(), np.clip(rows["p_hit"].to_numpy(), SAFE, 1 - SAFE)
    if not hit.any() or hit.all() or _apart(chance[hit], chance[~hit]):
        return {}
    from sklearn.linear_model import LogisticRegression

    odds = np.log(chance / (1 - chance))
    fitted = LogisticRegression(C=np.inf, solver="newton-cg", max_iter=1000).fit(odds[:, None], hit)
    return {
        "reliability_intercept": float(fitted.intercept_[0]),
        "reliability_slope": float(fitted.coef_[0, 0]),
    }


def _apart(hits: Floats, misses: Floats) -> bool:
    """Whether some chance parts the hits from the misses, so that ever steeper lines are ever likelier."""
    return bool(hits.min() >= misses.max() or misses.min() >= hits.max())
