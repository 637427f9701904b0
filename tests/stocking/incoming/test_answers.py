"""What is read from a workbook, whichever program saved it last; and which files are not opened at all."""

import io
import struct
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openpyxl.worksheet.formula import ArrayFormula
from sent_workbook import LIST, NAMES, SIGNED, line, repacked, resaved, sent

from stocking.incoming.answers import answers
from stocking.incoming.archive import LIMITS, WorkbookError

SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>"""


def read(*lines, **more):
    """row, session_id, product_id, recommended_units, approved_units and note of each line."""
    return answers(sent(*lines, **more)).lines.rows()


def faults(*lines):
    return answers(sent(*lines)).faults.rows()


def refusal(content, limits=LIMITS):
    with pytest.raises(WorkbookError) as refused:
        answers(content, limits)
    return str(refused.value)


def test_lines_are_read_by_the_names_in_the_second_row_and_numbered_as_in_the_sheet():
    told = read(line(approved_units=24, note="as last year"), line(product_id="P2"))
    assert told == [(3, "S1", "P1", "30", "24", "as last year"), (4, "S1", "P2", "30", None, None)]


def test_the_file_says_which_list_it_is_and_whose():
    found = answers(sent(line()))
    assert (found.list_sha256, found.merchant_id, len(found.sha256)) == (LIST, "M1", 64)


def test_a_program_that_drops_the_properties_loses_no_answer():
    found = answers(sent(line(approved_units=24), signed={}))
    assert (found.list_sha256, found.merchant_id) == (None, None)
    assert found.lines["approved_units"].to_list() == ["24"]


def test_what_is_no_digest_does_not_pass_as_one():
    assert answers(sent(line(), signed=SIGNED | {"list_sha256": "=1+1"})).list_sha256 is None


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [(24, "24"), (24.0, "24"), (24.5, "24.5"), ("24", "24"), (" 24 ", " 24 "), ("24 boxes", "24 boxes"), ("  ", None)],
)
def test_numbers_are_read_as_they_would_be_written(cell, read_as):
    assert read(line(approved_units=cell))[0][4] == read_as


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("=SUM(1,2)", "is a formula that was never calculated: write what it should come to"),
        (datetime(2024, 1, 2), "is no number"),  # noqa: DTZ001
        (True, "is no number"),
        ("#N/A", "is an error"),
    ],
)
def test_what_is_no_number_cannot_count_as_one_and_its_place_is_told(cell, reason):
    [(row, column, _, why)] = faults(line(approved_units=cell))
    assert (row, column, why) == (3, "approved_units", reason)
    assert read(line(approved_units=cell))[0][4] is None


def calculated(text, value, kind):
    """A workbook whose approved units are a formula that a program calculated."""
    content = sent(line(approved_units=f"={text}"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(SHEET)
    formula = f"<f>{text}</f><v />".encode()
    assert formula in xml
    typed = xml.replace(b'<c r="E3">', f'<c r="E3" t="{kind}">'.encode())
    return repacked(content, {SHEET: typed.replace(formula, f"<f>{text}</f><v>{value}</v>".encode())})


def test_a_formula_counts_by_the_number_that_it_came_to():
    found = answers(calculated("12*2", "24", "n"))
    assert found.lines["approved_units"].to_list() == ["24"]
    assert found.faults.is_empty()


@pytest.mark.parametrize(("value", "kind"), [("24", "str"), ("1", "b"), ("#DIV/0!", "e")])
def test_a_formula_that_came_to_anything_else_cannot_count(value, kind):
    [fault] = answers(calculated("12*2", value, kind)).faults.rows()
    assert fault == (3, "approved_units", "=12*2", "is a formula that does not come to a number")


def test_a_formula_over_several_cells_is_told_by_its_text():
    def array(book):
        book.active["E3"] = ArrayFormula("E3:E4", "=A1:A2*2")

    [fault] = answers(resaved(sent(line()), array)).faults.rows()
    assert fault[2] == "=A1:A2*2"


def test_the_list_is_found_where_columns_were_moved_hidden_or_put_below_a_new_row():
    def changed(book):
        book.active.insert_rows(1)
        book.active.insert_cols(2, 3)
        book.active.row_dimensions[3].hidden = True

    content = resaved(sent(line(approved_units=24)), changed)
    assert answers(content).lines.rows() == [(4, "S1", "P1", "30", "24", None)]


def test_the_list_is_found_on_another_sheet_than_the_first():
    assert read(line(approved_units=24), other_sheet=True) == [(3, "S1", "P1", "30", "24", None)]


def test_blank_rows_are_no_lines_and_an_answer_far_below_is_found():
    content = resaved(sent(line(), {}, line()), lambda book: book.active.cell(100_000, 6, "a note"))
    assert answers(content).lines["row"].to_list() == [3, 5, 100_000]


def test_two_cells_far_apart_take_no_memory():
    content = resaved(sent(line()), lambda book: book.active.cell(1_048_576, 16_384, 1))
    assert answers(content).lines.height == 1


def test_a_sheet_that_lies_about_its_size_is_read_whole():
    with zipfile.ZipFile(io.BytesIO(sent(line(approved_units=24)))) as archive:
        xml = archive.read(SHEET)
    lying = xml.replace(b'ref="A1:G3"', b'ref="A1:A1"')
    assert lying != xml
    assert answers(repacked(sent(line()), {SHEET: lying})).lines["approved_units"].to_list() == ["24"]


def test_signs_that_a_workbook_escapes_come_back_as_they_were():
    assert read(line(product_id="_x0041_", note="两行\n=1"))[0][2::3] == ("_x0041_", "两行\n=1")


@pytest.mark.parametrize("audience", ["supplier", "logistics", "anchor", "=1"])
def test_a_workbook_for_others_is_refused(audience):
    assert "only the merchant's list" in refusal(sent(line(), signed=SIGNED | {"audience": audience}))


def test_a_workbook_without_the_columns_is_refused_and_so_is_one_that_has_one_twice():
    assert "no sheet has session_id" in refusal(sent(line(), names=NAMES[:4]))
    assert "has the column approved_units twice" in refusal(sent(line(), names=(*NAMES, "approved_units")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no XLSX workbook"),
        (b"session_id,product_id\n", "is no XLSX workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"old", "old .xls file or locked by a password"),
        (sent(line())[:-40], "is no XLSX workbook"),
        (repacked(sent(line()), {"xl/workbook.xml": b"<workbook"}), "cannot be read as a workbook"),
        (repacked(sent(line()), {SHEET: b"\x00"}), "cannot be read as a workbook"),
    ],
)
def test_what_is_no_whole_workbook_is_refused_in_words(content, said):
    assert said in refusal(content)


def test_an_archive_of_anything_else_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert "cannot be read as a workbook" in refusal(buffer.getvalue())


@pytest.mark.parametrize("name", [SHEET, "xl/sharedStrings.xml", "docProps/custom.xml", "xl/media/image1.png"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused_wherever_it_lies(name, coding):
    bomb = (ENTITIES + b"<a>&b;</a>").decode().encode(coding)
    assert "declares a document type" in refusal(repacked(sent(line()), {name: bomb}))


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = repacked(sent(line()), {"xl/media/image1.png": bytes(LIMITS.unpacked_bytes)})
    assert len(bomb) < 200_000
    assert "more than the 100,000,000 allowed" in refusal(bomb)


def test_a_bomb_that_understates_its_size_unpacks_to_no_more_than_it_states():
    zeros = 50_000_000
    content = repacked(sent(line()), {"xl/zeros.bin": bytes(zeros)})
    lying = content.replace(struct.pack("<I", zeros), struct.pack("<I", 100))
    assert lying != content
    assert "is no XLSX workbook, or a damaged one" in refusal(lying)


def test_a_packing_that_can_unpack_to_any_size_at_once_is_refused():
    assert "packed in a way" in refusal(repacked(sent(line()), method=zipfile.ZIP_LZMA))


def test_an_archive_with_a_part_twice_is_refused():
    buffer = io.BytesIO(sent(line()))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, "<other/>")
    assert "holds a part twice" in refusal(buffer.getvalue())


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"file_bytes": 100}, "more than the 100 bytes allowed"),
        ({"unpacked_bytes": 1_000}, "more than the 1,000 allowed"),
        ({"tags": 10}, "more than the 10 tags allowed"),
        ({"rows": 1}, "more than the 1 lines allowed"),
        ({"parts": 3}, "more than 3 parts"),
    ],
)
def test_what_is_larger_than_allowed_is_refused(limits, said):
    assert said in refusal(sent(line(), line()), replace(LIMITS, **limits))


def test_instants_of_other_columns_do_no_harm():
    content = resaved(
        sent(line(approved_units=24)),
        lambda book: book.active.cell(3, 7, datetime(2024, 1, 2, tzinfo=UTC).replace(tzinfo=None)),
    )
    assert answers(content).faults.is_empty()
