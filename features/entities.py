"""The things that have a history, and how rows are tied to them."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    "product_anchor": ("product_id", "anchor_id"),
    "product_room": ("product_id", "room_id"),
    "product_weekday": ("product_id", "weekday"),
    "product_room_weekday": ("product_id", "room_id", "weekday"),
    "category_anchor": ("category", "anchor_id"),
    "category_room": ("category", "room_id"),
    "room_weekday": ("room_id", "weekday"),
}

# Entities whose past is a row of sessions; every other entity's past is a row of listings.
OF_SESSIONS = frozenset({"room", "anchor", "room_weekday"})

_OF_SESSION = {"room_id", "anchor_id", "weekday"}
_OF_PRODUCT = {"category", "department", "supplier_id", "merchant_id"}


def minute_column(entity: str) -> str:
    """From which minute on a row counts for an entity: its own, or that in which the entity's name was known."""
    parts = set(ENTITIES[entity])
    if parts & _OF_SESSION and parts & _OF_PRODUCT:
        return "both_minute"
    if parts & _OF_SESSION:
        return "session_minute"
    return "product_minute" if parts & _OF_PRODUCT else "minute"


_PARTS = sorted({part for parts in ENTITIES.values() for part in parts} - {"weekday"})

# Of a category path `food/tea` the department is `food`.
DEPARTMENT = pl.col("category").str.split("/").list.first().alias("department")


def weekday(timezone: str) -> pl.Expr:
    """Local weekday of `scheduled_at`, 1 (Monday) to 7."""
    return pl.col("scheduled_at").dt.convert_time_zone(timezone).dt.weekday().cast(pl.Int64).alias("weekday")


@dataclass(frozen=True, eq=False)
class Codes:
    """A whole number for every id, so that keys can be sorted and packed."""

    vocabularies: Mapping[str, pl.Series]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Codes":
        """Codes of every id that occurs in the rows."""
        return cls({part: rows[part].drop_nulls().unique().sort() for part in _PARTS})

    def encode(self, rows: pl.DataFrame) -> dict[str, Ints]:
        """For each id column, its codes; -1 for null and for ids never seen."""
        coded = {
            part: rows[part].cast(pl.Enum(words), strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
            for part, words in self.vocabularies.items()
        }
        return coded | {"weekday": rows["weekday"].fill_null(-1).to_numpy()}

    def key(self, entity: str, coded: Mapping[str, Ints]) -> Ints:
        """One whole number per row that names its entity; -1 where a part of the name is unknown."""
        parts = ENTITIES[entity]
        rows = len(coded[parts[0]])
        key, known = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
        for part in parts:
            size = 8 if part == "weekday" else len(self.vocabularies[part]) + 1
            key = key * size + coded[part]
            known &= coded[part] >= 0
        return np.where(known, key, -1)
