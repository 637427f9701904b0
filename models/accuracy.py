"""How near demand forecasts came to what happened."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.grid import LEVELS, QUANTILES, Floats

Part = tuple[Floats, Floats]
"""A metric row by row: the sum of the first over the sum of the second."""


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
        `rows_judged`, `rows_left_out` (sold out), and the metrics of `seen_parts`; what cannot be told is absent.
    """
    left_out = float(rows["censored"].sum())
    return {"rows_judged": rows.height - left_out, "rows_left_out": left_out} | values(seen_parts(rows))


def balanced_scores(rows: pl.DataFrame) -> dict[str, float]:
    """Scores of the demand forecast over all rows: the metrics of `balanced_parts`; what cannot be told is absent."""
    return values(balanced_parts(rows))


def values(parts: Mapping[str, Part]) -> dict[str, float]:
    """The metrics, out of what they are row by row."""
    return {name: float(above.sum() / below.sum()) for name, (above, below) in parts.items() if below.sum() > 0}


def seen_parts(rows: pl.DataFrame) -> dict[str, Part]:
    """The metrics of the demand forecast where demand was seen, row by row.

    Returns:
        `wape` and `bias` of the median (as shares of all units), `bias_mean`, `pinball` over all levels, `pinball3`
        over the 10, 50 and 90% levels, `coverage80` (from p10 to p90, both ends among them), and for each level
        `coverage_pNN`, the share of outcomes at or below the quantile, with `below_pNN`, that of outcomes below it. A
        level is right if it lies between the two, which differ where quantiles are whole units: mostly at zero.
    """
    seen = rows.select(seen=(~pl.col("censored")).cast(pl.Float64))["seen"].to_numpy()
    return _parts(rows, seen) | (_coverage(rows, seen) if seen.any() else {})


def balanced_parts(rows: pl.DataFrame) -> dict[str, Part]:
    """The metrics of the demand forecast over all rows, sold-out ones by their rebuilt demand: verdicts rest on these.

    Rows that did not sell out are the ones with less demand than stock, so that judging by them alone rewards
    forecasts that are too low. Here a sold-out row weighs the share of its arrivals that found stock.

    Args:
        rows: forecasts beside `demand_units` and `available_share`.

    Returns:
        `wape_all`, `bias_all`, `bias_mean_all`, `pinball3_all`, `pinball_all`, row by row.
    """
    return {f"{name}_all": part for name, part in _parts(rows, rows["available_share"].to_numpy()).items()}


def _parts(rows: pl.DataFrame, weight: Floats) -> dict[str, Part]:
    units = rows["demand_units"].to_numpy()
    heavy = units * weight
    if not heavy.sum() > 0:
        return {}
    told = _told(rows)
    off = (told[0.5] - units) * weight
    parts = {"wape": (np.abs(off), heavy), "bias": (off, heavy)}
    parts["bias_mean"] = ((rows["demand_mean"].to_numpy() - units) * weight, heavy)
    lost = {level: _losses(units, quantile, level) * weight for level, quantile in told.items()}
    for name, levels in {"pinball": LEVELS, "pinball3": (0.1, 0.5, 0.9)}.items():
        if set(levels) <= set(lost):
            parts[name] = (np.asarray(np.mean([lost[level] for level in levels], axis=0), dtype=np.float64), weight)
    return parts


def _coverage(rows: pl.DataFrame, weight: Floats) -> dict[str, Part]:
    units, told, parts = rows["demand_units"].to_numpy(), _told(rows), {}
    for level, name in zip(LEVELS, QUANTILES, strict=True):
        if level in told:
            short = name.removeprefix("demand_")
            parts[f"coverage_{short}"] = ((units <= told[level]) * weight, weight)
            parts[f"below_{short}"] = ((units < told[level]) * weight, weight)
    if {0.1, 0.9} <= set(told):
        parts["coverage80"] = (((units >= told[0.1]) & (units <= told[0.9])) * weight, weight)
    return parts


def _told(rows: pl.DataFrame) -> dict[float, Floats]:
    """The quantiles that every row has, by level."""
    full = [(level, name) for level, name in zip(LEVELS, QUANTILES, strict=True) if rows[name].null_count() == 0]
    return {level: rows[name].to_numpy() for level, name in full}


def _losses(units: Floats, quantile: Floats, level: float) -> Floats:
    off = units - quantile
    return np.asarray(np.maximum(level * off, (level - 1) * off), dtype=np.float64)
