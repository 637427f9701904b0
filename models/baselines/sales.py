"""Ours, if sales were taken for demand: the same predictor, taught that what sold out was wanted no more than that."""

from dataclasses import replace

import polars as pl

from features.labels import hit_labels
from features.settings import LabelSettings
from models.dataset import Dataset

SALES = "sales_as_demand"


def sales_as_demand(train: Dataset, finished: pl.DataFrame, labels: LabelSettings) -> Dataset:
    """A dataset whose demand is what was sold, where nothing counts as sold out, and hits are decided on sales.

    Args:
        train: finished listings at their cutoffs.
        finished: all finished listings, once each, with `scheduled_at` and `sales_units`: they set the bars of hits.
        labels: what counts as a hit.
    """
    sales = pl.col("sales_units").cast(pl.Float64).alias("demand_units")
    sold = train.rows.with_columns(sales, censored=pl.lit(value=False), available_share=pl.lit(1.0))
    bare = sold.drop("hit_bar_units", "hit")
    return replace(train, rows=hit_labels(finished.with_columns(sales), bare, labels).select(sold.columns))
