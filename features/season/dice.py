"""The few throws that the simulation makes everywhere: who is among a share, and which viewer it is."""

import numpy as np
import polars as pl

from features.season.settings import SeasonSettings


def among(dice: np.random.Generator, share: float, size: int) -> pl.Series:
    """For each of `size` whether it is among a share of all."""
    return pl.Series(dice.random(size) < share)


def viewers(settings: SeasonSettings, dice: np.random.Generator, size: int) -> pl.Series:
    """Somebody for each of `size`; some come far more often than others."""
    return pl.Series(np.floor(settings.viewers * dice.random(size) ** 1.5).astype(np.int64))
