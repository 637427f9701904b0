"""Five boosters grown together: three for the shape of demand, one for its mean, one for hits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models import demand, hits
from models.boosting import Aim, Grown, Rows, grow, tune
from models.dataset import Dataset
from models.demand import AIMS, EXPECTED, Sight, label_of
from models.encoding import Encoding
from models.grid import Floats
from models.settings import ModelSettings

HITS = "hits"
_PARTS: tuple[Mapping[str, Aim], ...] = (AIMS, {HITS: hits.AIM})
NEVER = -10.0  # log-odds where no hit, or nothing but hits, was ever seen


@dataclass(frozen=True)
class Past:
    """What the rows learnt from tell of hits: their share, and the demand that a hit had to pass at the last cutoff."""

    hit_share: float
    bar_units: float | None

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Past":
        """Read off rows; no bar where none was ever set."""
        share = rows["hit"].mean()
        bars = rows.drop_nulls("hit_bar_units").sort("cutoff")["hit_bar_units"]
        return cls(float(share) if isinstance(share, float) else 0.0, float(bars[-1]) if bars.len() else None)


@dataclass(frozen=True, eq=False)
class Forest:
    """The boosters and the columns that they read.

    Attributes:
        encoding: the door for feature tables.
        boosters: by name; without `hits` where hits could not be learnt, which leaves `hit_share` alone.
        past: how common hits were and what made one.
    """

    encoding: Encoding
    boosters: Mapping[str, Grown]
    past: Past

    @property
    def rounds(self) -> dict[str, int]:
        """Trees of each booster."""
        return {name: grown.rounds for name, grown in self.boosters.items()}

    @property
    def demand(self) -> Grown:
        """The booster that says most of demand: that of the mean, or of the median where nothing was ever sold."""
        return self.boosters.get(EXPECTED, self.boosters["middle"])

    def sight(self, matrix: pl.DataFrame, threads: int) -> Sight:
        """What the boosters see of each encoded row's demand."""
        return Sight.of(self.boosters, matrix, threads)

    def odds(self, matrix: pl.DataFrame, sight: Sight, threads: int) -> Floats:
        """Each encoded row's raw log-odds of a hit: the mean of the hit booster's and two kinds of odds to pass a bar.

        The one knows what hits have in common; the others, by the shape and by the expected units, how much is sold.
        Together they rank better than each.
        """
        bar = self.past.bar_units
        if HITS in self.boosters and bar is not None:
            parts = (self.boosters[HITS].raw(matrix, threads), sight.shape.odds_above(bar), sight.odds_above(bar))
            return np.asarray(np.mean(parts, axis=0), dtype=np.float64)
        share = np.clip(self.past.hit_share, 1e-9, 1 - 1e-9)
        return np.full(matrix.height, np.clip(np.log(share / (1 - share)), NEVER, -NEVER))


def tuned(train: Dataset, later: Dataset, settings: ModelSettings) -> Forest:
    """Boosters of which each stopped growing when it got no better on later sessions."""
    encoding, fitting = Encoding.of(train.rows, train.features), fitted(settings, train)
    grown: dict[str, Grown] = {}
    for aims, taught, tested in zip(
        _PARTS, _lessons(train, encoding, fitting), _lessons(later, encoding, fitting), strict=True
    ):
        names = [name for name in aims if _teaches(name, taught) and len(tested.label)]
        if names:
            binned = taught.binned(fitting)
            checked = tested.binned(fitting, like=binned)
        for name in names:
            binned.set_label(_label(name, taught))
            checked.set_label(_label(name, tested))
            grown[name] = tune((binned, checked), aims[name], fitting)
    return Forest(encoding, grown, Past.of(train.rows))


def regrown(train: Dataset, rounds: Mapping[str, int], settings: ModelSettings) -> Forest:
    """Boosters with as many trees as were best before, from all rows given."""
    encoding, fitting = Encoding.of(train.rows, train.features), fitted(settings, train)
    grown: dict[str, Grown] = {}
    for aims, taught in zip(_PARTS, _lessons(train, encoding, fitting), strict=True):
        names = [name for name in aims if _teaches(name, taught) and name in rounds]
        if names:
            binned = taught.binned(fitting)
        for name in names:
            binned.set_label(_label(name, taught))
            grown[name] = grow(binned, aims[name], rounds[name], fitting)
    return Forest(encoding, grown, Past.of(train.rows))


def fitted(settings: ModelSettings, train: Dataset) -> ModelSettings:
    """Settings for so many listings: smaller trees for few, and leaves that hold whole listings."""
    listings = max(train.listings, 1)
    leaves = int(np.clip(listings // settings.listings_per_leaf, min(8, settings.leaves), settings.leaves))
    repeats = max(1, round(train.rows.height / listings))
    return settings.model_copy(update={"leaves": leaves, "min_data": settings.min_data * repeats})


def _lessons(dataset: Dataset, encoding: Encoding, settings: ModelSettings) -> tuple[Rows, Rows]:
    return demand.lessons(dataset, encoding, settings), hits.lessons(dataset, encoding, settings)


def _label(name: str, rows: Rows) -> Floats:
    return rows.label if name == HITS else label_of(name, rows.label)


def _teaches(name: str, rows: Rows) -> bool:
    """Whether the rows can teach a booster: hits need both sides, a mean needs something above nothing."""
    if name == HITS:
        return len(np.unique(rows.label)) > 1
    return name != EXPECTED or bool(rows.label.any())
