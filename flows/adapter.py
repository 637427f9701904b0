"""One SQL file of a source: read, checked to be one SELECT of what a landing table holds, and run."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from features.contracts import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_INSTANT = "TIMESTAMP WITH TIME ZONE"
_WHOLE = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"
# The contract's types in DuckDB's words, what turns into them without loss, and what to do about the rest.
_TYPES: dict[Any, tuple[str, str, str]] = {
    pl.String: ("VARCHAR", rf"VARCHAR|UUID|DATE|BOOLEAN|ENUM.*|{_WHOLE}", "cast it with ::VARCHAR"),
    pl.Int64: ("BIGINT", _WHOLE, "round it and cast it with ::BIGINT"),
    pl.Float64: ("DOUBLE", rf"FLOAT|DOUBLE|DECIMAL.*|{_WHOLE}", "cast it with ::DOUBLE"),
    pl.Datetime: ("TIMESTAMPTZ", _INSTANT, "give a local time its zone: ts AT TIME ZONE 'Asia/Shanghai'"),
}


class AdapterError(ValueError):
    """An adapter that cannot be run; says in which file, what was found and what was expected, in one line."""


@dataclass(frozen=True)
class Select:
    """One SQL file and the name of the table that it makes."""

    path: Path
    name: str

    def keep(self, database: "DuckDBPyConnection") -> None:
        """Run it and keep the result as a table, which other files of the source may read."""
        self.run(database, f'CREATE TEMP TABLE "{self.name}" AS {self.text(database)}')

    def view(self, database: "DuckDBPyConnection") -> None:
        """Make it readable as `selected`."""
        self.run(database, f"CREATE OR REPLACE TEMP VIEW selected AS {self.text(database)}")

    def text(self, database: "DuckDBPyConnection") -> str:
        """The SQL, which must be one SELECT.

        Raises:
            AdapterError: the file cannot be read or parsed, or holds nothing, several statements, or another one.
        """
        import duckdb

        try:
            sql = self.path.read_text(encoding="utf-8")
            kinds = [statement.type for statement in database.extract_statements(sql)]
        except OSError as error:
            raise AdapterError(f"{self.path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise AdapterError(f"{self.path}: not UTF-8; expected SQL as text") from None
        except duckdb.Error as error:
            raise AdapterError(self._told(error)) from None
        if kinds != [duckdb.StatementType.SELECT]:
            found = ", ".join(kind.name for kind in kinds) or "nothing"
            raise AdapterError(f"{self.path}: found {found}; expected one SELECT and nothing else")
        return sql

    def run(self, database: "DuckDBPyConnection", sql: str) -> list[tuple[Any, ...]]:
        """Run SQL on behalf of this file.

        Raises:
            AdapterError: DuckDB could not; its message in one line.
        """
        import duckdb

        try:
            return list(database.execute(sql).fetchall())
        except duckdb.Error as error:
            raise AdapterError(self._told(error)) from None

    def _told(self, error: Exception) -> str:
        message, _, rest = str(error).partition("\n\nLINE ")
        line = f" line {rest.partition(':')[0]}:" if rest else ""
        hint = "; raw files are reached by raw('NAME'), and no others can be" if "Permission Error" in message else ""
        return f"{self.path}:{line} {' '.join(message.split())}{hint}"


def columns(select: Select, database: "DuckDBPyConnection") -> list[str]:
    """What `selected` has of its landing table, key first, each column cast to the type of the contract.

    Raises:
        AdapterError: a column is not in the contract, is missing, or cannot become what the contract says without loss.
    """
    wanted, key = TABLES[select.name].columns, TABLES[select.name].key
    found = {name: kind for name, kind, *_ in select.run(database, "DESCRIBE selected")}
    if unknown := sorted(found.keys() - wanted.keys()):
        has = f"{select.name} has {', '.join(wanted)}"
        raise AdapterError(f"{select.path}: no column of the contract is called {', '.join(unknown)}; {has}")
    if missing := [name for name, column in wanted.items() if not column.optional and name not in found]:
        raise AdapterError(f"{select.path}: {', '.join(missing)} not selected; {select.name} cannot do without")
    ordered = [*key, *(name for name in wanted if name not in key)]
    return [_cast(select, name, found[name]) for name in ordered if name in found]


def _cast(select: Select, name: str, found: str) -> str:
    target, lossless, advice = _TYPES[TABLES[select.name].columns[name].dtype.base_type()]
    if found != '"NULL"' and not re.fullmatch(lossless, found):
        raise AdapterError(
            f"{select.path}: {name} is {found}, expected {target}: {advice}, or leave an unknown one out"
        )
    return f'CAST("{name}" AS {target}) AS "{name}"'
