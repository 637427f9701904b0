"""The workbook that a merchant gets can be read back once it is filled in, in any language, and no other can."""

import io

import pytest
from openpyxl import load_workbook
from sent_workbook import LIST, saved

from stocking.incoming.answers import answers
from stocking.incoming.archive import WorkbookError
from stocking.judged import judged
from stocking.papers.audiences import papers
from stocking.papers.paper import AUDIENCES
from stocking.papers.workbook import workbook

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

ODD = ["P1", "=1+1", "0042", "../x", "a\x00b", "_x0041_", "<r>x</r>", " blank ", "口红\n2"]


def made(audience, language, plan, limits, background):
    return [workbook(paper, language, LIST) for paper in papers(plan, limits, background) if paper.audience == audience]


def filled(content, *answered):
    """The workbook with approved units and notes, from the first line down."""
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[2]}
    for row, (units, note) in enumerate(answered, start=3):
        sheet.cell(row, places["approved_units"], units)
        sheet.cell(row, places["note"], note)
    return saved(book)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_list_filled_in_comes_back_as_decisions_on_the_same_listings(decided, limits, background, language):
    plan = decided(*({"product_id": one} for one in ODD))
    [content] = made("merchant", language, plan, limits(), background())
    told = [(24 + 12 * n, f"note {n}") for n in range(len(ODD))]
    found = judged(answers(filled(content, *told)), plan, plan["cutoff"][0])
    assert found.refused.is_empty()
    assert found.accepted.select("list_sha256", "merchant_id", "session_id").unique().rows() == [(LIST, "M1", "S1")]
    kept = found.accepted.select("product_id", "recommended_units", "approved_units", "note")
    assert kept.rows() == [(one, 60, *answer) for one, answer in zip(ODD, told, strict=True)]


def test_a_list_as_it_was_sent_holds_no_answer_and_no_fault(decided, limits, background):
    plan = decided(*({"product_id": one} for one in ODD))
    [content] = made("merchant", "en", plan, limits(), background())
    found = judged(answers(content), plan, plan["cutoff"][0])
    assert (found.lines, found.unanswered, found.refused.height) == (len(ODD), len(ODD), 0)


def test_a_list_of_products_that_name_no_merchant_comes_back_too(decided, limits, background):
    plan = decided({"merchant_id": None})
    [content] = made("merchant", "en", plan, limits(), background())
    assert judged(answers(filled(content, (24, None))), plan, plan["cutoff"][0]).accepted.height == 1


@pytest.mark.parametrize("audience", [one for one in AUDIENCES if one != "merchant"])
def test_the_papers_of_others_hold_no_decisions(decided, limits, background, audience):
    for content in made(audience, "en", decided(), limits(), background()):
        with pytest.raises(WorkbookError, match=r"is no merchant's list|only the merchant's list"):
            answers(content)


def test_a_long_list_is_read_whole(decided, limits, background):
    plan = decided(*({"product_id": f"P{n}"} for n in range(2_000)))
    [content] = made("merchant", "zh-CN", plan, limits(), background())
    assert answers(content).lines["product_id"].equals(plan["product_id"])
