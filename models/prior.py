"""The simple forecast for landing zones with too little past to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.dataset import LISTING, Dataset
from models.grid import LEVELS, Floats
from models.settings import ModelSettings

CATEGORY = "category"
# How a distribution of demand looks before anything was sold, in multiples of the typical: wide, with a heavy tail.
WIDE = (0.0, 0.05, 0.3, 1.0, 2.5, 6.0, 10.0, 20.0)


@dataclass(frozen=True)
class Group:
    """What listings of one category, or all of them, did: quantiles at `LEVELS`, share of hits."""

    units: tuple[float, ...]
    hit_share: float


@dataclass(frozen=True)
class Prior:
    """Every listing gets what its category did, drawn to what all did, drawn to a wide guess."""

    overall: Group
    categories: Mapping[str, Group]

    @classmethod
    def of(cls, dataset: Dataset, hit_share: float, settings: ModelSettings) -> "Prior":
        """What the finished listings of a dataset tell, each counted once."""
        rows = dataset.rows.sort("cutoff").unique(LISTING, keep="last", maintain_order=True)
        guess = Group(tuple(settings.prior_units * multiple for multiple in WIDE), hit_share)
        overall = _drawn(rows, guess, settings.prior_rows)
        if CATEGORY not in rows.columns:
            return cls(overall, {})
        groups = rows.drop_nulls(CATEGORY).partition_by(CATEGORY, as_dict=True, maintain_order=True)
        return cls(overall, {str(name): _drawn(own, overall, settings.prior_rows) for (name,), own in groups.items()})

    def units(self, features: pl.DataFrame) -> Floats:
        """Quantiles of each row's demand: one row a row, one column a level."""
        return np.array([group.units for group in self._groups(features)]).reshape(features.height, len(LEVELS))

    def chances(self, features: pl.DataFrame) -> Floats:
        """Each row's probability of a hit."""
        return np.array([group.hit_share for group in self._groups(features)], dtype=np.float64)

    def _groups(self, features: pl.DataFrame) -> list[Group]:
        if CATEGORY not in features.columns:
            return [self.overall] * features.height
        return [self.categories.get(name, self.overall) for name in features[CATEGORY].to_list()]

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "overall": _written(self.overall),
            "categories": {name: _written(group) for name, group in sorted(self.categories.items())},
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Prior":
        """Out of JSON."""
        return cls(
            overall=_read(document["overall"]),
            categories={name: _read(group) for name, group in document["categories"].items()},
        )


def _drawn(rows: pl.DataFrame, wider: Group, prior_rows: float) -> Group:
    share = rows.height / (rows.height + prior_rows)
    units = np.array(wider.units)
    if rows.height:
        own = np.quantile(rows["demand_units"].to_numpy(), LEVELS)
        units = np.maximum.accumulate(share * own + (1 - share) * units)
    hit = rows["hit"].drop_nulls().cast(pl.Float64)
    trust = hit.len() / (hit.len() + prior_rows)
    hits = trust * float(hit.sum()) / max(hit.len(), 1) + (1 - trust) * wider.hit_share
    return Group(tuple(units.round(6).tolist()), round(hits, 9))


def _written(group: Group) -> dict[str, Any]:
    return {"units": list(group.units), "hit_share": group.hit_share}


def _read(document: Mapping[str, Any]) -> Group:
    return Group(tuple(document["units"]), document["hit_share"])
