"""LightGBM as it comes: sales as they were, sold out or not, fixed trees, nothing put right afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.baselines.spread import NORMAL, told
from models.boosting import Aim, Rows, grow
from models.dataset import Dataset
from models.encoding import Encoding
from models.grid import LEVELS, QUANTILES, Floats
from models.grid import mean as grid_mean
from models.hits import sigmoid
from models.settings import ModelSettings

PLAIN, PLAIN_ALL = "plain_lightgbm", "plain_lightgbm_all"
TEN = (
    "units_last", "units_mean7", "room_units_fading", "category_units_28d", "anchor_units_28d", "price",
    "discount_share", "weekday", "product_showings", "category",
)  # fmt: skip
THREE = (0.10, 0.50, 0.90)
AS_IT_COMES = {"learning_rate": 0.1, "leaves": 31, "min_data": 20, "feature_share": 1.0, "row_share": 1.0}


@dataclass(frozen=True, eq=False)
class Lesson:
    """Finished listings, the features that are read of them, and how trees are grown."""

    train: Dataset
    encoding: Encoding
    settings: ModelSettings

    @classmethod
    def of(cls, train: Dataset, features: Sequence[str], settings: ModelSettings) -> "Lesson":
        """With the settings that LightGBM is usually started with."""
        usual = settings.model_copy(update=AS_IT_COMES)
        return cls(train, Encoding.of(train.rows, features), usual)

    def units(self, matrix: pl.DataFrame, levels: Sequence[float]) -> Floats:
        """Quantiles of the units sold, one row a row, one column a level; where they cross, they are sorted."""
        sales = self.train.rows["sales_units"].cast(pl.Float64).to_numpy()
        aims = [Aim("quantile", level) for level in levels]
        raw = self._grown(self.train.rows, sales, aims, matrix)
        return np.sort(np.maximum(np.column_stack(raw), 0.0), axis=1)

    def chances(self, matrix: pl.DataFrame) -> Floats:
        """Each row's probability of a hit."""
        rows = self.train.rows.filter(pl.col("hit").is_not_null())
        label = rows["hit"].cast(pl.Float64).to_numpy()
        if len(np.unique(label)) < 2:  # noqa: PLR2004 - only hits, or none
            return np.full(matrix.height, label.mean() if len(label) else 0.0)
        return sigmoid(self._grown(rows, label, [Aim("binary")], matrix)[0])

    def _grown(self, rows: pl.DataFrame, label: Floats, aims: Sequence[Aim], matrix: pl.DataFrame) -> list[Floats]:
        plain = self.settings
        binned = Rows(self.encoding, self.encoding.matrix(rows), label, np.ones(len(label))).binned(plain)
        return [grow(binned, aim, plain.plain_rounds, plain).raw(matrix, plain.threads) for aim in aims]


def forecasts(train: Dataset, features: pl.DataFrame, settings: ModelSettings) -> dict[str, pl.DataFrame]:
    """`plain_lightgbm` reads ten features and has a booster a level; `plain_lightgbm_all` reads all and has three.

    Between and beyond the three, log(1 + units) is taken as normal on each side of its median.
    """
    if not train.rows.height:  # nothing sold yet, nothing to expect
        nothing = _told(features, np.zeros((features.height, len(LEVELS))), np.zeros(features.height))
        return dict.fromkeys((PLAIN, PLAIN_ALL), nothing)
    ten = Lesson.of(train, [name for name in TEN if name in train.features], settings)
    every = Lesson.of(train, train.features, settings)
    read_by_ten, read_by_all = ten.encoding.matrix(features), every.encoding.matrix(features)
    of_ten = ten.units(read_by_ten, LEVELS)
    of_all = filled_in(every.units(read_by_all, THREE))
    return {
        PLAIN: _told(features, of_ten, ten.chances(read_by_ten)),
        PLAIN_ALL: _told(features, of_all, every.chances(read_by_all)),
    }


def filled_in(three: Floats) -> Floats:
    """Quantiles at `LEVELS` out of those at 10, 50 and 90%.

    >>> filled_in(np.array([[1.0, 3.0, 7.0]])).round(1)
    array([[ 0.6,  1. ,  1.8,  3. ,  4.8,  7. ,  8.7, 11.1]])
    """
    low, middle, high = np.log1p(three.T)
    steps = NORMAL / NORMAL[LEVELS.index(THREE[-1])]
    reach = np.where(steps < 0, (middle - low)[:, None], (high - middle)[:, None])
    return np.asarray(np.maximum(np.expm1(middle[:, None] + steps * reach), 0.0), dtype=np.float64)


def _told(features: pl.DataFrame, units: Floats, chance: Floats) -> pl.DataFrame:
    columns = dict(zip(QUANTILES, units.T, strict=True)) | {"p_hit": chance, "demand_mean": grid_mean(units)}
    return told(features, columns)
