"""Each product's showings as a series, one after the other: exponential smoothing and Croston's kind."""

from typing import Any

import numpy as np
import polars as pl

from models.baselines.spread import Guessed, spread_out, usual
from models.dataset import LISTING, Dataset
from models.grid import Floats

SHORTEST, LONGEST = 4, 50  # showings of a series
TRIED = 8  # whole horizons back, at which its errors are learnt
SMOOTHING = 0.2  # of sizes and of chances, as in Teunter, Syntetos and Babai 2011
KIN = ("category_units_28d", "department_units_28d")


def forecasts(train: Dataset, features: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`ets` (AutoETS without trend and season) and `tsb` (Teunter-Syntetos-Babai), by statsforecast.

    A series is a product's units in one room, showing by showing, as known at the cutoff; where it is shorter than
    `SHORTEST`, the product's in all rooms; where that is too, its category's mean. How far they are off is learnt by
    forecasting at the last `TRIED` cutoffs of the past, from what was known then.

    Args:
        train: finished listings, of which nothing else is read than ids, times, sales and demand.
        features: of the listings ahead; `room` and the category's means where there are any.
    """
    shown = _shown(train)
    past = train.rows.filter(pl.col("cutoff").is_in(_tried(train).implode()))
    before, ahead = (_guesses(shown, rows, usual(train)) for rows in (past, features))
    return {name: spread_out(Guessed(past, before[name], ahead[name]), features) for name in ahead}


def _shown(train: Dataset) -> pl.DataFrame:
    """Finished showings, each once, in the order of time."""
    room = ["room"] if "room" in train.rows.columns else []
    return (
        train.rows.unique(LISTING, keep="first", maintain_order=True)
        .sort("scheduled_at", *LISTING)
        .select(pl.col("product_id").cast(pl.String), *room, "over_known", pl.col("sales_units").cast(pl.Float64))
    )


def _tried(train: Dataset) -> pl.Series:
    """The last cutoffs that lie whole horizons before the present."""
    wanted = [train.as_of - train.horizon * back for back in range(1, TRIED + 1)]
    return pl.Series("cutoff", wanted, dtype=train.rows["cutoff"].dtype)


def _guesses(shown: pl.DataFrame, rows: pl.DataFrame, otherwise: float) -> dict[str, Floats]:
    """Each method's forecast of each row, from the showings known before its cutoff."""
    kin = [pl.col(name) for name in KIN if name in rows.columns]
    asked = rows.with_row_index("_row").with_columns(_kin=pl.coalesce(*kin, pl.lit(otherwise)).cast(pl.Float64))
    parts = [
        _at(shown.filter(pl.col("over_known") < cutoff), part)
        for (cutoff,), part in asked.partition_by("cutoff", as_dict=True, maintain_order=True).items()
    ]
    names = tuple(_methods())
    if not parts:
        return dict.fromkeys(names, np.zeros(0))
    found = pl.concat(parts).sort("_row")
    return {name: np.maximum(found[name].to_numpy(), 0.0) for name in names}


def _at(known: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Forecasts of the rows of one cutoff: `_row` and one column a method."""
    names, found = tuple(_methods()), asked
    keys = [["product_id", "room"], ["product_id"]] if "room" in known.columns else [["product_id"]]
    for number, key in enumerate(keys):
        told = _forecast(known, key).rename({name: f"{name}_{number}" for name in names})
        found = found.join(told, on=key, how="left", maintain_order="left")
    best = [pl.coalesce(*(f"{name}_{number}" for number in range(len(keys))), "_kin").alias(name) for name in names]
    return found.select("_row", *best)


def _forecast(known: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The next value of each series that is long enough, by every method."""
    places = (
        known.with_columns(
            pl.len().cast(pl.Int64).over(key).alias("_length"), pl.int_range(pl.len()).over(key).alias("ds")
        )
        .filter(pl.col("_length") >= SHORTEST, pl.col("ds") >= pl.col("_length") - LONGEST)
        .with_columns(unique_id=pl.struct(key).rank("dense").cast(pl.Int64))
        .sort("unique_id", "ds")
    )
    columns = [pl.lit(None, pl.Float64).alias(name) for name in _methods()]
    ids = places.select("unique_id", *key).unique()
    if not places.height:
        return ids.drop("unique_id").with_columns(columns)
    from statsforecast import StatsForecast
    from statsforecast.models import SimpleExponentialSmoothingOptimized

    methods = _methods()
    short = SimpleExponentialSmoothingOptimized()  # for series too short, or too even, for AutoETS
    with np.errstate(invalid="ignore"):
        told = StatsForecast(list(methods.values()), freq=1, fallback_model=short).forecast(
            df=places.select("unique_id", "ds", y="sales_units"), h=1
        )
    return ids.join(told.drop("ds"), on="unique_id").select(*key, pl.col(*methods).fill_nan(None))


def _methods() -> dict[str, Any]:
    from statsforecast.models import TSB, AutoETS

    return {
        "ets": AutoETS(season_length=1, model="ZNN", alias="ets"),
        "tsb": TSB(alpha_d=SMOOTHING, alpha_p=SMOOTHING, alias="tsb"),
    }
