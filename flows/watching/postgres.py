"""PostgreSQL tables that rows are appended to, followed by a cursor: each row is read once, if it commits late, too."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

import polars as pl
import psycopg

from features.contract import TableContract
from features.contracts import TABLES
from features.quarantine import FAULTS
from features.raw import ROW, Raw
from flows.watching.batch import Batch, Cursor, SourceAwayError
from flows.watching.queries import TRANSACTION, advanced, columns_of, copied, fresh, nothing
from flows.watching.reading import Reader, Unchecked
from flows.watching.settings import Database, Relation

VARIABLE = "BAOKUAN_POSTGRES"


class DatabaseError(ValueError):
    """A database that cannot be followed as configured; says which table, never where the database is."""


@dataclass(eq=False)
class Appended:
    """The new rows of some tables of the database that `BAOKUAN_POSTGRES` names.

    All tables are read at one instant of the database. Rows that are changed or removed after they were read are not
    noticed, and rows whose cursor is null are never read.

    Attributes:
        database: which tables, and how.
        reader: by which rules rows are let in.
        cursors: how far each table has been read; whoever keeps a batch moves them, as `Journal.commit` does.
    """

    database: Database
    reader: Reader
    cursors: Mapping[str, Cursor]
    _open: psycopg.Connection | None = field(default=None, init=False)

    def poll(self, now: float) -> Batch | None:  # noqa: ARG002
        """All rows that were not read yet, at most `batch_rows` of each table; None where there are none.

        Args:
            now: not asked for; other sources do.

        Raises:
            SourceAwayError: the database does not answer; the next call tries a new connection.
            DatabaseError: a table or a column is not there, or may not be read.
        """
        with self._snapshot() as connection:
            found = {name: self._read(connection, name, one) for name, one in self.database.tables.items()}
        brought = {name: one for name, one in found.items() if one is not None}
        if not brought:
            return None
        tables, bad = self.reader.checked([read for read, _ in brought.values()])
        return Batch("", tables, bad, cursors={name: cursor for name, (_, cursor) in brought.items()})

    def waiting(self) -> int:
        """Nothing: what is there is polled."""
        return 0

    def close(self) -> None:
        """End the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @contextmanager
    def _snapshot(self) -> Iterator[psycopg.Connection]:
        try:
            self._open = self._open or _connected(self.database.timeout_seconds)
            with self._open.transaction():
                yield self._open
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise SourceAwayError(f"the database of {VARIABLE} does not answer: {type(error).__name__}") from None

    def _read(self, connection: psycopg.Connection, table: str, relation: Relation) -> tuple[Unchecked, Cursor] | None:
        contract, cursor = TABLES[table], self.cursors.get(table, Cursor())
        try:
            columns = _columns(connection, contract, relation)
            rows = _rows(connection, fresh(relation, columns, cursor, self.database.batch_rows))
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise DatabaseError(f"{relation.relation}: {error.diag.message_primary}") from None
        if rows.is_empty():
            return None
        raw = Raw(rows.drop(TRANSACTION, strict=False), FAULTS.to_frame())
        return Unchecked(contract, f"postgres:{relation.relation}", (raw,)), advanced(cursor, relation, rows)


def _connected(timeout_seconds: int) -> psycopg.Connection:
    address = os.environ.get(VARIABLE, "")
    if not address:
        raise DatabaseError(f"no {VARIABLE} in the environment: it says where the database is that is to be followed")
    try:
        connection = psycopg.connect(address, connect_timeout=timeout_seconds, client_encoding="utf8")
    except psycopg.ProgrammingError:  # its message has the address in it
        raise DatabaseError(f"{VARIABLE} is no address of a PostgreSQL database") from None
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        connection.close()
        raise DatabaseError(
            f"the database of {VARIABLE} has the encoding SQL_ASCII, expected one that says what bytes mean"
        )
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{timeout_seconds}s"])
    connection.execute("SELECT set_config('TimeZone', 'UTC', false)")
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def _columns(connection: psycopg.Connection, contract: TableContract, relation: Relation) -> dict[str, int]:
    described = connection.execute(nothing(relation)).description or []
    found = {column.name: column.type_code for column in described}
    missing = [name for name, column in contract.columns.items() if not column.optional and name not in found]
    if missing:
        shown = ", ".join(list(found)[:20])
        raise DatabaseError(f"{relation.relation} lacks column {', '.join(missing)}; found {shown}")
    return columns_of(contract, found)


def _rows(connection: psycopg.Connection, query: psycopg.sql.Composed) -> pl.DataFrame:
    with connection.cursor() as cursor, cursor.copy(copied(query)) as copy:
        written = b"".join(copy)
    rows = pl.read_csv(BytesIO(written), infer_schema=False)
    return rows.with_columns(pl.col(ROW).cast(pl.Int64))
