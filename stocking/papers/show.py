"""An anchor's run of show: what comes when, what it is there for, and what to say when it runs out.

Within a session, by what sells and what it earns:

- `main`: the fifth of the products (at least one) that should bring the most sales, units times price;
- `profit`: of the rest, the fifth of the session's products (at least one) that keep the largest share of the price;
- `traffic`: of the rest, those that cost no more than the session's median price and sell no less than its median;
- `regular`: all others.
"""

import polars as pl

_SESSION = "session_id"
_SHARE = 5
_SUBSTITUTES = 3
_LEAST = float("-inf")
_SOLD = pl.col("expected_sales_units")
_VALUE = _SOLD * pl.col("price")
_KEPT = pl.when(pl.col("price") > 0).then(1 - pl.col("cost") / pl.col("price")).otherwise(_LEAST)
_FIFTH = (pl.len().over(_SESSION) + _SHARE - 1) // _SHARE


def anchor_lines(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:  # noqa: ARG001
    """The sessions one after the other, each in the order of the show: by place in the line-up, then by rank."""
    lines = (
        rows
        .with_columns(stock_left_units=pl.col("available_units") + pl.col("recommended_units"))
        .pipe(_with_role)
        .sort("scheduled_at", _SESSION, "position", "rank", nulls_last=True)
        .with_columns(order=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(_SESSION))
    )  # fmt: skip
    return (
        lines
        .join(_substitutes(lines), on=[_SESSION, "product_id"], how="left", maintain_order="left")
        .with_columns(pl.col("substitutes").fill_null([]))
    )  # fmt: skip


def _with_role(rows: pl.DataFrame) -> pl.DataFrame:
    cheap = pl.col("price") <= pl.col("price").median().over(_SESSION)
    wanted = _SOLD.median().over(_SESSION) <= _SOLD
    return (
        rows
        .with_columns(is_main=_place(_VALUE) <= _FIFTH)
        .with_columns(is_profit=_place(pl.when(~pl.col("is_main")).then(_KEPT).otherwise(_LEAST)) <= _FIFTH)
        .with_columns(
            role=pl.when("is_main").then(pl.lit("main"))
            .when("is_profit").then(pl.lit("profit"))
            .when(cheap & wanted).then(pl.lit("traffic"))
            .otherwise(pl.lit("regular"))
        )
    )  # fmt: skip


def _place(value: pl.Expr) -> pl.Expr:
    """Each row's place in its session, the greatest value first, ties by rank."""
    return pl.struct(-value, "rank").rank("ordinal").over(_SESSION)


def _substitutes(lines: pl.DataFrame) -> pl.DataFrame:
    """For each line up to three others of its kind in its session that are in stock, by title, the best first."""
    kind = [_SESSION, "category"]
    best = (
        lines
        .filter(pl.col("stock_left_units") > 0)
        .sort("rank")
        .group_by(kind, maintain_order=True)
        .head(_SUBSTITUTES + 1)
        .select(*kind, other="product_id", substitutes=pl.coalesce("title", "product_id"))
    )  # fmt: skip
    return (
        lines
        .select(*kind, "product_id")
        .join(best, on=kind, how="inner", maintain_order="left_right")
        .filter(pl.col("other") != pl.col("product_id"))
        .group_by(_SESSION, "product_id", maintain_order=True)
        .agg(pl.col("substitutes").head(_SUBSTITUTES))
    )  # fmt: skip
