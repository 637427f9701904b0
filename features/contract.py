"""What a table must satisfy: its columns, their types and bounds, declared once, and the Pandera schema from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import pandera.polars as pa
import polars as pl

INSTANT = pl.Datetime("us", "UTC")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # itself legal: many write it for "unknown"
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

Kind = Literal["id", "text", "word", "instant", "minute", "units", "money", "number"]

DTYPES: Mapping[Kind, pl.DataType] = MappingProxyType(
    {
        "id": pl.String(),
        "text": pl.String(),
        "word": pl.String(),
        "instant": INSTANT,
        "minute": INSTANT,
        "units": pl.Int64(),
        "money": pl.Float64(),
        "number": pl.Float64(),
    },
)


@dataclass(frozen=True)
class Column:
    """One column: what it holds, between which bounds, and in one sentence what it means.

    `kind` says how a cell is read: `units` are whole numbers, `money` has at most four decimals, a `word` is one of
    `words`, a `minute` is an instant at the start of its minute. Bounds of strings are their length in characters.
    `without` says what is lost where no file has the column; what is `private` never leaves the door as it came.
    """

    name: str
    kind: Kind
    sentence: str
    low: float = 0.0
    high: float = 1e9
    words: tuple[str, ...] = ()
    optional: bool = False
    private: bool = False
    without: str = ""

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of a checked cell."""
        return DTYPES[self.kind]

    @property
    def rule(self) -> str:
        """What a legal cell looks like, in words."""
        if self.kind in ("instant", "minute"):
            between = f"must lie between {EARLIEST.year} and {LATEST.year}"
            return f"{between}, at the start of a minute" if self.kind == "minute" else between
        if self.kind == "word":
            return f"must be one of {', '.join(self.words)}"
        if self.dtype == pl.String:
            return f"must have {self.low:.0f} to {self.high:.0f} characters"
        return f"must lie between {self.low:g} and {self.high:g}"

    def legal(self) -> pl.Expr:
        """Whether each cell keeps the rule; null where nothing stands."""
        cell = pl.col(self.name)
        if self.kind == "word":
            return cell.is_in(self.words)
        if self.kind in ("id", "text"):
            return cell.str.len_chars().is_between(int(self.low), int(self.high))
        if self.kind in ("instant", "minute"):
            between = cell.is_between(pl.lit(EARLIEST, INSTANT), pl.lit(LATEST, INSTANT))
            return between & (cell == cell.dt.truncate("1m")) if self.kind == "minute" else between
        return cell.is_between(self.low, self.high)

    def pandera(self) -> pa.Column:
        """The same as a Pandera column."""

        def told(data: pa.PolarsData) -> pl.LazyFrame:
            frame: pl.LazyFrame = data.lazyframe
            return frame.select(self.legal())

        return pa.Column(self.dtype, pa.Check(told, error=self.rule), nullable=self.optional)


RECEIVED_AT = Column(
    "received_at", "instant", "when we learnt of the row", optional=True
)  # else its own instant counts


@dataclass(frozen=True)
class Reference:
    """A column that names a row of another table."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class TableContract:
    """One landing table: its key, its columns, and what cannot be done without it.

    `day_of` names the instant by whose UTC day the lake lays the rows out; `references` are reported where they lead
    nowhere, never refused.
    """

    name: str
    sentence: str
    key: tuple[str, ...]
    own_columns: tuple[Column, ...]
    required: bool = False
    without: str = ""
    day_of: str | None = None
    references: tuple[Reference, ...] = ()

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column by its name, `received_at` last."""
        return MappingProxyType({column.name: column for column in (*self.own_columns, RECEIVED_AT)})

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """The Pandera schema of a checked frame: all columns, exact types, nothing else."""
        return pa.DataFrameSchema(
            {name: column.pandera() for name, column in self.columns.items()},
            strict=True,
            name=self.name,
        )

    def satisfied(self, frame: pl.DataFrame) -> bool:
        """Whether `schema` has nothing to say of a frame, looked up for all columns at once."""
        legal = (column.legal() for column in self.columns.values())
        return sound(frame, self.dtypes, legal, (one.name for one in self.columns.values() if not one.optional))

    @cached_property
    def dtypes(self) -> pl.Schema:
        """The polars types of a checked frame, in order."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=self.dtypes)


def sound(
    frame: pl.DataFrame, dtypes: Mapping[str, pl.DataType], legal: Iterable[pl.Expr], needed: Iterable[str]
) -> bool:
    """Whether a frame has these columns and no others, whole where they are needed, and is legal: all in one look.

    Pandera takes milliseconds a column, however few the rows: it is left to tell what is wrong.
    """
    if dict(frame.schema) != dict(dtypes):
        return False
    there = (pl.col(name).is_not_null() for name in needed)
    return bool(frame.select(pl.all_horizontal(one.all() for one in (*legal, *there))).item())


def optional(column: Column) -> Column:
    """The same column, allowed to be null or absent."""
    return replace(column, optional=True)
