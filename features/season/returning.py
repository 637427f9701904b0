"""What comes back, when and why: more of what is discounted, badly made, or worn."""

import numpy as np
import polars as pl

from features.season.dice import among
from features.season.settings import SeasonSettings
from features.season.words import CATEGORIES, REASONS
from features.season.world import Ints

DAY = 24.0


def rates(listings: pl.DataFrame) -> pl.Series:
    """The share of a listing's sold units that is expected back."""
    usual = np.array([category.return_share for category in CATEGORIES])[listings["kind"].to_numpy()]
    push = 2.5 * (0.7 - listings["quality"].to_numpy()) + 1.5 * (listings["discount"].to_numpy() - 0.2)
    return pl.Series(1 / (1 + np.exp(-np.log(usual / (1 - usual)) - push))).round(6)


def returns(settings: SeasonSettings, listings: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """The returns of the sold orders: order (its row), hour, units, reason (its place, or null)."""
    dice = settings.chance("returns")
    listing = sold["listing"].to_numpy()
    units = dice.binomial(sold["units"].to_numpy(), rates(listings).to_numpy()[listing])
    delay = np.clip(np.exp(dice.normal(np.log(5.0), 0.6, sold.height)), 0.2, 30.0)
    why = reasons(settings, listings, sold)
    silent = among(dice, 0.1, sold.height)
    return (
        pl.DataFrame(
            {
                "order": np.arange(sold.height),
                "hour": sold["hour"].to_numpy() + DAY * delay,
                "units": units,
                "reason": why,
                "silent": silent,
            },
        )
        .filter(pl.col("units") > 0)
        .with_columns(reason=pl.when(~pl.col("silent")).then("reason"))
        .drop("silent")
    )


def reasons(settings: SeasonSettings, listings: pl.DataFrame, sold: pl.DataFrame) -> Ints:
    """The place of each order's reason, should it come back: size for what is worn, quality for what is bad."""
    rows = sold["listing"].to_numpy()
    sized = listings["sized"].to_numpy()[rows].astype(np.float64)
    bad = 1 - listings["quality"].to_numpy()[rows]
    odds = np.column_stack([np.full(len(rows), 0.5), 1.6 * bad, 0.9 * sized, 0.5 * bad, np.full(len(rows), 0.08)])
    reach = odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True)
    dice = settings.chance("reasons").random(len(rows))
    place: Ints = np.minimum((reach < dice[:, None]).sum(axis=1), len(REASONS) - 1)
    return place
