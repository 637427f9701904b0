"""The lines of merchants, suppliers and logistics, each made from its reader's own rows."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from stocking.notes import NOTES

_FLAGS = {
    "is_too_late": "late_to_order",
    "is_new_product": "new_product",
    "capped_last_time": "capped_last_time",
    "cost_is_default": "default_cost",
}


def merchant_lines(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:  # noqa: ARG001
    """The ranked list, numbered anew so that it does not tell how many lines others have, with room to decide in."""
    return rows.sort("rank").with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        flags=pl.concat_list(pl.when(pl.col(name)).then(pl.lit(code)) for name, code in _FLAGS.items())
        .list.drop_nulls(),
        approved_units=pl.lit(None, pl.Int64),
        note=pl.lit(None, pl.String),
    )  # fmt: skip


@cache
def said_by_flags() -> Mapping[str, str]:
    """The note that tells the same as a flag, by the flag: whoever shows both says a thing twice."""
    return {
        code: pl.select(note.words).item()
        for name, code in _FLAGS.items()
        for note in NOTES
        if note.when.meta.eq(pl.col(name))
    }


def supplier_lines(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """What to make and what to reserve, by product and by the moment it is needed, whoever sells it.

    `peak_units` is the most that is to be made of the product for any one day.
    """
    day = pl.col("needed_by").dt.convert_time_zone(timezone).dt.date()
    on_its_day = pl.col("make_now_units").sum().over("product_id", day)
    return (
        rows
        .filter((pl.col("recommended_units") > 0) | (pl.col("reserve_units") > 0))
        .group_by("product_id", "needed_by")
        .agg(
            pl.col("title", "category").drop_nulls().min(),
            pl.col("recommended_units").sum().alias("make_now_units"),
            pl.col("reserve_units").sum(),
            pl.col("order_by").min(),
            pl.col("packed_units").max().alias("pack_units"),
            pl.col("least_units").max().alias("min_order_units"),
        )
        .with_columns(peak_units=on_its_day.max().over("product_id"))
        .sort("order_by", "needed_by", "product_id", nulls_last=True)
    )  # fmt: skip


def logistics_lines(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """What to move, how much room it takes, how many parcels leave and how many units come back.

    A day's parcels are those of its sessions whose buyers' units an order are known, counted when the session starts.
    """
    local = pl.col("scheduled_at").dt.convert_time_zone(timezone)
    within_hour = pl.col("parcels").sum().over("day", "hour")
    busiest = pl.col("hour").sort_by(within_hour, "hour", descending=[True, False]).first().over("day")
    some = pl.col("parcels").is_not_null().any().over("day")
    return (
        rows
        .sort("scheduled_at", "session_id", "product_id")
        .with_columns(
            day=local.dt.date(),
            hour=local.dt.hour().cast(pl.Int64),
            move_units=pl.col("recommended_units"),
            volume_l=(pl.col("recommended_units") * pl.col("unit_volume_l")).round(3),
            parcels=(pl.col("expected_sales_units") / pl.col("units_an_order")).round(3),
        )
        .with_columns(
            day_parcels=pl.when(some).then(pl.col("parcels").sum().over("day").round(3)),
            peak_hour=pl.when(some).then(busiest),
        )
    )  # fmt: skip
