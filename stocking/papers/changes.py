"""What is different from a merchant's last list."""

from datetime import datetime

import polars as pl

from stocking.lines import INSTANT

_KEY = ("session_id", "product_id")
_TOLD = ("title", "scheduled_at", "recommended_units", "order_by")
CHANGES = {
    "change": pl.String(),
    "title": pl.String(),
    "product_id": pl.String(),
    "session_id": pl.String(),
    "scheduled_at": INSTANT,
    "units_before": pl.Int64(),
    "units_after": pl.Int64(),
    "order_by_before": INSTANT,
    "order_by_after": INSTANT,
}
"""One row per change of a line; a line may have changed twice over, in units and in its order-by date."""

_BEFORE, _AFTER = pl.col("units_before"), pl.col("units_after")
_LATER = pl.col("order_by_after") > pl.col("order_by_before")
_EARLIER = pl.col("order_by_after") < pl.col("order_by_before")
_KINDS = {
    "new": _BEFORE.is_null(),
    "gone": _AFTER.is_null(),
    "more_units": _AFTER > _BEFORE,
    "fewer_units": _AFTER < _BEFORE,
    "order_later": _LATER,
    "order_earlier": _EARLIER,
}


def changes(previous: pl.DataFrame, lines: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """The merchant's lines that are new, gone, or have other units or another order-by date than last time.

    Lines whose session has begun since are not gone: they are over, and left out.

    Args:
        previous: the merchant's lines of the last list (`stocking.stocking_list.STOCKING_LIST`).
        lines: the merchant's lines now.
        cutoff: of the new list.

    Returns:
        `CHANGES`, by kind of change, then by session, the earliest first.
    """
    ahead = previous.filter(pl.col("scheduled_at") >= cutoff).select(*_KEY, *_TOLD)
    both = (
        ahead
        .join(lines.select(*_KEY, *_TOLD), on=_KEY, how="full", coalesce=True, suffix="_now")
        .with_columns(pl.coalesce("title_now", "title").alias("title"))
        .with_columns(pl.coalesce("scheduled_at_now", "scheduled_at").alias("scheduled_at"))
        .rename({"recommended_units": "units_before", "recommended_units_now": "units_after"})
        .rename({"order_by": "order_by_before", "order_by_now": "order_by_after"})
        .sort("scheduled_at", *_KEY)
    )  # fmt: skip
    return pl.concat([_of_kind(both, kind) for kind in _KINDS]).select(*CHANGES)


def no_changes() -> pl.DataFrame:
    """What is different where there was no list before: nothing."""
    return pl.DataFrame(schema=CHANGES)


def _of_kind(both: pl.DataFrame, kind: str) -> pl.DataFrame:
    return both.filter(_KINDS[kind]).with_columns(change=pl.lit(kind))
