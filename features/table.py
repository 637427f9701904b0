"""The feature table: one row per listing and cutoff, from what was known strictly before it."""

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context

from features.buckets import ENGAGEMENT, TRADE, buckets, placed
from features.catalog import CATALOG
from features.context import context
from features.contracts import Tables
from features.entities import weekday
from features.episodes import shown, starts
from features.feature import Feature
from features.history import History, history
from features.ledger import minute_of
from features.settings import Sensing

ROW = ("session_id", "product_id", "cutoff")


def compute(
    tables: Tables, listings: pl.DataFrame, settings: Sensing, catalog: tuple[Feature, ...] = CATALOG
) -> pl.DataFrame:
    """Every feature of every listing at its cutoff; the one function of training, stocking and live sessions.

    Args:
        tables: the landing tables, all versions of all rows.
        listings: session_id, product_id and cutoff; any cutoffs, in any order.
        settings: the market's, the features' and the labels' settings.
        catalog: the features to compute.

    Returns:
        The rows in the same order with one column a feature: Float32, or String for a category; silence is null.
        Sums leave out what was learnt in the cutoff's own, unfinished minute.
    """
    rows = listings.select(ROW)
    known = context(tables, rows, settings)
    past = remember(tables, settings, catalog)
    coded = past.codes.encode(known)
    minutes = known.select(minute_of(pl.col("cutoff"))).to_series().to_numpy()
    wanted = sorted({i for f in catalog for i in f.ingredients()}, key=lambda i: i.name)
    looked_up = past.look_up(wanted, coded, minutes)
    table = known.hstack(looked_up.get_columns()).select(*ROW, *(f.column() for f in catalog))
    return validated(table, catalog)


def remember(tables: Tables, settings: Sensing, catalog: tuple[Feature, ...] = CATALOG) -> History:
    """All ledgers that the catalog's look-ups need, built once for any number of cutoffs."""
    happened = buckets(tables, settings.features.return_maturity_days)
    began = starts(tables).select(
        "session_id", minute_of(pl.col("start_known")).alias("minute"), sessions=pl.lit(1, pl.Int64)
    )
    exposed = shown(tables).drop("shown_known").with_columns(exposures=pl.lit(1, pl.Int64))
    measures = [*ENGAGEMENT, *TRADE, "sessions", "exposures"]
    rows = pl.concat([happened, began, exposed], how="diagonal").with_columns(pl.col(measures).fill_null(0))
    rows = placed(rows, tables).with_columns(weekday(settings.market.timezone))
    return history(rows, {i for f in catalog for i in f.ingredients()})


def contract(catalog: tuple[Feature, ...] = CATALOG) -> pa.DataFrameSchema:
    """What a feature table must satisfy: the row's names, and each feature within its bounds."""
    numbers = {
        f.name: pa.Column(pl.Float32, pa.Check.in_range(f.low, f.high), nullable=True)
        for f in catalog
        if f.kind == "number"
    }
    names = {f.name: pa.Column(pl.String, nullable=True) for f in catalog if f.kind == "category"}
    row = {
        "session_id": pa.Column(pl.String),
        "product_id": pa.Column(pl.String),
        "cutoff": pa.Column(pl.Datetime("us", "UTC")),
    }
    return pa.DataFrameSchema(row | numbers | names, strict=True)


def validated(table: pl.DataFrame, catalog: tuple[Feature, ...] = CATALOG) -> pl.DataFrame:
    """The table itself, or pandera's SchemaErrors with every broken bound."""
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        checked: pl.DataFrame = contract(catalog).validate(table, lazy=True)
    return checked


def lost(tables: Tables, catalog: tuple[Feature, ...] = CATALOG) -> list[str]:
    """Names of the features that say nothing because the landing zone holds no engagement."""
    heard = tables["events"]["kind"].unique().to_list() + tables["event_counts"]["kind"].unique().to_list()
    return [] if set(heard) - {"sold_out", "restock"} else [f.name for f in catalog if f.engagement()]
