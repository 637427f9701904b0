"""What share of a product's sold units comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.dataset import LISTING, Dataset
from models.grid import Floats

# Features that hold what was known of returns at the cutoff.
OWN, KIN, SOLD = "product_return_share", "category_return_share", "product_matured_units"


@dataclass(frozen=True)
class Returns:
    """A product's own share of returns, drawn to its category's, and that to all products'.

    Attributes:
        overall: share of all matured units that came back; null where no sale is old enough to tell, or nothing ever
            came back, which without a table of returns is no knowledge.
        prior_units: units sold that the wider group's share is worth.
    """

    overall: float | None
    prior_units: float

    @classmethod
    def of(cls, rows: pl.DataFrame, prior_units: float) -> "Returns":
        """What finished listings tell."""
        ripe = rows.filter("return_matured").unique(LISTING, keep="any")
        sold, back = int(ripe["sales_units"].sum()), int(ripe["returned_units"].sum())
        overall = round(min(back / sold, 1.0), 9) if sold > 0 and back > 0 else None
        return cls(overall=overall, prior_units=prior_units)

    def rate(self, features: pl.DataFrame) -> pl.Series:
        """The expected share of each listing's sales that comes back; null where nothing is known of returns."""
        if self.overall is None:
            return pl.Series("return_rate", np.full(features.height, None), dtype=pl.Float64)
        sold, own = _column(features, SOLD, 0.0), _column(features, OWN, 0.0)
        wider = _column(features, KIN, self.overall)
        rate = (sold * own + self.prior_units * wider) / (sold + self.prior_units)
        return pl.Series("return_rate", np.clip(rate, 0.0, 1.0), dtype=pl.Float64)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"overall": self.overall, "prior_units": self.prior_units}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Returns":
        """Out of JSON."""
        return cls(overall=document["overall"], prior_units=document["prior_units"])


def came_back(dataset: Dataset, rows: pl.DataFrame, prior_units: float) -> pl.Series:
    """The share of each listing's sales that came back, as it counts afterwards, whoever forecast it.

    A listing's own share once its returns are in; until then its product's, drawn to all products'; null where nothing
    is known of returns.

    Args:
        dataset: all that is known of returns.
        rows: some of its rows.
        prior_units: units sold that a product's own share must outweigh.
    """
    overall = Returns.of(dataset.rows, prior_units).overall
    if overall is None:
        return pl.Series("came_back", [None] * rows.height, dtype=pl.Float64)
    sold, back = pl.col("sales_units"), pl.col("returned_units")
    products = (
        dataset.rows.filter("return_matured")
        .unique(LISTING, keep="any")
        .group_by("product_id")
        .agg(usual=(back.sum() + prior_units * overall) / (sold.sum() + prior_units))
    )
    own = pl.when(pl.col("return_matured") & (sold > 0)).then(back / sold)
    share = pl.coalesce(own, "usual", pl.lit(overall)).clip(0.0, 1.0)
    return rows.join(products, on="product_id", how="left", maintain_order="left").select(came_back=share)["came_back"]


def _column(features: pl.DataFrame, name: str, otherwise: float) -> Floats:
    if name not in features.columns:
        return np.full(features.height, otherwise)
    return np.asarray(features[name].cast(pl.Float64).fill_null(otherwise).to_numpy(), dtype=np.float64)
