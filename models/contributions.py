"""The table of what each group of features adds: metric by metric, to all other groups and to the base."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.ablation import LEFT_OUT, Comparison, Plan
from models.grid import Floats
from models.paired import JUDGED, Difference

SILENT, ALONE = "says nothing here", "nothing to compare with"
COLUMNS = {
    "group": pl.String,
    "features": pl.Int64,
    "to": pl.String,
    "tried": pl.String,
    "metric": pl.String,
    "having": pl.Float64,
    "lacking": pl.Float64,
    "better_by": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "verdict": pl.String,
}
NONE = (None,) * 5

Scores = Mapping[str, Mapping[str, Floats]]


def table(plan: Plan, scores: Scores) -> pl.DataFrame:
    """One row per group, what it is added to, and metric, in the order of the catalog.

    Args:
        plan: what was compared.
        scores: by variant and metric, the value in every draw.

    Returns:
        `COLUMNS`: `tried` is the variant of this comparison alone; `having` and `lacking` are the metric with and
        without the group; `better_by` is positive where the group makes it better; [`low`, `high`] holds nine in ten
        draws, and `verdict` says whether that leaves out zero.
    """
    compared = plan.comparisons()
    rows: list[tuple[object, ...]] = []
    for group, features in plan.groups.items():
        mine = [one for one in compared if one.group == group]
        known = [(group, len(features), *row) for one in mine for row in _rows(one, scores)]
        why = SILENT if group in plan.silent else ALONE
        rows += known or [(group, len(features), LEFT_OUT, None, metric, *NONE, why) for metric in JUDGED]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _rows(one: Comparison, scores: Scores) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for metric in JUDGED:
        having, lacking = scores[one.having][metric], scores[one.lacking][metric]
        found = Difference.of(metric, having, lacking)
        values = (told(having), told(lacking), found.value, found.low, found.high, found.verdict)
        rows.append((one.to, one.tried, metric, *values))
    return rows


def told(drawn: Floats) -> float | None:
    """The value on the sessions as they were, each counted once; null where it cannot be told."""
    return None if np.isnan(drawn[0]) else float(drawn[0])


def scores_of(compared: pl.DataFrame, scores: Scores) -> pl.DataFrame:
    """The same as the records keep it: `predictor` (a variant), `fold` (null), `metric`, `value`.

    Args:
        compared: what `table` gave.
        scores: what it was given.

    Returns:
        Each variant's metrics, and, under the variant that stands in one comparison alone, `<metric>_added` with
        `<metric>_added_low` and `<metric>_added_high`.
    """
    plain = [(name, metric, told(drawn)) for name, own in scores.items() for metric, drawn in own.items()]
    differences = [
        (row["tried"], f"{row['metric']}_added{end}", row[column])
        for row in compared.drop_nulls("tried").iter_rows(named=True)
        for end, column in {"": "better_by", "_low": "low", "_high": "high"}.items()
    ]
    schema = {"predictor": pl.String, "metric": pl.String, "value": pl.Float64}
    every = pl.DataFrame(plain + differences, schema=schema, orient="row")
    return every.select("predictor", pl.lit(None, pl.Int64).alias("fold"), "metric", "value")
