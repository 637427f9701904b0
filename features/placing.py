"""Which room, anchor, category … what happened belongs to, as it was known then."""

import polars as pl

from features.contracts import Tables
from features.entities import BAND, DEPARTMENT
from features.known import at, versions
from features.ledger import minute_of


def placed(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Rows of (session_id, product_id, minute) with the room, anchor, category … that they belong to.

    These are the ids known in the row's own minute, else those first known afterwards; `session_minute`,
    `product_minute` and `both_minute` say from when on the row counts for what hangs on its session or its product.
    """
    sessions = versions(tables["sessions"], "sessions").select(
        "session_id", "known_at", "room_id", "anchor_id", "scheduled_at"
    )
    products = versions(tables["products"], "products").select(
        "product_id", "known_at", "category", "supplier_id", "merchant_id", "list_price"
    )
    return (
        rows.pipe(_named, sessions, "session_id")
        .pipe(_named, products, "product_id")
        .with_columns(DEPARTMENT, BAND, both_minute=pl.max_horizontal("session_minute", "product_minute"))
    )


def _named(rows: pl.DataFrame, history: pl.DataFrame, key: str) -> pl.DataFrame:
    minute = f"{key.removesuffix('_id')}_minute"
    first = history.group_by(key).agg(minute_of(pl.col("known_at").min()).alias(minute))
    instant = pl.from_epoch((pl.col(minute) + 1) * 60, time_unit="s").cast(pl.Datetime("us", "UTC"))
    return (
        rows.join(first, on=key, how="left", maintain_order="left")
        .with_columns(pl.max_horizontal("minute", minute).alias(minute))
        .with_columns(cutoff=instant)
        .pipe(at, history, (key,))
        .drop("cutoff")
    )
