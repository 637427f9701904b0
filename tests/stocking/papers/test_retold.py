import re

import polars as pl
import pytest

from features.catalog import CATALOG
from features.comments import TOPICS
from features.contracts import TABLES
from features.season.words import REASONS
from models.predictor import PRIOR_NOTE
from stocking.notes import NOTES
from stocking.papers.audiences import papers
from stocking.papers.columns import COLUMNS
from stocking.papers.page import html
from stocking.papers.retold import phrasebook, retold
from stocking.papers.shares import said_by_flags
from stocking.papers.words import catalogue

ENGLISH = re.compile("[A-Za-z]{3,}")
TELL = phrasebook("zh-CN").tell


def told_of_notes():
    """Every note in English, whatever numbers stand in it."""
    for note in NOTES:
        asked = dict.fromkeys(note.words.meta.root_names(), 7)
        yield pl.DataFrame({"line": 1} | asked).select(note.words).item()


def test_every_note_has_its_words_in_chinese():
    notes = [*told_of_notes(), PRIOR_NOTE]
    assert len(notes) > 15
    assert [note for note in notes if ENGLISH.search(TELL(note))] == []


def test_every_feature_has_its_words_in_chinese_and_no_two_of_them_the_same():
    words = {feature.words for feature in CATALOG}
    assert [text for text in words if ENGLISH.search(TELL(f"{text}: 12.5 (raises)"))] == []
    assert len({TELL(text) for text in words}) == len(words)


def test_a_reason_says_what_how_much_and_which_way():
    assert TELL("units sold in its last session: 123 (raises)") == "上一场销量：123（推高）"
    assert TELL("a public holiday: yes (lowers)") == "公众假期：是（拉低）"
    assert TELL("its category: a: b (raises) (lowers)") == "类目：a: b (raises)（拉低）"


def test_what_viewers_ask_and_blame_is_told_in_chinese():
    asked = [topic.removesuffix("_questions") for topic in TOPICS if topic.endswith("_questions")]
    blamed = ["complaints of viewers", *(f"came back: {reason}" for reason in REASONS)]
    assert [text for text in (*asked, *blamed) if ENGLISH.search(TELL(f"{text} (3)"))] == []
    assert TELL("came back: the zip broke (2)") == "退货：the zip broke（2）"


FINDINGS = {
    "newest row 2024-08-12 UTC, 3 h before the cutoff": "最新一条记录于 2024-08-12 UTC，早于数据截止时点 3 小时",
    "nothing known before the cutoff": "截止时点之前没有数据",
    "rows without a date: taken as always known": "没有日期的记录：视为一直已知",
    "no engagement in the lake: 120 features say nothing": "数据中没有互动记录：120 个特征无值",
    "no suppliers in the lake: defaults are used": "数据中没有供应商：按默认值处理",
    "the forecasts are those of the baseline kin, which did better of late": (
        "近期基线 kin 预测得更准，本次预测改用该基线"
    ),
    "on past sessions the baseline kin forecast better": "在以往场次上，基线 kin 预测得更准",
    "p/2 is broken (no file): p/1, in service before it, forecast instead": (
        "p/2 已损坏（no file）：改由此前在用的 p/1 预测"
    ),
}


def test_findings_on_the_data_are_told_in_chinese():
    assert {text: TELL(text) for text in FINDINGS} == FINDINGS
    assert [topic for topic in ("forecast", "missing", *TABLES) if ENGLISH.search(TELL(topic))] == []


def test_no_translation_is_left_over():
    said = {feature.words for feature in CATALOG} | {*told_of_notes(), PRIOR_NOTE, *FINDINGS}
    short = {"unknown", "yes", "no", "forecast", "missing", *TABLES, *REASONS}
    whole = {str(one.id) for one in catalogue("retold", "zh-CN") if one.id and "{}" not in str(one.id)}
    assert whole - said - short == set()


def test_a_text_that_nobody_foresaw_stays_as_it_came():
    long = f"its category: {'x' * 500} (raises)"
    for text in ("", "{} {0} {x}", "sold well", "price", "a loss\nis expected", "一支口红", long):
        assert TELL(text) == text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_only_what_comes_composed_is_told_again(language):
    frame = pl.DataFrame(
        {
            "title": ["a loss is expected", "Lipstick"],
            "notes": [["a loss is expected", "kept"], None],
            "finding": ["nothing known before the cutoff", None],
            "elsewhere": ["a loss is expected", None],
        }
    )
    again = retold(frame, language)
    assert again.drop("notes", "finding").equals(frame.drop("notes", "finding"))
    assert again["notes"].to_list() == [["预计亏损" if language == "zh-CN" else "a loss is expected", "kept"], None]
    assert {name for name, column in COLUMNS.items() if column.composed} == {
        "reasons", "notes", "questions", "complaints", "topic", "finding"
    }  # fmt: skip


def test_a_flag_and_its_note_say_it_once_on_a_page(decided, limits, background):
    assert set(said_by_flags()) == {"late_to_order", "new_product", "capped_last_time", "default_cost"}
    flags = {"is_too_late": True, "is_new_product": True, "capped_last_time": True, "cost_is_default": True}
    notes = [*said_by_flags().values(), "a loss is expected"]
    for language in ("en", "zh-CN"):
        tell = phrasebook(language).tell
        for told, expected in ((flags, False), ({}, True)):
            made = papers(decided({"notes": notes} | told), limits(), background())
            page = html(made[0], language).decode()
            assert [f"<bdi>{tell(note)}</bdi>" in page for note in notes] == [expected] * 4 + [True]
