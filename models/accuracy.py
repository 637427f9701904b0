"""How near demand forecasts came to what happened."""

import numpy as np
import polars as pl

from models.grid import LEVELS, QUANTILES, Floats


def pinball(units: Floats, quantile: Floats, level: float) -> float:
    """The mean loss of a quantile: each unit short costs `level`, each unit too many 1 - `level`.

    >>> pinball(np.array([10.0, 10.0]), np.array([8.0, 11.0]), 0.9)
    0.95
    """
    return float(_losses(units, quantile, level).mean())


def row_pinball(rows: pl.DataFrame) -> Floats:
    """Each row's loss in units, as a mean over all levels: weighted by `available_share` its mean is `pinball_all`.

    Args:
        rows: forecasts beside `demand_units`.
    """
    units = rows["demand_units"].to_numpy()
    each = [_losses(units, rows[name].to_numpy(), level) for level, name in zip(LEVELS, QUANTILES, strict=True)]
    return np.asarray(np.mean(each, axis=0), dtype=np.float64)


def demand_scores(rows: pl.DataFrame) -> dict[str, float]:
    """Scores of the demand forecast where demand was seen: rows that did not sell out.

    Args:
        rows: forecasts beside `demand_units` and `censored`.

    Returns:
        `rows_judged`, `rows_left_out` (sold out), `wape` and `bias` of the median (as shares of all units),
        `bias_mean`, `pinball` over all levels, `pinball3` over the 10, 50 and 90% levels, `coverage80`; what
        cannot be told is absent.
    """
    seen = rows.filter(~pl.col("censored"))
    counts = {"rows_judged": float(seen.height), "rows_left_out": float(rows.height - seen.height)}
    units = seen["demand_units"].to_numpy()
    if not units.sum() > 0:
        return counts
    told = {level: seen[name].to_numpy() for level, name in zip(LEVELS, QUANTILES, strict=True) if _full(seen, name)}
    off = told[0.5] - units
    scores = counts | {
        "wape": float(np.abs(off).sum() / units.sum()),
        "bias": float(off.sum() / units.sum()),
        "bias_mean": float((seen["demand_mean"].to_numpy() - units).sum() / units.sum()),
    }
    losses = {level: pinball(units, quantile, level) for level, quantile in told.items()}
    if set(LEVELS) <= set(losses):
        scores["pinball"] = float(np.mean(list(losses.values())))
    if {0.1, 0.9} <= set(losses):
        scores["pinball3"] = float(np.mean([losses[level] for level in (0.1, 0.5, 0.9)]))
        scores["coverage80"] = float(((units >= told[0.1]) & (units <= told[0.9])).mean())
    return scores


def balanced_scores(rows: pl.DataFrame) -> dict[str, float]:
    """Scores of the demand forecast over all rows, sold-out ones by their rebuilt demand: what verdicts rest on.

    Rows that did not sell out are the ones with less demand than stock, so that judging by them alone rewards
    forecasts that are too low. Here a sold-out row weighs the share of its arrivals that found stock.

    Args:
        rows: forecasts beside `demand_units` and `available_share`.

    Returns:
        `wape_all`, `pinball3_all`, `pinball_all`; what cannot be told is absent.
    """
    units, weight = rows["demand_units"].to_numpy(), rows["available_share"].to_numpy()
    if not (units * weight).sum() > 0:
        return {}
    told = {level: rows[name].to_numpy() for level, name in zip(LEVELS, QUANTILES, strict=True) if _full(rows, name)}
    lost = {level: float((_losses(units, of, level) * weight).sum() / weight.sum()) for level, of in told.items()}
    found = {"wape_all": float((np.abs(told[0.5] - units) * weight).sum() / (units * weight).sum())}
    if {0.1, 0.9} <= set(lost):
        found["pinball3_all"] = float(np.mean([lost[level] for level in (0.1, 0.5, 0.9)]))
    if set(LEVELS) <= set(lost):
        found["pinball_all"] = float(np.mean(list(lost.values())))
    return found


def _losses(units: Floats, quantile: Floats, level: float) -> Floats:
    off = units - quantile
    return np.asarray(np.maximum(level * off, (level - 1) * off), dtype=np.float64)


def _full(rows: pl.DataFrame, name: str) -> bool:
    return rows[name].null_count() == 0
