"""What a planner reckons on paper: a past number taken for the next one."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from models.baselines.spread import Guessed, spread_out, usual
from models.dataset import Dataset
from models.grid import Floats

COVER = "_cover_units"
# Each names the features that it falls back on, best first: here, then anywhere, then its kin.
NAIVE: Mapping[str, tuple[str, ...]] = {
    "last_session": ("room_units_last", "units_last", "category_units_28d"),
    "category_mean": ("category_units_28d", "department_units_28d"),
    "anchor_category_mean": ("category_anchor_units_28d", "category_units_28d", "department_units_28d"),
    "exponential_mean": ("room_units_fading", "units_per_showing_fading", "category_units_28d"),
    "days_of_cover": (COVER, "category_units_28d"),
    "newsvendor_normal": ("room_units_fading", "units_per_showing_fading", "category_units_28d"),
}
NORMAL = "newsvendor_normal"
DAYS = 28.0


def forecasts(train: Dataset, features: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each of them, made a whole forecast by how far it was off before.

    `days_of_cover` is the units per day of the last 28 days times the days since the product was last shown, which
    this showing has to make up for, at most 28. `newsvendor_normal` is the exponential mean with normal errors. The
    others are the feature itself.
    """
    past, ahead = (_with_cover(rows) for rows in (train.rows, features))
    for name, fallbacks in NAIVE.items():
        before, guess = (_guess(rows, fallbacks, usual(train)) for rows in (past, ahead))
        yield name, spread_out(Guessed(train.rows, before, guess), features, normal=name == NORMAL)


def _guess(rows: pl.DataFrame, fallbacks: tuple[str, ...], otherwise: float) -> Floats:
    there = [pl.col(name) for name in fallbacks if name in rows.columns]
    guess = rows.with_columns(_guess=pl.coalesce(*there, pl.lit(otherwise)).cast(pl.Float64))["_guess"]
    return np.asarray(guess.to_numpy(), dtype=np.float64)


def _with_cover(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with what the days-of-cover rule says; null for products never shown."""
    if not {"units_28d", "product_days_since", "lead_days"} <= set(rows.columns):
        return rows
    daily = pl.col("units_28d").cast(pl.Float64) / DAYS
    days = (pl.col("product_days_since") + pl.col("lead_days")).cast(pl.Float64).clip(1.0, DAYS)
    return rows.with_columns((daily * days).alias(COVER))
