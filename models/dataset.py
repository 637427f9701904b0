"""What is learnt from: finished listings as they looked at earlier cutoffs, joined with what became of them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from models.settings import ModelSettings

if TYPE_CHECKING:
    from features.contracts import Tables
    from features.settings import Sensing

LISTING = ("session_id", "product_id")
ROW = (*LISTING, "cutoff")
TRUTH = (
    "scheduled_at", "over_known", "is_new_product", "sales_units", "demand_units", "censored", "available_share",
    "returned_units", "return_matured", "hit_bar_units", "hit",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Dataset:
    """Listings at their cutoffs, what was known of them, and how they ended.

    Attributes:
        rows: `ROW`, `TRUTH`, then one column a feature; a listing may appear at several cutoffs.
        as_of: the instant before which everything in it was known.
        horizon: how far ahead of its cutoff a listing may lie.
    """

    rows: pl.DataFrame
    as_of: datetime
    horizon: timedelta

    @property
    def features(self) -> list[str]:
        """Names of the feature columns, in order."""
        return [name for name in self.rows.columns if name not in (*ROW, *TRUTH)]

    @property
    def listings(self) -> int:
        """How many different listings there are."""
        return self.rows.select(LISTING).n_unique()

    def only(self, *conditions: pl.Expr) -> "Dataset":
        """The same with fewer rows."""
        return replace(self, rows=self.rows.filter(*conditions))


def build(tables: "Tables", as_of: datetime, sensing: "Sensing", settings: ModelSettings) -> Dataset:
    """All that may be learnt before `as_of`: every finished listing at rolling cutoffs before it.

    Cutoffs lie whole horizons before `as_of`, so that each listing is seen once, at the lead time at which it would
    have been stocked; where that gives few rows they lie closer, and a listing is seen at several lead times.
    """
    from features.labels import hit_labels, outcomes  # here: a predictor is checked in seconds without them
    from features.listings import ahead
    from features.table import compute

    horizon = timedelta(days=settings.horizon_days)
    finished = outcomes(tables, as_of, sensing)
    seen = ahead(tables, _origins(finished, as_of, settings), horizon)
    kept = (
        seen.join(finished.select(LISTING), on=LISTING, how="semi", maintain_order="left")
        .select(*ROW, "is_new_product")
        .sort("cutoff", *LISTING, descending=[True, False, False])
        .head(settings.max_rows)
        .sort("cutoff", *LISTING)
    )
    rows = kept.hstack(compute(tables, kept, sensing).drop(ROW)).join(
        finished.drop("begins"), on=LISTING, how="left", maintain_order="left"
    )
    labelled = hit_labels(finished, rows, sensing.labels)
    features = [name for name in labelled.columns if name not in (*ROW, *TRUTH)]
    return Dataset(labelled.select(*ROW, *TRUTH, *features), as_of, horizon)


def _origins(finished: pl.DataFrame, as_of: datetime, settings: ModelSettings) -> pl.DataFrame:
    none = pl.DataFrame(schema={"cutoff": pl.Datetime("us", "UTC")})
    first = finished["scheduled_at"].min()
    if not isinstance(first, datetime):
        return none
    horizon = timedelta(days=settings.horizon_days)
    times = max(1, min(round(settings.horizon_days), settings.dense_rows // finished.height))
    step = horizon / times
    count = int((as_of - first) / step) + 1
    # Nothing is known at the very first cutoff, so the earliest listings are context, not lessons.
    return pl.DataFrame({"cutoff": [as_of - step * k for k in range(1, count)]}, schema=none.schema)
