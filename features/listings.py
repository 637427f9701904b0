"""The listings that lie ahead of a cutoff."""

from datetime import datetime, timedelta

import polars as pl

from features.context import listings_known
from features.contracts import Tables
from features.episodes import shown
from features.known import versions
from features.outages import first_known

COLUMNS = (
    "session_id", "product_id", "cutoff", "scheduled_at", "price", "units_offered", "room_id", "anchor_id",
    "merchant_id", "supplier_id", "title", "category", "unit_cost", "list_price", "salvage_value", "unit_volume_l",
    "lead_time_days", "min_order_units", "pack_units", "daily_capacity_units", "reserve_fee_rate", "lead_days",
    "is_new_product", "capped_last_time", "position",
)  # fmt: skip


def upcoming(tables: Tables, cutoff: datetime, horizon: timedelta) -> pl.DataFrame:
    """Listings known strictly before the cutoff whose session is scheduled in [cutoff, cutoff + horizon).

    Returns:
        `COLUMNS`, sorted by scheduled_at, session_id and product_id; `is_new_product` where it was never shown before,
        `capped_last_time` where its last showing sold out or reached its cap.
    """
    instants = pl.DataFrame({"cutoff": [cutoff]}, schema={"cutoff": pl.Datetime("us", "UTC")})
    return ahead(tables, instants, horizon)


def ahead(tables: Tables, cutoffs: pl.DataFrame, horizon: timedelta) -> pl.DataFrame:
    """The same for each of several cutoffs (one column `cutoff`)."""
    plans = versions(tables["sessions"], "sessions").select("session_id", "scheduled_at").unique()
    pairs = (
        plans.join_where(
            cutoffs,
            pl.col("scheduled_at") >= pl.col("cutoff"),
            pl.col("scheduled_at") < pl.col("cutoff") + horizon,
        )
        .select("session_id", "cutoff")
        .unique()
        .sort("cutoff", "session_id")
    )
    due = (pl.col("scheduled_at") >= pl.col("cutoff")) & (pl.col("scheduled_at") < pl.col("cutoff") + horizon)
    return (
        listings_known(tables, pairs)
        .filter(due)
        # rounded: polars divides one row and many by a number in different ways
        .with_columns(lead_days=((pl.col("scheduled_at") - pl.col("cutoff")).dt.total_seconds() / 86_400).round(9))
        .pipe(_with_past, tables)
        .select(COLUMNS)
        .sort("cutoff", "scheduled_at", "session_id", "product_id")
    )


def _with_past(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    last = capped(tables).sort("known_from")
    return (
        rows.with_row_index("_row")
        .sort("cutoff")
        .join_asof(
            last,
            left_on="cutoff",
            right_on="known_from",
            by="product_id",
            allow_exact_matches=False,
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(
            is_new_product=pl.col("known_from").is_null(),
            capped_last_time=((pl.col("capped_known") < pl.col("cutoff")).fill_null(False)),
        )
        .sort("_row")
    )


def capped(tables: Tables) -> pl.DataFrame:
    """One row per listing shown: ids, `known_from`, and `capped_known`, when we learnt that its stock had run out."""
    showings = shown(tables)
    return showings.join(first_known(tables, showings), on=["session_id", "product_id"], how="left").select(
        "session_id", "product_id", "capped_known", known_from="shown_known"
    )
