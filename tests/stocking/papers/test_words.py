import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from stocking.papers.audiences import VIEWS
from stocking.papers.changes import CHANGES
from stocking.papers.codes import CODES
from stocking.papers.columns import COLUMNS
from stocking.papers.words import words

PAPERS = Path(__file__).parents[3] / "stocking" / "papers"
CATALOGUE = PAPERS / "locale" / "zh_CN" / "LC_MESSAGES" / "papers.po"


def either(node):
    """The texts that an expression of a template may be."""
    if isinstance(node, nodes.CondExpr):
        return [*either(node.expr1), *either(node.expr2)]
    return [node.value] if isinstance(node, nodes.Const) else []


def said_in_templates():
    for path in PAPERS.rglob("*.j2"):
        for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "say":
                yield from either(call.args[0])


def said_in_code():
    for _, _, text, _, _ in extract_from_dir(PAPERS, [("**.py", "python")], keywords={"marked": None, "say": None}):
        yield text


@pytest.fixture(scope="module")
def used():
    return {*said_in_code(), *said_in_templates()}


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as file:
        return {one.id: one.string for one in read_po(file, locale="zh_CN") if one.id}


def test_every_text_that_is_shown_is_translated_and_no_translation_is_left_over(used, catalogue):
    assert set(catalogue) - used == set()
    assert used - set(catalogue) == set()


def test_no_translation_is_empty_or_english(catalogue):
    assert [text for text in catalogue.values() if not re.search(r"[\u4e00-\u9fff]", text)] == []


def test_a_translation_fills_in_the_same_values(catalogue):
    def fields(text):
        return sorted(re.findall(r"\{(\w+)\}", text))

    assert [text for text, told in catalogue.items() if fields(text) != fields(told)] == []


def test_english_says_the_text_itself_and_chinese_its_translation():
    assert words("en").say("Order now") == "Order now"
    assert words("zh-CN").say("Order now") == "现在下单"
    assert words("zh-CN").say("{used} of {limit} used", used="8", limit="10") == "已用 8，上限 10"


def test_every_column_that_a_reader_sees_is_explained():
    shown = {name for view in VIEWS.values() for name in view.shows} | set(CHANGES)
    assert shown | {"topic", "finding"} == set(COLUMNS)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_two_columns_of_one_paper_never_have_the_same_heading(language):
    for view in VIEWS.values():
        headings = [words(language).say(COLUMNS[name].label) for name in view.shows]
        assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_two_codes_of_one_column_never_have_the_same_name(language):
    for codes in CODES.values():
        assert len({words(language).say(code.label) for code in codes.values()}) == len(codes)
