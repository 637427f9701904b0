"""What else one could say of a listing under way: the rivals that nowcasts are judged beside."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from models.dataset import ROW
from models.demand import weights
from models.grid import LEVELS, QUANTILES, Floats
from models.nowcast.nowcaster import NOWCAST
from models.nowcast.start import FEWEST, minutes_open
from models.nowcast.view import OPEN, WAS
from models.settings import ModelSettings

CURVE = ("listing_units_1m", "listing_units_5m", "listing_units_ever", "listing_carts_5m", "listing_carts_ever",
         "listing_clicks_5m", "listing_clicks_ever")  # fmt: skip
Said = tuple[Floats, Floats]
Base = Callable[[pl.DataFrame], Floats]
Rival = Callable[[pl.DataFrame, pl.DataFrame, ModelSettings], Said]


def rivals(past: pl.DataFrame, rows: pl.DataFrame, settings: ModelSettings) -> dict[str, pl.DataFrame]:
    """What each rival says of rows, in the shape of `Nowcaster.forecast`: never less than what was sold.

    Args:
        past: finished listings (`lessons`), from which the rivals learn.
        rows: likewise of other sessions; only what was known in them is read.
        settings: of the models.
    """
    told = {name: rival(past, rows, settings) for name, rival in RIVALS.items()}
    sold = rows["sold_units"].to_numpy()
    return {
        name: _frame(rows, np.maximum(units, sold[:, None]), np.maximum(mean, sold))
        for name, (units, mean) in told.items()
    }


def plan(_past: pl.DataFrame, rows: pl.DataFrame, _settings: ModelSettings) -> Said:
    """What was forecast before the session, unchanged."""
    return rows.select(WAS[name] for name in QUANTILES).to_numpy(), rows[WAS["demand_mean"]].to_numpy()


def run_rate(past: pl.DataFrame, rows: pl.DataFrame, settings: ModelSettings) -> Said:
    """Sales go on until the session's end as they went since the listing opened; scattered as in the past."""
    return _multiples(past, rows, settings, _by_rate)


def log_linear(past: pl.DataFrame, rows: pl.DataFrame, settings: ModelSettings) -> Said:
    """Final over early sales is a constant for each minute, its logarithm scattered as in the past.

    Szabo and Huberman 2010, doi 10.1145/1787234.1787254.
    """
    return _multiples(past, rows, settings, lambda told: told["sold_units"].to_numpy() + 1)


def pattern(past: pl.DataFrame, rows: pl.DataFrame, settings: ModelSettings) -> Said:
    """What became of those listings of the past whose curves looked most alike after as many minutes."""
    there, here = _curve(past), _curve(rows)
    units, mean = np.zeros((rows.height, len(LEVELS))), np.zeros(rows.height)
    then, now, ended = minutes_open(past), minutes_open(rows), past["demand_units"].to_numpy()
    for minute in np.unique(now):
        mine, like = np.flatnonzero(now == minute), _near(then, minute)
        _, place = cKDTree(there[like]).query(here[mine], k=min(settings.nowcast.neighbours, len(like)))
        found = ended[like][place].reshape(len(mine), -1)  # of one neighbour scipy gives no axis
        units[mine], mean[mine] = np.quantile(found, LEVELS, axis=1).T, found.mean(axis=1)
    return units, mean


RIVALS: Mapping[str, Rival] = {"plan": plan, "run_rate": run_rate, "log_linear": log_linear, "pattern": pattern}


def _multiples(past: pl.DataFrame, rows: pl.DataFrame, settings: ModelSettings, base: Base) -> Said:
    then, now, ended = minutes_open(past), minutes_open(rows), past["demand_units"].to_numpy()
    early, here, heavy = base(past), base(rows), weights(past, settings)
    units, mean = np.zeros((rows.height, len(LEVELS))), np.zeros(rows.height)
    for minute in np.unique(now):
        mine, like = now == minute, _near(then, minute)
        multiples, weight = ended[like] / early[like], heavy[like]
        order = np.argsort(multiples, kind="stable")
        share = np.cumsum(weight[order]) / weight.sum()
        read_off = multiples[order][np.minimum(np.searchsorted(share, np.array(LEVELS) - 1e-9), len(order) - 1)]
        units[mine] = np.outer(here[mine], read_off)
        mean[mine] = here[mine] * (ended[like] * weight).sum() / (early[like] * weight).sum()
    return units, mean


def _by_rate(rows: pl.DataFrame) -> Floats:
    opened = rows[OPEN].cast(pl.Float64).fill_null(0.0).clip(1.0).to_numpy()
    left = rows["session_minutes_left"].cast(pl.Float64).fill_null(0.0).to_numpy()
    return np.asarray((rows["sold_units"].to_numpy() + 0.5) * (1 + left / opened), dtype=np.float64)


def _near(then: Floats, minute: float) -> "np.typing.NDArray[np.int64]":
    """The rows of a minute, or the nearest where there are few."""
    mine = np.flatnonzero(then == minute)
    if len(mine) >= FEWEST:
        return mine
    return np.argsort(np.abs(np.log1p(np.maximum(then, 0)) - np.log1p(max(minute, 0))), kind="stable")[: 4 * FEWEST]


def _curve(rows: pl.DataFrame) -> Floats:
    counts = rows.select(pl.col(CURVE).cast(pl.Float64).fill_null(0.0)).to_numpy()
    return np.asarray(np.log1p(counts), dtype=np.float64)


def _frame(rows: pl.DataFrame, units: Floats, mean: Floats) -> pl.DataFrame:
    columns = {name: pl.Series(units[:, place]) for place, name in enumerate(QUANTILES)}
    told = rows.select(
        *ROW,
        pl.col(OPEN).cast(pl.Float64).alias("minutes_open"),
        pl.col("sold_units").cast(pl.Int64),
        p_hit=pl.col("plan_p_hit").cast(pl.Float64),
        demand_mean=pl.Series(mean),
        **columns,
    )
    return told.select(*ROW, *NOWCAST)
