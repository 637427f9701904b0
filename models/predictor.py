"""What is trained, kept and asked: features of listings in, forecasts out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from models.boosting import Grown
from models.calibration import is_new
from models.correction import NONE, Correction
from models.dataset import ROW
from models.encoding import Encoding
from models.forest import Forest, Past
from models.grid import FORECAST, QUANTILES, Floats
from models.grid import mean as grid_mean
from models.nowcast.nowcaster import Nowcaster
from models.prior import Prior
from models.returns import Returns
from models.settings import ModelSettings

PRIOR_NOTE = "too few finished sessions to learn from: demand is its category's, widely spread"


@dataclass(frozen=True, eq=False)
class Learnt:
    """A forest with what its past errors taught."""

    forest: Forest
    correction: Correction = NONE


@dataclass(frozen=True, eq=False)
class Predictor:
    """Forecasts demand, hits and returns of listings.

    Attributes:
        as_of: instant before which everything it learnt was known.
        settings: with which it was trained.
        returns: shares of returns.
        prior: the simple forecast, always there.
        learnt: the boosters; None where there was too little to learn from, and then `prior` answers.
        listings: how many finished listings it learnt from.
        nowcaster: corrects its forecasts while sessions run; None where there was too little to learn from.
    """

    as_of: datetime
    settings: ModelSettings
    returns: Returns
    prior: Prior
    learnt: Learnt | None
    listings: int
    nowcaster: Nowcaster | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Features that it reads, as name to "number" or "category"."""
        return self.returns.columns | (self.learnt.forest.encoding.columns if self.learnt else {})

    @property
    def notes(self) -> list[str]:
        """What a reader of its forecasts must know."""
        return [] if self.learnt else [PRIOR_NOTE]

    def reads(self, features: pl.DataFrame) -> bool:
        """Whether it can forecast from such a feature table, or was trained on another catalog."""
        told = self.learnt is None or self.learnt.forest.encoding.reads(features)
        now = self.nowcaster is None or self.nowcaster.reads(features)
        return told and now and self.returns.reads(features)

    @property
    def boosters(self) -> dict[str, Grown]:
        """All boosters by the names under which they are kept."""
        now = self.nowcaster.boosters if self.nowcaster else {}
        return {**(self.learnt.forest.boosters if self.learnt else {}), **self.returns.boosters, **now}

    @property
    def bar_units(self) -> float | None:
        """The demand that a hit had to pass at the last cutoff learnt from; None where none was ever set."""
        return self.learnt.forest.past.bar_units if self.learnt else None

    def forecast(self, features: pl.DataFrame) -> pl.DataFrame:
        """Forecasts of listings at their cutoffs.

        Args:
            features: session_id, product_id, cutoff and at least the columns that it was trained on, in any order.

        Returns:
            One row a row, in the same order: session_id, product_id, cutoff, then `FORECAST` as Float64; quantiles
            never cross and are never below zero; `return_rate` is null where nothing is known of returns.

        Raises:
            FeatureMismatchError: a column is missing or of another type than at training.
        """
        chance, units, mean = self._told(features) if self.learnt else self._guessed(features)
        told = [pl.Series("p_hit", chance), pl.Series("demand_mean", mean)]
        told += [pl.Series(name, units[:, place]) for place, name in enumerate(QUANTILES)]
        return features.select(ROW).with_columns(*told, self.returns.rate(features)).select(*ROW, *FORECAST)

    def _told(self, features: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
        assert self.learnt is not None  # noqa: S101 - for the type checker
        forest, correction, threads = self.learnt.forest, self.learnt.correction, self.settings.threads
        matrix = forest.encoding.matrix(features)
        sight = forest.sight(matrix, threads)
        units = correction.spread.quantiles(sight, is_new(features))
        chance = correction.odds.probability(forest.odds(matrix, sight, threads))
        return chance, units, correction.spread.mean(sight)

    def _guessed(self, features: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
        units = self.prior.units(features)
        return self.prior.chances(features), units, grid_mean(units)

    def document(self) -> dict[str, Any]:
        """Everything but the boosters, as JSON holds it."""
        learnt = self.learnt and {
            "encoding": self.learnt.forest.encoding.document(),
            "boosters": sorted(self.learnt.forest.boosters),
            "past": asdict(self.learnt.forest.past),
            "correction": self.learnt.correction.document(),
        }
        return {
            "as_of": self.as_of.isoformat(),
            "settings": self.settings.model_dump(mode="json"),
            "returns": self.returns.document(),
            "prior": self.prior.document(),
            "learnt": learnt,
            "listings": self.listings,
            "nowcast": self.nowcaster and self.nowcaster.document(),
            "forecast": list(FORECAST),
        }


def read(document: Mapping[str, Any], boosters: Mapping[str, Grown]) -> Predictor:
    """The predictor out of JSON and its boosters."""
    learnt = document["learnt"] and Learnt(
        forest=Forest(
            Encoding.read(document["learnt"]["encoding"]),
            {name: boosters[name] for name in document["learnt"]["boosters"]},
            Past(**document["learnt"]["past"]),
        ),
        correction=Correction.read(document["learnt"]["correction"]),
    )
    settings = ModelSettings.model_validate(document["settings"])
    return Predictor(
        as_of=datetime.fromisoformat(document["as_of"]),
        settings=settings,
        returns=Returns.read(document["returns"], boosters, settings.threads),
        prior=Prior.read(document["prior"]),
        learnt=learnt,
        listings=document["listings"],
        nowcaster=document["nowcast"] and Nowcaster.read(document["nowcast"], boosters),
    )
