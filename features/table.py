"""The feature table: one row per listing and cutoff, from what was known strictly before it."""

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context

from features.catalog import CATALOG
from features.condensed import condensed
from features.context import context
from features.contract import sound
from features.contracts import Tables
from features.entities import Codes
from features.feature import Feature
from features.history import Cutoffs, history
from features.ledger import minute_of
from features.past import Past, past
from features.settings import Sensing

ROW = ("session_id", "product_id", "cutoff")
SLICE = 50_000  # rows looked up at once: bounds the memory


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
    return Ready.of(tables, settings).features(listings, catalog)


@dataclass(frozen=True, eq=False)
class Ready:
    """Landing tables made ready, so that features can be computed from them more than once.

    Attributes:
        tables: all versions of all rows, the events condensed.
        settings: the market's, the features' and the labels' settings.
        before: what happened, as `features.past.past` has it.
    """

    tables: Tables
    settings: Sensing
    before: tuple[Past, Codes]

    @classmethod
    def of(cls, tables: Tables, settings: Sensing) -> "Ready":
        """Make tables ready: most of what a computation of few rows costs."""
        told = condensed(tables, settings.comments)
        return cls(told, settings, past(told, settings))

    def features(self, listings: pl.DataFrame, catalog: tuple[Feature, ...] = CATALOG) -> pl.DataFrame:
        """What `compute` gives for these tables."""
        return featured(context(self.tables, listings.select(ROW), self.settings), self.before, catalog)


def featured(known: pl.DataFrame, before: tuple[Past, Codes], catalog: tuple[Feature, ...] = CATALOG) -> pl.DataFrame:
    """The same from what is known of the listings (`features.context`) and what happened (`features.past`)."""
    happened, codes = before
    wanted = sorted({i for f in catalog for i in f.ingredients()}, key=lambda one: one.name)
    book = history(happened, wanted)

    def told(part: pl.DataFrame) -> pl.DataFrame:
        looked_up = book.look_up(wanted, codes.encode(part), _cutoffs(part))
        return part.hstack(looked_up.get_columns()).select(*ROW, *(f.column() for f in catalog))

    parts = [told(part) for part in known.iter_slices(SLICE)] or [told(known)]
    return validated(pl.concat(parts), catalog)


def _cutoffs(known: pl.DataFrame) -> Cutoffs:
    opening = pl.min_horizontal("cutoff", pl.coalesce("started_at", "scheduled_at"))
    minutes = known.select(minute_of(pl.col("cutoff")), opening=minute_of(opening))
    return Cutoffs(minutes["cutoff"].to_numpy(), minutes["opening"].to_numpy())


def contract(catalog: tuple[Feature, ...] = CATALOG) -> pa.DataFrameSchema:
    """What a feature table must satisfy: the row's names, and each feature within its bounds."""
    bounds = {f.name: pa.Check.in_range(f.low, f.high) for f in catalog if f.kind == "number"}
    columns = {
        name: pa.Column(dtype, bounds.get(name), nullable=name not in ROW) for name, dtype in _dtypes(catalog).items()
    }
    return pa.DataFrameSchema(columns, strict=True)


def _dtypes(catalog: tuple[Feature, ...]) -> dict[str, pl.DataType]:
    row = dict(zip(ROW, (pl.String(), pl.String(), pl.Datetime("us", "UTC")), strict=True))
    return row | {f.name: pl.Float32() if f.kind == "number" else pl.String() for f in catalog}


def validated(table: pl.DataFrame, catalog: tuple[Feature, ...] = CATALOG) -> pl.DataFrame:
    """The table itself, or pandera's SchemaErrors with every broken bound."""
    within = (pl.col(f.name).is_between(f.low, f.high) for f in catalog if f.kind == "number")
    if sound(table, _dtypes(catalog), within, ROW):
        return table
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        checked: pl.DataFrame = contract(catalog).validate(table, lazy=True)
    return checked


def lost(tables: Tables, catalog: tuple[Feature, ...] = CATALOG) -> list[str]:
    """Names of the features that say nothing because the landing zone holds no engagement."""
    heard = tables["events"]["kind"].unique().to_list() + tables["event_counts"]["kind"].unique().to_list()
    return [] if set(heard) - {"sold_out", "restock"} else [f.name for f in catalog if f.engagement()]
