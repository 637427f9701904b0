import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from stocking.papers import sheets
from stocking.papers.audiences import papers
from stocking.papers.sheets import MOST_LETTERS, cell_text
from stocking.papers.workbook import workbook

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no solid bars
DIGEST = "ab" * 32
PAYLOADS = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "http://evil.example",
    "mailto:a@evil.example",
    "file:///etc/passwd",
    "internal:Sheet2!A1",
    "external:c:\\book.xlsx",
    "\\\\host\\share",
    "a\tb\n=1",
    "nul\x00 bell\x07 escape\x1b next\x85",
    "💄 家庭 👨‍👩‍👧",
    "x" * 40_000,
    "💄" * 20_000,
    "\u202eשלום",
    "{=1}",
    "_x0041_",
    "<r>bold</r>",
    "<r></si><si><t>other</t></si></r>",
    "]]></t><script>",
    "&amp;",
    "'=1",
    "12345678901234567890",
    "0042",
    "1E5",
    "TRUE",
    "#REF!",
    "\ufffe\uffff",
    " spaced ",
]
TEXTS = (
    "session_id", "product_id", "merchant_id", "supplier_id", "anchor_id", "room_id", "title", "category",
    "model_version", "data_version",
)  # fmt: skip
LISTS = ("reasons", "notes", "questions", "complaints")
SHEETS = {
    "en": ["List", "Changes", "Data quality", "How to read it"],
    "zh-CN": ["清单", "较上次变化", "数据质量", "阅读说明"],
}


def opened(content):
    return load_workbook(io.BytesIO(content))


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def column(sheet, name):
    place = [cell.value for cell in sheet[2]].index(name) + 1
    return [sheet.cell(row, place) for row in range(3, sheet.max_row + 1)]


@pytest.fixture
def made(decided, limits, background):
    """The papers of a plan, by audience; one reader each."""

    def build(*changes, kept=(), quality=(), previous=None):
        plan = papers(decided(*changes), limits(*kept), background(previous, *quality))
        return {paper.audience: paper for paper in reversed(plan)}

    return build


@pytest.fixture
def book(made):
    def build(*changes, audience="merchant", language="en"):
        return opened(workbook(made(*changes)[audience], language, DIGEST))

    return build


@pytest.mark.parametrize("audience", ["merchant", "supplier", "logistics", "anchor"])
def test_no_text_becomes_a_formula_a_link_or_a_reference_and_all_of_it_stays(made, audience):
    hostile = [
        dict.fromkeys(TEXTS, text) | {name: [text] for name in LISTS} | {"product_id": f"{number}{text}"}
        for number, text in enumerate(PAYLOADS)
    ]
    whole = {"merchant_id": "M1", "supplier_id": "U1", "anchor_id": "A1"}
    paper = made(*(row | whole for row in hostile), quality=[(text, text) for text in PAYLOADS])[audience]
    content = workbook(paper, "zh-CN", DIGEST)
    read = opened(content)
    cells = [cell for sheet in read for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert [cell.coordinate for cell in cells if cell.hyperlink] == []
    inside = parts(content)
    assert [name for name in inside if "externalLink" in name or "hyperlink" in name.lower()] == []
    assert [
        name for name, text in inside.items() if "<f>" in text or "TargetMode" in text or "<hyperlink" in text
    ] == []
    told = [cell.value or "" for cell in column(read.worksheets[0], "title")]
    assert sorted(told) == sorted(map(cell_text, PAYLOADS))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_cell_loses_are_signs_that_it_cannot_hold(payload):
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]", "", payload)
    text = cell_text(payload)
    assert text.removesuffix(" ") == kept.removesuffix(" ") or (len(kept) >= 20_000 and kept.startswith(text))
    assert len(text.encode("utf-16-le")) // 2 <= MOST_LETTERS


def test_a_reader_s_own_id_is_a_property_and_no_part_of_the_workbook_s_structure(made):
    for reader in ("../x", "*", "CON", "a/b", "", "=1", "<r>x</r>", "M" * 255):
        content = workbook(made({"merchant_id": reader})["merchant"], "en", DIGEST)
        signed = {one.name: one.value for one in opened(content).custom_doc_props.props}
        assert signed["audience"] == "merchant"
        assert signed["list_sha256"] == DIGEST
        assert (signed["merchant"] or "") == cell_text(reader)


def test_only_a_merchant_s_file_names_its_merchant_where_there_is_one_and_it_fits(made):
    def names(paper):
        return {one.name for one in opened(workbook(paper, "en", DIGEST)).custom_doc_props.props}

    assert names(made()["supplier"]) == names(made({"merchant_id": None})["merchant"]) == {"list_sha256", "audience"}
    assert "merchant" not in names(made({"merchant_id": "M" * 256})["merchant"])


def test_the_first_row_speaks_the_reader_s_language_the_second_names_columns_for_programs(book):
    english, chinese = book().worksheets[0], book(language="zh-CN").worksheets[0]
    assert [cell.value for cell in english[1]][:2] == ["Rank", "Product"]
    assert [cell.value for cell in chinese[1]][:2] == ["排名", "商品"]
    names = [cell.value for cell in english[2]]
    assert names == [cell.value for cell in chinese[2]]
    assert {"session_id", "product_id", "recommended_units", "approved_units", "note"} <= set(names)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_merchant_has_four_sheets_and_all_others_two(book, language):
    assert book(language=language).sheetnames == SHEETS[language]
    for audience in ("supplier", "logistics", "anchor"):
        assert book(audience=audience, language=language).sheetnames == [SHEETS[language][0], SHEETS[language][3]]


def test_ids_stay_text_numbers_numbers_and_moments_are_local_time(book):
    sheet = book({"product_id": "0042", "session_id": "12345678901234567890"}).worksheets[0]
    values = {cell.value: sheet.cell(3, cell.column).value for cell in sheet[2]}
    assert (values["product_id"], values["session_id"]) == ("0042", "12345678901234567890")
    assert (values["recommended_units"], values["p_hit"]) == (60, 0.25)
    assert values["scheduled_at"] == datetime(2024, 6, 24, 20)  # noqa: DTZ001
    assert (values["approved_units"], values["note"]) == (None, None)
    heading = {cell.value: sheet.cell(1, cell.column).value for cell in sheet[2]}
    assert heading["scheduled_at"] == "Session starts (Asia/Shanghai)"
    assert heading["price"] == "Price (CN¥)"


def test_flags_and_roles_are_told_in_the_reader_s_words(book):
    late = {"is_too_late": True, "cost_is_default": True}
    assert column(book(late).worksheets[0], "flags")[0].value == "late to order; cost assumed"
    assert column(book(late, language="zh-CN").worksheets[0], "flags")[0].value == "下单已逾期；成本为估算"
    assert column(book(audience="anchor", language="zh-CN").worksheets[0], "role")[0].value == "主推款"


def test_headings_stay_in_view_can_be_filtered_by_and_are_printed_on_every_page(book):
    for audience in ("merchant", "supplier", "logistics", "anchor"):
        sheet = book({}, {"product_id": "P2"}, audience=audience).worksheets[0]
        assert sheet.freeze_panes in {"C3", "A3"}
        assert sheet.auto_filter.ref == f"A2:{sheet.cell(4, sheet.max_column).coordinate}"
        assert sheet.print_title_rows == "$1:$1"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)


def test_approved_units_are_yellow_and_take_whole_numbers_only(book):
    sheet = book({}, {"product_id": "P2"}).worksheets[0]
    first, last = column(sheet, "approved_units")
    [rule] = sheet.data_validations.dataValidation
    assert (rule.type, rule.operator, rule.formula1) == ("whole", "greaterThanOrEqual", "0")
    assert str(rule.sqref) == f"{first.coordinate}:{last.coordinate}"
    assert first.fill.fgColor.rgb == "FFFFF7DB"


def test_bars_stand_behind_units_chances_and_profit(book):
    sheet = book().worksheets[0]
    barred = {str(one.sqref) for one in sheet.conditional_formatting if any(rule.dataBar for rule in one.rules)}
    names = ("recommended_units", "p_hit", "expected_profit")
    assert barred == {column(sheet, name)[0].coordinate for name in names}


def test_the_last_sheet_explains_every_column_and_whose_list_it_is(made):
    paper = made(kept=[("budget", "M1", None, "CNY", 1000.0, 900.0, 0.3)])["merchant"]
    sheet = opened(workbook(paper, "en", DIGEST)).worksheets[-1]
    told = {cell.value for row in sheet.iter_rows() for cell in row if cell.value}
    assert {*paper.lines.columns, *paper.changes.columns} <= told
    assert {DIGEST, "Asia/Shanghai", "CNY", "lake@7", "CN¥900 of CN¥1,000 used, one more would bring CN¥0.30"} <= told


def test_logistics_is_told_that_regions_are_not_known(book):
    sheet = book(audience="logistics").worksheets[-1]
    assert "Region: not known; the data holds no addresses." in {row[0].value for row in sheet.iter_rows()}


def test_where_nothing_changed_the_sheets_say_so(book):
    changes, quality = book().worksheets[1:3]
    assert changes.cell(3, 1).value == "Nothing changed, or there is no earlier list."
    assert quality.cell(3, 1).value == "Nothing was missing or stale."


def test_changes_stand_on_a_sheet_of_their_own(made, decided):
    sheet = opened(workbook(made(previous=decided({"recommended_units": 36}))["merchant"], "en", DIGEST)).worksheets[1]
    assert [column(sheet, name)[0].value for name in ("change", "units_before", "units_after")] == [
        "more units",
        36,
        60,
    ]


def test_the_same_paper_gives_the_same_bytes(made):
    assert workbook(made()["merchant"], "zh-CN", DIGEST) == workbook(made()["merchant"], "zh-CN", DIGEST)


def test_what_is_not_known_stays_an_empty_cell(book):
    assert column(book({"order_by": None, "title": None}).worksheets[0], "order_by")[0].value is None


def test_a_dead_line_that_has_passed_stands_out(book):
    [late] = [one for one in book().worksheets[0].conditional_formatting if one.rules[0].type == "cellIs"]
    assert late.rules[0].operator == "between"


def test_more_rows_than_a_sheet_holds_are_refused_not_cut(made, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    assert workbook(made({}, {"product_id": "P2"})["supplier"], "en", DIGEST)
    with pytest.raises(sheets.TooManyRowsError, match="found 3 rows, expected at most 2"):
        workbook(made({}, {"product_id": "P2"}, {"product_id": "P3"})["supplier"], "en", DIGEST)


def test_local_days_are_those_of_the_plan_s_time_zone(book):
    late = {"scheduled_at": datetime(2024, 6, 24, 16, 30, tzinfo=UTC)}
    sheet = book(late, audience="logistics").worksheets[0]
    assert column(sheet, "day")[0].value == datetime(2024, 6, 25)  # noqa: DTZ001
