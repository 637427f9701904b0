"""Workbooks as merchants send them back: headings, names, lines, and the file's own properties."""

import io
import zipfile

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.custom import StringProperty

LIST = "ab" * 32
NAMES = ("rank", "session_id", "product_id", "recommended_units", "approved_units", "note", "flags")
SIGNED = {"list_sha256": LIST, "audience": "merchant", "merchant": "M1"}


def line(**filled):
    return {"rank": 1, "session_id": "S1", "product_id": "P1", "recommended_units": 30} | filled


def sent(*lines, names=NAMES, signed=SIGNED, other_sheet=False):
    """The bytes of a workbook with a line for each dict."""
    book = Workbook()
    sheet = book.active
    sheet.append([f"Heading of {name}" for name in names])
    sheet.append(list(names))
    for one in lines:
        sheet.append([one.get(name) for name in names])
    for name, value in signed.items():
        book.custom_doc_props.append(StringProperty(name=name, value=value))
    if other_sheet:
        book.create_sheet("How to read it", 0).append(["Read the list first."])
    return saved(book)


def saved(book):
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def resaved(content, change):
    """The same workbook after somebody did something to it."""
    book = load_workbook(io.BytesIO(content))
    change(book)
    return saved(book)


def repacked(content, changes=None, method=zipfile.ZIP_DEFLATED):
    """The same archive with some parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, part in (parts | (changes or {})).items():
            archive.writestr(name, part)
    return buffer.getvalue()
