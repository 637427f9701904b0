"""The cells of a workbook that somebody sent, as text, with what is wrong with each.

openpyxl reads it row by row. calamine, which polars reads with, was tried first: it lays a sheet out from its first
cell to its last, so that a file of 5 kB with two cells far apart asks for 500 GB and ends the process; and it gives an
error, or a formula that was never calculated, as an empty cell.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
from openpyxl import load_workbook

from stocking.incoming.archive import Limits, WorkbookError

CELLS = pl.Schema({"row": pl.Int64(), "column": pl.String(), "value": pl.String(), "reason": pl.String()})
"""One cell: the sheet's own row number, the column, what stands there, and why that cannot count, if so."""

_LAST_ROW = 1_048_576
_HEAD_ROWS = 10
_UNREADABLE = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises where a workbook is not as it expects."""

Book = Any  # openpyxl tells no types
Cell = Any
Line = tuple[int, tuple[Cell, ...]]


@dataclass(frozen=True, eq=False)
class Sheet:
    """What was found.

    Attributes:
        properties: the file's own properties by name.
        cells: `CELLS`, those of the columns asked for, of every row in which one of them is filled.
    """

    properties: Mapping[str, str]
    cells: pl.DataFrame


@dataclass(frozen=True)
class Place:
    """Where a table lies in a workbook: the sheet's number, the row that names its columns, and where these stand."""

    sheet: int
    head: int
    columns: tuple[int, ...]


def read(content: bytes, names: Sequence[str], numbers: Sequence[str], limits: Limits) -> Sheet:
    """The first sheet that has all the columns, of a file that was weighed.

    Args:
        content: the file.
        names: of the columns; they stand in one of the sheet's first rows, the lines below.
        numbers: of those among them that hold numbers.
        limits: how many lines and columns there may be.

    Raises:
        WorkbookError: it cannot be read, no sheet has the columns, or the one that has them has too many lines.
    """
    with _readable():
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        place = _place(book, names, limits)
        lines = _lines(book, place, limits)
        calculated = any(cell.data_type == "f" for _, cells in lines for cell in cells)
        values = _values(content, place, limits) if calculated else {}
        properties = {one.name: str(one.value or "") for one in book.custom_doc_props.props}
    told = [
        (row, name, *_told(cell, values.get((row, number)), number=name in numbers))
        for row, cells in lines
        for number, (name, cell) in enumerate(zip(names, cells, strict=True))
    ]
    return Sheet(properties, pl.DataFrame(told, schema=CELLS, orient="row"))


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever openpyxl stumbles over is the file's fault; what it warns of are looks, which are not read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except WorkbookError:
        raise
    except _UNREADABLE as error:
        why = " ".join(f"{type(error).__name__} {error}".split())[:200]
        raise WorkbookError(f"cannot be read as a workbook ({why}): save it as .xlsx and send it again") from None


def _place(book: Book, names: Sequence[str], limits: Limits) -> Place:
    for number, sheet in enumerate(book.worksheets):
        for row, cells in _rows(sheet, _HEAD_ROWS, limits.columns):
            found = [cell.value for cell in cells]
            twice = [name for name in names if found.count(name) > 1]
            if all(name in found for name in names) and not twice:
                return Place(number, row, tuple(found.index(name) for name in names))
            if twice:
                raise WorkbookError(f"has the column {twice[0]} twice: keep the one that you filled in")
    wanted = ", ".join(names)
    raise WorkbookError(f"is no merchant's list: no sheet has {wanted} in one of its first {_HEAD_ROWS} rows")


def _lines(book: Book, place: Place, limits: Limits) -> list[Line]:
    lines: list[Line] = []
    for row, cells in _rows(book.worksheets[place.sheet], _LAST_ROW, max(place.columns) + 1):
        asked = tuple(cells[column] for column in place.columns)
        if row > place.head and any(cell.value is not None for cell in asked):
            lines.append((row, asked))
        if len(lines) > limits.rows:
            raise WorkbookError(f"has more than the {limits.rows:,} lines allowed: send the list in parts")
    return lines


def _rows(sheet: Any, last: int, width: int) -> Iterator[Line]:
    """Each row with its number, up to the last one and so wide, whatever the sheet says of its own size."""
    sheet.reset_dimensions()
    return enumerate(sheet.iter_rows(min_row=1, max_row=last, max_col=width), start=1)


def _values(content: bytes, place: Place, limits: Limits) -> dict[tuple[int, int], object]:
    """What each cell came to when a program last calculated it, by row and number of the column."""
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False, data_only=True)
    lines = _lines(book, place, limits)
    return {(row, number): cell.value for row, cells in lines for number, cell in enumerate(cells)}


def _told(cell: Cell, calculated: object, *, number: bool) -> tuple[str | None, str | None]:
    """What a cell says, and why it cannot count, if so."""
    formula = cell.data_type == "f"
    value = calculated if formula else cell.value
    if cell.data_type == "e":
        return _text(value), "is an error"
    if formula and value is None:
        return _text(cell.value), "is a formula that was never calculated: write what it should come to"
    if formula and number and not _is_number(value):
        return _text(cell.value), "is a formula that does not come to a number"
    if number and not (value is None or isinstance(value, str) or _is_number(value)):
        return _text(value), "is no number"
    return _text(value), None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str | None:
    """A value as it would be written, whole numbers without decimals; nothing where nothing can be seen."""
    plain = getattr(value, "text", value)  # of a formula for several cells
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    return str(plain) if plain is not None and str(plain).strip() else None
