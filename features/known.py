"""What was known when: the one line between the past and a leak."""

from datetime import UTC, datetime, timedelta

import polars as pl

from features.contracts import TABLES, Tables

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

FACTS = ("events", "event_counts", "orders", "returns")
"""Tables whose rows are told once; of the others later versions replace earlier ones."""

_ALWAYS = pl.lit(0).cast(pl.Datetime("us", "UTC"))  # as a literal instant it would start threads on import

# The row's own instant, for tables whose rows do not say when we learnt of them.
_OWN = {
    "sessions": pl.col("announced_at"),
    "lineups": pl.col("announced_at"),
    "products": _ALWAYS,
    "suppliers": _ALWAYS,
    "events": pl.col("ts"),
    "event_counts": pl.col("minute") + timedelta(minutes=1),
    "orders": pl.col("ts"),
    "returns": pl.col("ts"),
    "stock": pl.col("as_of"),
}


_OF_ITSELF = ("started_at", "ended_at")
"""Facts that are known from their own value on, however early a row states them."""


def known_at(table: str) -> pl.Expr:
    """The instant at which a row of `table` was learnt of: `received_at`, else the row's own instant."""
    return pl.coalesce(pl.col("received_at"), _OWN[table]).alias("known_at")


def facts(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Each fact once, as it was first learnt of, with the instant `known_at`.

    For events, event_counts, orders and returns. Of several versions of a key the earliest known counts; equal instants
    are told apart by content, so that the order of delivery never matters.
    """
    if "known_at" in frame.columns:
        return frame  # `once` did it
    keys = list(TABLES[table].key)
    dated = frame.with_columns(known_at(table))
    if dated.height and not dated.select(keys).is_duplicated().any():
        return dated
    return dated.sort("known_at", *sorted(frame.columns), nulls_last=True).unique(
        keys, keep="first", maintain_order=True
    )


def once(tables: Tables) -> dict[str, pl.DataFrame]:
    """The tables with each fact once, so that `facts` need not look for repetitions again and again."""
    return {name: facts(frame, name) if name in FACTS else frame for name, frame in tables.items()}


def versions(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Every version of every row, in the order they were learnt of, with the instant `known_at`.

    For sessions, lineups, products, suppliers and stock. Of versions learnt of at the same instant only the fullest
    and, between equals, the greatest in content stays: one answer whatever the order of delivery. Starts and ends have
    no say in that, since they are known only from their own value on; the earliest stated ones count.
    """
    keys = list(TABLES[table].key)
    content = sorted(set(frame.columns) - set(keys) - set(_OF_ITSELF))
    facts_stated = pl.sum_horizontal(pl.col(content).is_not_null())
    dated = frame.with_columns(known_at(table), _stated=facts_stated)
    for fact in set(_OF_ITSELF) & set(frame.columns):
        dated = dated.with_columns(pl.col(fact).min().over(*keys, "known_at"))
    return (
        dated.sort(*keys, "known_at", "_stated", *content, nulls_last=False)
        .unique([*keys, "known_at"], keep="last", maintain_order=True)
        .drop("_stated")
        .sort("known_at", maintain_order=True)
    )


def at(rows: pl.DataFrame, history: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Rows with the version of `history` known strictly before each row's cutoff; nulls where there was none.

    Args:
        rows: any frame with the key columns and `cutoff`; its order is kept.
        history: what `versions` returned.
        keys: columns that name the thing.
    """
    fresh = [c for c in history.columns if c not in rows.columns or c in keys]
    found = (
        rows.select(*keys, "cutoff")  # narrow: wide rows are not sorted back and forth
        .with_row_index("_row")
        .sort("cutoff")
        .join_asof(
            history.select(fresh),
            left_on="cutoff",
            right_on="known_at",
            by=list(keys),
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .sort("_row")
        .drop("_row", "cutoff", "known_at", *keys)
    )
    return rows.hstack(found.get_columns())


def stock_known(cutoff: datetime) -> pl.Expr:
    """Which stock counts may be used: `as_of` at most the cutoff, and learnt of before it."""
    learnt = pl.col("received_at").is_null() | (pl.col("received_at") < cutoff)
    return learnt & (pl.col("as_of") <= cutoff)


def stock_at(stock: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """The last stock count of each product whose `as_of` is at most the cutoff: product_id and its two amounts."""
    return (
        stock.filter(stock_known(cutoff))
        .sort("product_id", "as_of", "received_at", "on_hand_units", "inbound_units", nulls_last=False)
        .unique("product_id", keep="last", maintain_order=True)
        .select("product_id", "on_hand_units", "inbound_units")
    )
