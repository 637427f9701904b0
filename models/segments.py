"""How good published lists were, for each kind of listing: by merchant, anchor, department, new and known."""

from collections.abc import Iterator, Mapping

import polars as pl

from models.accuracy import balanced_scores, demand_scores
from models.baselines.naive import NAIVE
from models.grid import QUANTILES
from models.hindsight import KEPT
from models.metrics import scores

LIST = "list"
"""What the list's own forecast is called beside the simple ones."""

COLUMNS = {
    "segment": pl.String, "name": pl.String, "predictor": pl.String, "metric": pl.String, "value": pl.Float64,
}  # fmt: skip
ALL, KIND = "all", "kind"
SEGMENTS: Mapping[str, pl.Expr] = {
    ALL: pl.lit(ALL),
    KIND: pl.when("is_new_product").then(pl.lit("new")).otherwise(pl.lit("known")),
    "merchant": pl.col("merchant_id"),
    "anchor": pl.col("anchor_id"),
    "department": pl.col("category").str.split("/").list.first(),
    "predictor": pl.col("predictor"),
    "order": pl.when("in_time").then(pl.lit("in time")).otherwise(pl.lit("late")),
}
"""By what listings are told apart; the name is null where it is not known."""

_SUMS = ("profit", "oracle_profit", "recommended_profit", "had_units", "left_units", "met_units", "demand_units")


def by_segment(judged: pl.DataFrame, top: int) -> pl.DataFrame:
    """Every metric of the lists, and those of demand of the simple forecasts beside them.

    Args:
        judged: the feedback, each listing once.
        top: k of precision and of gain at k.

    Returns:
        `COLUMNS`, one row per segment, name in it, predictor and metric; `predictor` is `LIST` or one of `NAIVE`. The
        metrics are those of `models.metrics.scores`, and of a list also `listings` and the sums of money and units.
        Quantiles that lists do not tell have no metrics, and `pinball`, which needs them all, is `pinball3`.
    """
    rows = [
        (segment, name, predictor, metric, value)
        for segment, name, own in _parts(judged)
        for predictor, told in _scores(own, top).items()
        for metric, value in told.items()
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def as_recorded(told: pl.DataFrame) -> pl.DataFrame:
    """The table as the records keep it: `predictor`, `fold` (null), `metric`, `value`.

    Of all listings by the metric's own name, of new and known products with that before it: `ap`, `new/ap`.
    """
    kept = told.filter(pl.col("segment").is_in([ALL, KIND]))
    path = pl.when(pl.col("segment") == KIND).then(pl.col("name") + "/").otherwise(pl.lit(""))
    return kept.select("predictor", fold=pl.lit(None, pl.Int64), metric=path + pl.col("metric"), value="value")


def _parts(judged: pl.DataFrame) -> Iterator[tuple[str, str | None, pl.DataFrame]]:
    for segment, kind in SEGMENTS.items():
        rows = judged.with_columns(_name=kind.cast(pl.String)).sort("_name", nulls_last=True)
        for own in rows.partition_by("_name", maintain_order=True):
            yield segment, own["_name"][0], own


def _scores(own: pl.DataFrame, top: int) -> dict[str, dict[str, float]]:
    sums = {name: float(own[name].sum()) for name in _SUMS}
    ours = {"listings": float(own.height), **sums, **scores(_as_judged(own), top)}
    return {LIST: ours} | {name: _simple(own, name) for name in NAIVE}


def _as_judged(own: pl.DataFrame) -> pl.DataFrame:
    """The feedback under the names that metrics read; levels that no list tells are null."""
    missing = [pl.lit(None, pl.Float64).alias(name) for name in QUANTILES if name not in own.columns]
    return own.with_columns(
        *missing,
        sold_units=pl.col("met_units"),
        stocked_units=pl.col("had_units").cast(pl.Float64),
        realised_units=pl.col("demand_units"),
    )


def _simple(own: pl.DataFrame, name: str) -> dict[str, float]:
    columns = {column: f"{name}_{column.removeprefix('demand_')}" for column in KEPT}
    told = own.filter(pl.all_horizontal(pl.col(column).is_not_null() for column in columns.values()))
    nothing = [pl.lit(None, pl.Float64).alias(column) for column in QUANTILES]
    rows = told.with_columns(nothing).with_columns(pl.col(theirs).alias(ours) for ours, theirs in columns.items())
    return demand_scores(rows) | balanced_scores(rows) if rows.height else {}
