"""A paper as a workbook (.xlsx) that people decide in and programs read back.

The first sheet is the list. Its row 1 holds headings in the reader's language, its row 2 the columns' ASCII names in
small grey letters, which never change; the lines start in row 3. Instants are local times of the plan's time zone. The
merchant's cells for `approved_units` and `note` are empty and yellow. Beside the sheets the file carries the properties
`list_sha256` (which `stocking_list.parquet` it belongs to) and `audience`, and in a merchant's own file `merchant`, its
id, where there is one and it fits (255 letters). Ids stand as `cell_text` gives them.

Then, for a merchant: changes since the last list; data quality. For all: how to read it.

No cell holds a formula or a link: every text is written as text (`stocking.papers.sheets.cell_text`), never guessed at.
The same paper gives the same bytes.
"""

import io
from datetime import datetime

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stocking.papers.columns import COLUMNS
from stocking.papers.guide import TITLES, Guide, guide
from stocking.papers.ink import PALE_TEAL, TEAL, looks
from stocking.papers.paper import Audience, Paper
from stocking.papers.sheets import Formats, Table, cell_text, prints_well
from stocking.papers.shown import headings, shown
from stocking.papers.style import Language
from stocking.papers.words import marked, words

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "remove_timezone": True,
}
_MOST_LETTERS_IN_A_PROPERTY = 255
_FROZEN: dict[Audience, int] = {"merchant": 2, "supplier": 2, "logistics": 2, "anchor": 0}
_FROM_ZERO: dict[str, object] = {"min_type": "num", "min_value": 0}
_GUIDE_WIDTHS = (34, 26, 84)
_PRINTED_UP_TO = "expected_profit"
_NOTHING = {
    "Changes": marked("Nothing changed, or there is no earlier list."),
    "Data quality": marked("Nothing was missing or stale."),
}


def workbook(paper: Paper, language: Language, list_sha256: str) -> bytes:
    """The file's content."""
    buffer = io.BytesIO()
    book = Workbook(buffer, _OPTIONS)
    _sign(book, paper, language, list_sha256)
    formats = {name: book.add_format(look) for name, look in looks(language).items()}
    say = words(language).say
    for name, frame in _tables(paper).items():
        sheet = book.add_worksheet(say(name))
        told = headings(tuple(frame.columns), paper.about, language)
        table = Table(shown(frame, paper.about, words(language)), told, sheet, formats)
        table.write()
        table.arrange(_FROZEN[paper.audience] if frame is paper.lines else 0)
        _bars(table)
        if not frame.height:
            sheet.write_string(*table.span(frame.columns[0])[:2], say(_NOTHING[name]))
        if "order_by" in frame.columns:
            _late(table, paper, language)
        if frame is paper.lines and paper.audience == "merchant":
            _decide_in(table, language)
    _explain(book.add_worksheet(say(marked("How to read it"))), guide(paper, language, list_sha256), formats)
    book.close()
    return buffer.getvalue()


def _tables(paper: Paper) -> dict[str, pl.DataFrame]:
    """What stands on which sheet."""
    own = {marked("Changes"): paper.changes, marked("Data quality"): paper.quality}
    return {marked("List"): paper.lines} | (own if paper.audience == "merchant" else {})


def _sign(book: Workbook, paper: Paper, language: Language, list_sha256: str) -> None:
    """Say what the file is, and when: at the cutoff, so that the same paper gives the same bytes."""
    book.set_size(2400, 1500)
    book.set_properties({
        "title": words(language).say(TITLES[paper.audience]),
        "created": paper.about.cutoff.replace(tzinfo=None),
    })  # fmt: skip
    book.set_custom_property("list_sha256", list_sha256)
    book.set_custom_property("audience", paper.audience)
    reader = cell_text(paper.reader or "")
    fits = len(reader.encode("utf-16-le")) <= 2 * _MOST_LETTERS_IN_A_PROPERTY
    if paper.audience == "merchant" and paper.reader is not None and fits:
        book.set_custom_property("merchant", reader)


def _bars(table: Table) -> None:
    look: dict[str, object] = {
        "type": "data_bar",
        "bar_solid": True,
        "bar_color": PALE_TEAL,
        "bar_negative_color": "#EBC4BA",
    }
    ends: dict[str, dict[str, object]] = {
        "money": {},
        "share": {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1},
    }
    for name in table.frame.columns:
        if COLUMNS[name].bar:
            least = ends.get(COLUMNS[name].kind, _FROM_ZERO)
            table.sheet.conditional_format(*table.span(name), look | {"bar_axis_color": TEAL} | least)


def _late(table: Table, paper: Paper, language: Language) -> None:
    """Order-by dates that have passed stand out."""
    cutoff = shown(pl.DataFrame({"order_by": [paper.about.cutoff]}), paper.about, words(language)).item()
    table.sheet.conditional_format(*table.span("order_by"), {
        "type": "date",
        "criteria": "between",
        "minimum": datetime(1900, 1, 1),  # noqa: DTZ001
        "maximum": cutoff,
        "format": table.formats["late"],
    })  # fmt: skip


def _decide_in(table: Table, language: Language) -> None:
    """The merchant's cells take whole numbers only."""
    say, sheet = words(language).say, table.sheet
    sheet.data_validation(*table.span("approved_units"), {
        "validate": "integer",
        "criteria": ">=",
        "value": 0,
        "input_title": say(marked("Approved units")),
        "input_message": say(marked("A whole number of units; 0 for none; empty while you are undecided.")),
        "error_title": say(marked("Not a number of units")),
        "error_message": say(marked("Please give a whole number, 0 or more.")),
    })  # fmt: skip
    sheet.print_area(0, 0, table.last_row, table.place(_PRINTED_UP_TO))
    sheet.set_selection(*table.span("approved_units")[:2], *table.span("approved_units")[:2])


def _explain(sheet: Worksheet, told: Guide, formats: Formats) -> None:
    """One block below the other: what it is, what to do, facts, limits, columns, codes."""
    prints_well(sheet)
    for place, width in enumerate(_GUIDE_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, told.title, formats["title"])
    row = 1
    for name, block in (("", [(sentence,) for sentence in told.advice]), *told.blocks.items()):
        if block:
            _line(sheet, row, (name,), formats["section" if name else "plain"])
            for place, texts in enumerate(block, start=row + 1):
                _line(sheet, place, texts, formats["plain" if len(texts) == 1 else "text"])
            row += len(block) + 2


def _line(sheet: Worksheet, row: int, texts: tuple[str, ...], look: Format) -> None:
    """A sentence, or a label with its text, or a heading with its name for programs and its meaning."""
    for place, _ in enumerate(_GUIDE_WIDTHS):
        if place < len(texts):
            sheet.write_string(row, place, cell_text(texts[place]), look)
        else:
            sheet.write_blank(row, place, None, look)
