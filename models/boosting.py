"""Growing and reading tree boosters: the one place that touches LightGBM, which is imported only when used."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.encoding import Encoding
from models.grid import Floats
from models.settings import ModelSettings

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset


@dataclass(frozen=True)
class Aim:
    """What a booster is grown for: a LightGBM objective, the level of a quantile, the power of a Tweedie variance."""

    objective: str
    level: float | None = None
    power: float | None = None

    def params(self) -> dict[str, Any]:
        """As LightGBM reads it."""
        told = {"objective": self.objective, "alpha": self.level, "tweedie_variance_power": self.power}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, eq=False)
class Rows:
    """Encoded rows with what they teach and how much each counts; binned once for several boosters."""

    encoding: Encoding
    matrix: pl.DataFrame
    label: Floats
    weight: Floats

    def binned(self, settings: ModelSettings, like: "Dataset | None" = None) -> "Dataset":
        """The rows as LightGBM keeps them; `like` lends its bins to rows that only test."""
        import lightgbm

        return lightgbm.Dataset(
            self.matrix,
            label=self.label,
            weight=self.weight,
            reference=like,
            categorical_feature=list(self.encoding.categories),
            params={
                "max_bin": settings.bins,
                "min_data_in_leaf": settings.min_data,
                "seed": settings.seed,
                "num_threads": settings.threads,
                "verbose": -1,
            },
        )


@dataclass(frozen=True, eq=False)
class Grown:
    """A booster as text, which is how it is kept, with how many trees it has."""

    text: str

    @cached_property
    def booster(self) -> "Booster":
        """The booster itself; only text whose digest was checked may get here."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @property
    def rounds(self) -> int:
        """Number of trees."""
        return int(self.booster.num_trees())

    def raw(self, matrix: pl.DataFrame, threads: int) -> Floats:
        """Scores before any link: log-odds of a classifier."""
        if not matrix.height:
            return np.zeros(0)
        return np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)

    def contributions(self, matrix: pl.DataFrame, threads: int) -> Floats:
        """How much each column moved each row's score; one row a row, one column a column."""
        if not matrix.height:
            return np.zeros((0, matrix.width))
        found = self.booster.predict(matrix, pred_contrib=True, num_threads=threads)
        return np.asarray(found, dtype=np.float64)[:, :-1]

    def gains(self) -> Mapping[str, float]:
        """How much each feature helped in growing, by name."""
        names = self.booster.feature_name()
        return dict(zip(names, self.booster.feature_importance("gain").tolist(), strict=True))


def grow(train: "Dataset", aim: Aim, rounds: int, settings: ModelSettings) -> Grown:
    """A booster with exactly so many trees."""
    import lightgbm

    return Grown(lightgbm.train(_params(aim, settings), train, rounds).model_to_string())


def tune(data: tuple["Dataset", "Dataset"], aim: Aim, settings: ModelSettings) -> Grown:
    """A booster grown on the first set until it no longer gets better on the second, which is later."""
    import lightgbm

    train, later = data
    stop = lightgbm.early_stopping(settings.patience, verbose=False)
    booster = lightgbm.train(_params(aim, settings), train, settings.rounds, valid_sets=[later], callbacks=[stop])
    best = max(1, booster.best_iteration)
    return Grown(booster.model_to_string(num_iteration=best))


def _params(aim: Aim, settings: ModelSettings) -> dict[str, Any]:
    return {
        **aim.params(),
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.min_data,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "max_bin": settings.bins,
        "num_threads": settings.threads,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
