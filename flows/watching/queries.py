"""What a PostgreSQL table is asked, and how far it has been read after an answer."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from psycopg import sql

from features.contract import TableContract
from features.ledger import Ints
from features.raw import ROW
from flows.watching.batch import Cursor
from flows.watching.settings import Relation

TRANSACTION = "_transaction"
_INSTANTS = {1114, 1184}  # the types timestamp and timestamptz, by the numbers that every server gives them
_SHAPE = 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'


def nothing(relation: Relation) -> sql.Composed:
    """A query for a table's columns and their types."""
    return sql.SQL("SELECT * FROM {} LIMIT 0").format(_named(relation))


def copied(query: sql.Composed) -> sql.Composed:
    """The same query, its rows as CSV."""
    return sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER true)").format(query)


def fresh(relation: Relation, columns: Mapping[str, int], cursor: Cursor, most: int) -> sql.Composed:
    """A query for the rows that were not read yet, as text, numbered by the cursor's column.

    With a transaction column, rows of a transaction are read when all transactions up to it have ended: none can commit
    before them any more. Without, all numbers are looked for again that were not there so far, `overlap` numbers down.

    Args:
        relation: the table.
        columns: those to read, with the numbers of their types.
        cursor: how far it has been read.
        most: how many rows at most.
    """
    number = sql.SQL("{}::bigint").format(sql.Identifier(relation.cursor))
    order: list[sql.Composable] = [number]
    found: list[sql.Composable] = [number + sql.SQL(" AS ") + sql.Identifier(ROW)]
    if relation.transaction is not None:
        transaction = sql.Identifier(relation.transaction)
        order = [sql.SQL("{}::xid8").format(transaction), number]  # an expression: a bare name might mean its text
        found.append(sql.SQL("{}::text AS {}").format(transaction, sql.Identifier(TRANSACTION)))
    found += [_cell(name, kind) for name, kind in columns.items()]
    return sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        sql.SQL(", ").join(found),
        _named(relation),
        _unread(relation, cursor),
        sql.SQL(", ").join(order),
        sql.Literal(most),
    )


def advanced(cursor: Cursor, relation: Relation, read: pl.DataFrame) -> Cursor:
    """How far the table has been read after some rows: their `row`, and `_transaction` if it has that column."""
    if relation.transaction is not None:
        number, transaction = read.select(ROW, TRANSACTION).row(-1)
        return Cursor(high=number, transaction=int(transaction))
    numbers = read[ROW].to_numpy()
    high = max(int(numbers.max()), int(numbers.max()) if cursor.high is None else cursor.high)
    runs = _merged([*cursor.seen, *_runs(numbers)])
    low = high - relation.overlap
    return Cursor(high=high, seen=tuple((max(first, low + 1), last) for first, last in runs if last > low))


def columns_of(contract: TableContract, found: Mapping[str, int]) -> dict[str, int]:
    """Those of a table's columns that the contract knows, in its order."""
    return {name: found[name] for name in contract.columns if name in found}


def _named(relation: Relation) -> sql.Identifier:
    schema, _, table = relation.relation.partition(".")
    return sql.Identifier(schema, table)


def _cell(name: str, kind: int) -> sql.Composed:
    """A column as text that the landing contract reads; instants without a zone are UTC, as in Parquet files."""
    column = sql.Identifier(name)
    if kind not in _INSTANTS:
        return sql.SQL("{}::text AS {}").format(column, column)
    written = sql.SQL("to_char({}, {})").format(column, sql.Literal(_SHAPE))
    return sql.SQL("CASE WHEN isfinite({}) THEN {} ELSE {}::text END AS {}").format(column, written, column, column)


def _unread(relation: Relation, cursor: Cursor) -> sql.Composable:
    column = sql.Identifier(relation.cursor)
    if relation.transaction is not None:
        transaction = sql.Identifier(relation.transaction)
        ended = sql.SQL("{} < pg_snapshot_xmin(pg_current_snapshot())").format(transaction)
        if cursor.transaction is None:
            return ended
        after = sql.SQL("({}, {}) > ({}::text::xid8, {})")
        last = (sql.Literal(str(cursor.transaction)), sql.Literal(cursor.high))
        return sql.SQL("{} AND ").format(ended) + after.format(transaction, column, *last)
    if cursor.high is None:
        return sql.SQL("{} IS NOT NULL").format(column)
    seen = "{" + ",".join(f"[{first},{last}]" for first, last in cursor.seen) + "}"
    return sql.SQL("{} > {} AND NOT ({}::bigint <@ {}::int8multirange)").format(
        column, sql.Literal(cursor.high - relation.overlap), column, sql.Literal(seen)
    )


def _runs(numbers: Ints) -> list[tuple[int, int]]:
    ordered = np.unique(numbers)
    ends = np.flatnonzero(np.diff(ordered) != 1)
    firsts, lasts = np.append(0, ends + 1), np.append(ends, len(ordered) - 1)
    return list(zip(ordered[firsts].tolist(), ordered[lasts].tolist(), strict=True))


def _merged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
