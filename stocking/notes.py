"""What the reader of a line must know before acting on it, in words."""

from dataclasses import dataclass

import polars as pl

_STOCKED = pl.col("available_units") + pl.col("recommended_units")
_IS_SHORT = pl.col("pool_best") > pl.col("pool_have")
_IS_MORE = (
    (pl.col("pool_best") < pl.col("pool_have") + pl.col("pool_order"))
    & (pl.col("pool_order") > 0)
    & ~pl.col("pool_drawn")
)
_ADDS_NOTHING = pl.col("recommended_units") == 0
_IS_DECIDED = pl.col("approved_units").is_not_null()
_EARNS = pl.col("net_revenue") > pl.col("cost")


def _says(words: str, *columns: str) -> pl.Expr:
    return pl.format(words, *columns) if columns else pl.lit(words)


@dataclass(frozen=True, eq=False)
class Note:
    """One thing to tell: when it holds, and in which words."""

    when: pl.Expr
    words: pl.Expr


NOTES: tuple[Note, ...] = (
    Note(
        when=pl.col("is_new_product"),
        words=_says("new product: never shown before, so its forecast rests on products like it"),
    ),
    Note(
        when=pl.col("capped_last_time"),
        words=_says("demand was capped last time: it sold out or reached the units offered"),
    ),
    Note(
        when=pl.col("is_too_late"),
        words=_says("order-by date has passed: an order placed now may miss the session"),
    ),
    Note(
        when=pl.col("missed") & _IS_SHORT & ~_IS_DECIDED,
        words=_says("too late: nothing is added"),
    ),
    Note(
        when=pl.col("order_by").is_null(),
        words=_says("lead time not known: no order-by date"),
    ),
    Note(
        when=pl.col("lead_time_is_default") & pl.col("order_by").is_not_null(),
        words=_says("default lead time used"),
    ),
    Note(
        when=pl.col("terms_are_default"),
        words=_says(
            "supplier's terms not known: minimum order {} and packs of {} assumed", "least_units", "packed_units"
        ),
    ),
    Note(when=pl.col("cost_is_default"), words=_says("default cost used")),
    Note(when=pl.col("salvage_is_default"), words=_says("default salvage used")),
    Note(
        when=pl.col("salvage_is_cut"),
        words=_says("salvage above cost: counted at cost"),
    ),
    Note(when=pl.col("return_rate_is_default"), words=_says("default return rate used")),
    Note(
        when=~pl.col("stock_is_known"),
        words=_says("stock not known: none counted"),
    ),
    Note(
        when=pl.col("surplus_units") > 0,
        words=_says("in stock beyond what the sessions ahead should have of this product: {} units", "surplus_units"),
    ),
    Note(
        when=~_EARNS & ~_IS_DECIDED,
        words=_says("earns nothing: a sale brings no more than the unit costs, so nothing is added"),
    ),
    Note(
        when=_IS_SHORT & (pl.col("pool_free") == 0) & ~pl.col("missed") & ~_IS_DECIDED,
        words=_says("minimum order or pack too large to pay: nothing is added"),
    ),
    Note(
        when=_IS_MORE & (pl.col("pool_order") > pl.col("pool_least")) & ~_IS_DECIDED,
        words=_says("minimum order or pack forces more than the {} units that are best, stock included", "pool_best"),
    ),
    Note(
        when=_IS_MORE & (pl.col("pool_order") == pl.col("pool_least")) & ~_IS_DECIDED,
        words=_says(
            "the least service level asks for more than the {} units that are best, stock included", "pool_best"
        ),
    ),
    Note(
        when=(pl.col("pool_order") < pl.col("pool_free")) & ~_IS_DECIDED,
        words=_says(
            "capped by what the plan must keep to: {} units would pay, {} are ordered", "pool_free", "pool_order"
        ),
    ),
    Note(
        when=(pl.col("pool_listings") > 1) & (pl.col("pool_order") > 0),
        words=_says(
            "one order for {} sessions: {} units in all; what one leaves the next sells",
            "pool_listings",
            "pool_order",
        ),
    ),
    Note(
        when=pl.col("pool_drawn"),
        words=_says("drawn by lot: {} units more than pays best, to learn how much is wanted", "pool_extra"),
    ),
    Note(when=_IS_DECIDED, words=_says("the merchant decided: {} units", "approved_units")),
    Note(when=pl.col("decision_note").is_not_null(), words=_says("the merchant's note: {}", "decision_note")),
    Note(
        when=~_ADDS_NOTHING & (pl.col("units_offered") < _STOCKED),
        words=_says("more than the {} units offered: raise the offer to sell them", "units_offered"),
    ),
    Note(
        when=pl.col("expected_profit") < 0,
        words=_says("a loss is expected"),
    ),
)


def with_notes(lines: pl.DataFrame) -> pl.DataFrame:
    """Each listing with `notes` in the order of `NOTES`, after those that came with the forecast (`forecast_notes`)."""
    rows = lines.lazy().with_row_index("line")
    told = [rows.filter(note.when).select("line", notes=note.words) for note in NOTES]
    gathered = pl.concat([*_brought(lines, rows), *told]).group_by("line", maintain_order=True).agg("notes")
    return (
        rows
        .join(gathered, on="line", how="left", maintain_order="left")
        .with_columns(pl.col("notes").fill_null([]))
        .drop("line")
        .collect()
    )  # fmt: skip


def _brought(lines: pl.DataFrame, rows: pl.LazyFrame) -> list[pl.LazyFrame]:
    if "forecast_notes" not in lines.columns:
        return []
    return [rows.select("line", notes="forecast_notes").explode("notes").drop_nulls("notes")]
