"""The things that have a history, and how rows are tied to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from features.ledger import Ints

# What a history belongs to, named by the columns that identify it.
ENTITIES: dict[str, tuple[str, ...]] = {
    "session": ("session_id",),
    "listing": ("session_id", "product_id"),
    "product": ("product_id",),
    "anchor": ("anchor_id",),
    "room": ("room_id",),
    "category": ("category",),
    "department": ("department",),
    "supplier": ("supplier_id",),
    "merchant": ("merchant_id",),
    "band": ("band",),
    "depth": ("depth",),
    "market": (),
    "product_anchor": ("product_id", "anchor_id"),
    "product_room": ("product_id", "room_id"),
    "product_weekday": ("product_id", "weekday"),
    "product_room_weekday": ("product_id", "room_id", "weekday"),
    "category_anchor": ("category", "anchor_id"),
    "category_room": ("category", "room_id"),
    "category_band": ("category", "band"),
    "category_depth": ("category", "depth"),
    "category_supplier": ("category", "supplier_id"),
    "anchor_band": ("anchor_id", "band"),
    "room_weekday": ("room_id", "weekday"),
}

# Entities whose past is a row of sessions; every other entity's past is a row of listings.
OF_SESSIONS = frozenset({"room", "anchor", "room_weekday"})

_OF_SESSION = {"room_id", "anchor_id", "weekday"}
_OF_PRODUCT = {"category", "department", "supplier_id", "merchant_id", "band", "depth"}
_SMALL = {"weekday": 8, "band": 64, "depth": 16}  # parts that are whole numbers already, and a bound that they keep


def minute_column(entity: str) -> str:
    """From which minute on a row counts for an entity: its own, or that in which the entity's name was known."""
    parts = set(ENTITIES[entity])
    if parts & _OF_SESSION and parts & _OF_PRODUCT:
        return "both_minute"
    if parts & _OF_SESSION:
        return "session_minute"
    return "product_minute" if parts & _OF_PRODUCT else "minute"


_PARTS = sorted({part for parts in ENTITIES.values() for part in parts} - set(_SMALL))

# Of a category path `food/tea` the department is `food`.
DEPARTMENT = pl.col("category").str.split("/").list.first().alias("department")

# Half octaves of the list price, from a sixteenth of the currency up: goods of about the same price.
BAND = ((pl.col("list_price").log(2) + 4) * 2).floor().clip(0, 63).cast(pl.Int64).alias("band")


def depth(price: str) -> pl.Expr:
    """Tenths of the list price taken off, 0 to 9; unknown where there is no list price."""
    share = pl.when(pl.col("list_price") > 0).then(1 - pl.col(price) / pl.col("list_price"))
    return (share * 10 + 1e-9).floor().clip(0, 9).cast(pl.Int64).alias("depth")


def weekday(timezone: str) -> pl.Expr:
    """Local weekday of `scheduled_at`, 1 (Monday) to 7."""
    return pl.col("scheduled_at").dt.convert_time_zone(timezone).dt.weekday().cast(pl.Int64).alias("weekday")


def coded(values: pl.Expr, vocabulary: pl.Series) -> pl.Expr:
    """The place of each value in a sorted vocabulary, as UInt32; null for null and for values never seen."""
    return values.cast(pl.Enum(vocabulary), strict=False).to_physical().cast(pl.UInt32)


def vocabulary(*columns: pl.Series) -> pl.Series:
    """Every value of some text columns, once and sorted."""
    return pl.concat([column.unique() for column in columns]).drop_nulls().unique().sort()


@dataclass(frozen=True, eq=False)
class Codes:
    """A whole number for every id, so that keys can be sorted and packed."""

    vocabularies: Mapping[str, pl.Series]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Codes":
        """Codes of every id that occurs in the rows."""
        return cls({part: vocabulary(rows[part]) for part in _PARTS})

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many codes each part has."""
        return {part: len(words) + 1 for part, words in self.vocabularies.items()} | _SMALL

    def encode(self, rows: pl.DataFrame) -> dict[str, Ints]:
        """For each part of a name, its codes; -1 for null and for ids never seen."""
        names = [coded(pl.col(part), words) for part, words in self.vocabularies.items()]
        numbers = rows.select(*names, *_SMALL).select(pl.all().cast(pl.Int64).fill_null(-1))
        return {column.name: column.to_numpy() for column in numbers.get_columns()}


def key(entity: str, parts: Mapping[str, Ints], sizes: Mapping[str, int]) -> Ints:
    """One whole number per row that names its entity; -1 where a part of the name is unknown.

    Args:
        entity: one of `ENTITIES`.
        parts: codes of each part of a name, as `Codes.encode` gives them.
        sizes: how many codes each part has.
    """
    rows = len(next(iter(parts.values())))
    number, known = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    for part in ENTITIES[entity]:
        number = number * sizes[part] + parts[part]
        known &= parts[part] >= 0
    return np.where(known, number, -1)
