"""One sheet of a workbook: text that stays text, numbers that stay numbers, and how it is read and printed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stocking.papers.columns import COLUMNS
from stocking.papers.ink import WIDE, WIDTHS

NAMES_ROW, FIRST_ROW = 1, 2
MOST_LETTERS = 32_767
MOST_ROWS = 1_048_576
YOURS = {"approved_units": "your units", "note": "your text"}
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_A4, _NARROW = 9, 0.4
_LINE_HEIGHT, _MOST_LINES = 14, 20
Formats = dict[str, Format]
Write = Callable[[int, int, object, Format], object]


class TooManyRowsError(ValueError):
    """A sheet cannot hold so many rows; says how many there are and how many fit."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table and its place in a workbook: headings in the first row, names for programs in the second, then its rows.

    Attributes:
        frame: as people read it (`stocking.papers.shown`).
        headings: one for each column.
        sheet: where it stands.
        formats: by the names in `stocking.papers.ink`.
    """

    frame: pl.DataFrame
    headings: list[str]
    sheet: Worksheet
    formats: Formats

    @property
    def last_row(self) -> int:
        """The last row of the sheet that is filled, its first being 0."""
        return FIRST_ROW + max(self.frame.height, 1) - 1

    def place(self, name: str) -> int:
        """The column's place, the first being 0."""
        return self.frame.columns.index(name)

    def span(self, name: str) -> tuple[int, int, int, int]:
        """The cells of a column, from its first row to its last."""
        return FIRST_ROW, self.place(name), self.last_row, self.place(name)

    def write(self) -> None:
        """Put everything into its cells.

        Raises:
            TooManyRowsError: it does not fit.
        """
        if self.last_row >= MOST_ROWS:
            raise TooManyRowsError(
                f"found {self.frame.height} rows, expected at most {MOST_ROWS - FIRST_ROW}: split them"
            )
        for place, name in enumerate(self.frame.columns):
            self._head(place, name)
            _fill(self.sheet, place, self.frame[name], self.formats[YOURS.get(name, COLUMNS[name].kind)])

        for row, lines in enumerate(self._lines_of_text(), start=FIRST_ROW):
            self.sheet.set_row(row, _LINE_HEIGHT * lines)

    def _lines_of_text(self) -> list[float]:
        """How many lines each row needs, where there are columns of several lines; broad signs have many bytes."""
        broken = [name for name in self.frame.columns if COLUMNS[name].kind == "words"]
        breadth = (pl.element().str.len_bytes() + pl.element().str.len_chars()) / 2
        lines = (breadth / WIDTHS["words"]).ceil().clip(lower_bound=1).sum()
        needed = [pl.col(name).fill_null("").str.split("\n").list.agg(lines) for name in broken]
        if not needed:
            return []
        return self.frame.select(pl.max_horizontal(needed).clip(1.3, _MOST_LINES)).to_series().to_list()

    def _head(self, place: int, name: str) -> None:
        look = "your head" if name in YOURS else "head"
        self.sheet.write_string(0, place, self.headings[place], self.formats[look])
        self.sheet.write_string(NAMES_ROW, place, name, self.formats["name"])
        self.sheet.set_column(place, place, WIDE.get(name, WIDTHS[COLUMNS[name].kind]))

    def arrange(self, frozen: int) -> None:
        """Headings that stay in view and can be filtered by, and a landscape print one page wide that repeats them."""
        self.sheet.set_default_row(18)
        self.sheet.set_row(0, 34)
        self.sheet.set_row(NAMES_ROW, 13)
        self.sheet.freeze_panes(FIRST_ROW, frozen)
        self.sheet.autofilter(NAMES_ROW, 0, self.last_row, self.frame.width - 1)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self.sheet.repeat_rows(0)
        prints_well(self.sheet)


def prints_well(sheet: Worksheet) -> None:
    """Landscape A4, one page wide, with page numbers."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=_NARROW, right=_NARROW, top=0.5, bottom=0.6)
    sheet.set_footer("&C&8&P / &N")


def cell_text(text: str) -> str:
    """The text as a cell can hold it: without signs that a workbook may not contain, and not too long.

    A text in `<r>` tags would be taken for the writer's own marking: a blank behind it keeps it text.

    >>> cell_text("a" + chr(0) + "b"), cell_text("<r>x</r>")
    ('ab', '<r>x</r> ')
    """
    plain = _cut(_NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return f"{plain} " if plain.startswith("<r>") and plain.endswith("</r>") else plain


def _cut(text: str) -> str:
    """At most as many letters as a cell holds, one of them spare; rare signs count twice."""
    units = text.encode("utf-16-le")[: 2 * (MOST_LETTERS - 1)]
    return text if len(text) < MOST_LETTERS // 2 else units.decode("utf-16-le", errors="ignore")


def _fill(sheet: Worksheet, place: int, values: pl.Series, look: Format) -> None:
    write, told = _writer(sheet, values.dtype), values.to_list()
    for row, value in enumerate(told, start=FIRST_ROW):
        if value is None:
            sheet.write_blank(row, place, None, look)
        else:
            write(row, place, value, look)


def _writer(sheet: Worksheet, dtype: pl.DataType) -> Write:
    """How values of a type are written: never by guessing from what they look like."""
    if dtype.is_numeric():
        return cast("Write", sheet.write_number)
    if dtype.is_temporal():
        return cast("Write", sheet.write_datetime)
    return lambda row, place, value, look: sheet.write_string(row, place, cell_text(str(value)), look)
