"""What is known of a listing itself at a cutoff: plan, product, supplier and neighbours on the line-up."""

import polars as pl

from features.calendar import with_calendar
from features.contracts import Tables
from features.entities import BAND, DEPARTMENT, depth
from features.known import at, versions
from features.settings import Sensing

PAIR = ("session_id", "cutoff")


def listings_known(tables: Tables, pairs: pl.DataFrame) -> pl.DataFrame:
    """Every listing known at the cutoff of each pair of session and cutoff, with plan, product and supplier.

    Args:
        tables: the landing tables.
        pairs: session_id and cutoff, each pair once.

    Returns:
        One row per listing and cutoff, as the versions known strictly before it say. `started_at` and `ended_at` are
        null until they have happened.
    """
    sessions = (
        versions(tables["sessions"], "sessions").drop("received_at").rename({"announced_at": "session_announced_at"})
    )
    lineups = (
        versions(tables["lineups"], "lineups")
        .drop("received_at")
        .rename({"announced_at": "listing_announced_at", "planned_minutes": "listing_minutes"})
    )
    keys = tables["lineups"].select("session_id", "product_id").unique().sort("session_id", "product_id")
    return (
        pairs.pipe(at, sessions, ("session_id",))
        .filter(pl.col("scheduled_at").is_not_null())
        .join(keys, on="session_id", maintain_order="left_right")
        .pipe(at, lineups, ("session_id", "product_id"))
        .filter(pl.col("price").is_not_null())
        .pipe(at, versions(tables["products"], "products").drop("received_at"), ("product_id",))
        .pipe(at, versions(tables["suppliers"], "suppliers").drop("received_at"), ("supplier_id",))
        .with_columns(
            pl.when(pl.col(fact) < pl.col("cutoff")).then(pl.col(fact)).alias(fact)
            for fact in ("started_at", "ended_at")
        )
        .with_columns(DEPARTMENT, BAND, depth("price"))
    )


def context(tables: Tables, rows: pl.DataFrame, settings: Sensing) -> pl.DataFrame:
    """The rows (session_id, product_id, cutoff), in their order, with everything known of each listing itself."""
    pairs = rows.select(PAIR).unique().sort(PAIR)
    known = listings_known(tables, pairs).pipe(_with_neighbours)
    return rows.join(known, on=["session_id", "product_id", "cutoff"], how="left", maintain_order="left").pipe(
        with_calendar, settings
    )


def _with_neighbours(known: pl.DataFrame) -> pl.DataFrame:
    discount = 1 - pl.col("price") / pl.col("list_price")
    return known.with_columns(
        lineup_listings=pl.len().over(PAIR),
        lineup_category_listings=pl.len().over(*PAIR, "category"),
        lineup_supplier_listings=pl.len().over(*PAIR, "supplier_id"),
        lineup_price_mean=pl.col("price").mean().over(PAIR).round(6),
        lineup_price_rank=pl.col("price").rank("average").over(PAIR),
        lineup_category_price_mean=pl.col("price").mean().over(*PAIR, "category").round(6),
        lineup_discount_rank=discount.rank("average", descending=True).over(PAIR),
        lineup_capped=pl.col("units_offered").is_not_null().sum().over(PAIR),
    )
