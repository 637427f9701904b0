"""What share of a product's sold units comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from models import returning
from models.boosting import Grown
from models.dataset import LISTING, Dataset
from models.returning import Returning
from models.ripening import Lessons
from models.settings import ModelSettings
from models.shares import Shares, concentration

BOOSTER = "returns"


@dataclass(frozen=True, eq=False)
class Returns:
    """The expected share of each listing's sold units that comes back.

    Attributes:
        shares: the usual shares of product and category.
        threads: that the booster is read with.
        learnt: a booster that was surely better on later listings; None where there is none, and then `shares` answer.
        close: how closely listings keep to the expected share: c of a beta distribution about it
            (`models.shares.concentration`); null where nothing is known of returns.
    """

    shares: Shares
    threads: int
    learnt: Returning | None = None
    close: float | None = None

    @property
    def said(self) -> str:
        """Where the shares come from, in words."""
        if self.shares.overall is None:
            return "nothing is known of them"
        return "booster and usual shares, blended" if self.learnt else "usual shares of product and category"

    @classmethod
    def usual(cls, rows: pl.DataFrame, settings: ModelSettings) -> "Returns":
        """Without a booster: what finished listings tell at once."""
        return cls(Shares.of(rows, settings.return_prior_units), settings.threads)

    @classmethod
    def of(cls, dataset: Dataset, settings: ModelSettings) -> "Returns":
        """What a dataset teaches; with a booster where it was surely better than the usual shares on later listings."""
        usual = cls.usual(dataset.rows, settings)
        if usual.shares.overall is None:
            return usual
        told = returning.tried(dataset, settings)
        if told is None:
            return cls(usual.shares, settings.threads, close=_close(dataset, usual.shares))
        learnt = returning.regrown(dataset, usual.shares, told, settings)
        return cls(usual.shares, settings.threads, learnt, told.close)

    @property
    def boosters(self) -> Mapping[str, Grown]:
        """The booster by the name under which it is kept, if there is one."""
        return {BOOSTER: self.learnt.booster} if self.learnt else {}

    @property
    def columns(self) -> dict[str, str]:
        """Features that the booster reads, as name to "number" or "category"."""
        return self.learnt.encoding.columns if self.learnt else {}

    def reads(self, features: pl.DataFrame) -> bool:
        """Whether a feature table has all that the booster reads."""
        return self.learnt is None or self.learnt.encoding.reads(features)

    def rate(self, features: pl.DataFrame) -> pl.Series:
        """The expected share of each listing's sales that comes back; null where nothing is known of returns.

        Raises:
            FeatureMismatchError: a column is missing or of another type than at training.
        """
        usual = self.shares.rate(features)
        if self.learnt is None:
            return usual
        return pl.Series("return_rate", self.learnt.rate(features, usual.to_numpy(), self.threads), dtype=pl.Float64)

    def document(self) -> dict[str, Any]:
        """As JSON holds it, without the booster."""
        learnt = self.learnt and self.learnt.document()
        return {**self.shares.document(), "learnt": learnt, "close": self.close}

    @classmethod
    def read(cls, document: Mapping[str, Any], boosters: Mapping[str, Grown], threads: int) -> "Returns":
        """Out of JSON and the boosters by name."""
        learnt = document["learnt"] and Returning.read(document["learnt"], boosters[BOOSTER])
        return cls(Shares.read(document), threads, learnt, document["close"])


def _close(dataset: Dataset, shares: Shares) -> float:
    ripe = Lessons.of(dataset.only(pl.col("return_matured")), shares)
    sold = ripe.dataset.rows["sales_units"].cast(pl.Float64).to_numpy()
    return concentration(sold, sold * ripe.label, ripe.usual)


def came_back(dataset: Dataset, rows: pl.DataFrame, prior_units: float) -> pl.Series:
    """The share of each listing's sales that came back, as it counts afterwards, whoever forecast it.

    A listing's own share once its returns are in; until then its product's, drawn to all products'; null where nothing
    is known of returns.

    Args:
        dataset: all that is known of returns.
        rows: some of its rows.
        prior_units: units sold that a product's own share must outweigh.
    """
    overall = Shares.of(dataset.rows, prior_units).overall
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
