"""What the windows must hold, counted the slow way: every row beside every event of its session."""

from collections.abc import Sequence

import polars as pl
from asked import KINDS, LENGTHS, MEASURES, names


def counted(actions: pl.DataFrame, rows: pl.DataFrame, windows: Sequence[str]) -> pl.DataFrame:
    """All columns with and without viewers, one row for each of `rows` (session, product, minute), in their order."""
    numbered = rows.with_row_index("row")
    beside = numbered.join(
        actions.select(
            "session", "viewer", "kind", pl.col("product").alias("about"), happened=pl.col("known") // 60_000_000
        ),
        on="session",
        how="left",
    ).filter(pl.col("happened") < pl.col("minute"))
    parts = [_window(beside, window) for window in windows]
    found = numbered.select("row").join(pl.concat(parts, how="align"), on="row", how="left")
    return found.sort("row").select(pl.col(names(windows, viewers=True)).fill_null(0).cast(pl.Int64))


def _window(beside: pl.DataFrame, window: str) -> pl.DataFrame:
    length = LENGTHS[window]
    inside = beside if length is None else beside.filter(pl.col("happened") >= pl.col("minute") - length)
    own = (pl.col("about") == pl.col("product")).fill_null(value=False)
    return inside.group_by("row").agg(
        *((own & (pl.col("kind") == KINDS.index(m))).sum().alias(f"listing.{m}.{window}") for m in MEASURES["listing"]),
        *((pl.col("kind") == number).sum().alias(f"session.{m}.{window}") for number, m in enumerate(KINDS)),
        pl.col("viewer").filter(own).drop_nulls().n_unique().alias(f"listing.viewers.{window}"),
        pl.col("viewer").drop_nulls().n_unique().alias(f"session.viewers.{window}"),
    )
