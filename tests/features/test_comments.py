import random
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_comments import HELD_OUT, SEEN
from pydantic import ValidationError
from small_lexicon import LEXICON, said

from features.comments import TOPICS, Listener
from features.settings import Comments
from flows.config import ConfigError, load

LETTERS = dict(zip("PZSDCL", TOPICS, strict=True))
NONE: set[str] = set()
PRICE, SIZE, STOCK, SHIPPING, BAD, GOOD = ({topic} for topic in TOPICS)


def topics(texts, lexicon):
    return Listener(lexicon).topics(texts)


def touched(text, lexicon=LEXICON):
    row = topics(pl.Series([text], dtype=pl.String), lexicon).row(0, named=True)
    return {topic for topic, touches in row.items() if touches}


@pytest.fixture(scope="module")
def shipped():
    return load().comments


def test_topics_are_boolean_columns_in_the_order_of_the_texts():
    told = topics(pl.Series(["好看", None, "多少钱", "", "好看"]), LEXICON)
    assert told.schema == pl.Schema(dict.fromkeys(TOPICS, pl.Boolean))
    assert told["praises"].to_list() == [True, False, False, False, True]
    assert told["price_questions"].to_list() == [False, False, True, False, False]


@pytest.mark.parametrize("texts", [pl.Series([], dtype=pl.String), pl.Series([None, None]), pl.Series(["", " ", "!?"])])
def test_nothing_said_touches_nothing(texts):
    told = topics(texts, LEXICON)
    assert told.schema == pl.Schema(dict.fromkeys(TOPICS, pl.Boolean))
    assert told.height == len(texts)
    assert told.sum().rows() in ([(0,) * 6], [(None,) * 6])


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("多少钱", PRICE),
        ("价格", PRICE),
        ("价格多少", NONE),  # this lexicon does not know 多少
        ("什么价格", PRICE),
        ("价格?", PRICE),
        ("价格标在左上角", NONE),
        ("size", SIZE),
        ("i got size m", NONE),
        ("有没有货", STOCK),
        ("有货不", STOCK),
        ("有货没 尺码?", STOCK | SIZE),
        ("今天有货", NONE),
        ("发货吗，有货吗", SHIPPING | STOCK),
    ],
)
def test_what_a_question_is_about_counts_only_in_a_clause_that_asks_or_has_nothing_else(text, topic):
    assert touched(text) == topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("好看", GOOD),
        ("不好看", BAD),
        ("不是很好看", BAD),
        ("不是我以为的好看", BAD),
        ("不是他昨天晚上说的那样好看", GOOD),  # too far away
        ("不掉色", GOOD),
        ("不掉色很好看", GOOD),
        ("不掉色也不好看", GOOD | BAD),
        ("not good", BAD),
        ("not that good", BAD),
        ("not bad", GOOD),
        ("Don’t love it", BAD),
        ("no, good", GOOD),
        ("不退款", BAD),  # a phrase of its own, not the contrary of 退款
        ("不错", GOOD),
    ],
)
def test_a_negation_close_before_turns_praise_and_complaint_into_each_other(text, topic):
    assert touched(text) == topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("好看吗", NONE),
        ("好不好看", NONE),
        ("喜欢不喜欢", NONE),
        ("会不会掉色", NONE),
        ("is it good", NONE),
        ("good?", NONE),
        ("哪个好看", NONE),
        ("怎么这么好看", GOOD),
        ("why is it broken?", BAD),
        ("贵不贵", PRICE),
        ("怎么贵了", PRICE | BAD),
        ("好看，贵吗", GOOD | PRICE),
        ("好看 贵吗", GOOD | PRICE),
    ],
)
def test_who_only_asks_whether_it_is_good_neither_praises_nor_blames(text, topic):
    assert touched(text) == topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("多少錢", PRICE),
        ("還有嗎", STOCK),
        ("喜歡", GOOD),
        ("ＨＯＷ　ＭＵＣＨ", PRICE),
        ("How\u200b  Much!!!", PRICE),
        ("好好好看！！！", GOOD),
        ("好看好看好看", GOOD),
        ("😍好看😍", GOOD),
        ("loooove it", GOOD),
        ("goooood", GOOD),
        ("god", NONE),
        ("loove", NONE),
        ("too late", BAD),
        ("latte too latte", NONE),
        ("g\u0301ood", NONE),  # ǵ is another letter
    ],
)
def test_how_it_is_written_does_not_matter(text, topic):
    assert touched(text) == topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("最好看", GOOD),
        ("正品", GOOD),
        ("真正品质", NONE),
        ("没收到货", BAD),
        ("贵宾", NONE),
        ("什么密码", NONE),
        ("什么码", SIZE),
        ("有XL码吗", SIZE),
        ("不好意思", NONE),
        ("good morning", NONE),
        ("good morning, good price", GOOD),
        ("goods", NONE),
        ("looks cheap", BAD),
        ("so cheap", GOOD),
        ("relationship when", NONE),
    ],
)
def test_words_are_whole_words_and_the_longer_phrase_counts(text, topic):
    assert touched(text) == topic


def test_a_comment_counts_once_for_each_topic_it_touches():
    text = "好看好看，多少钱，穿什么码？还有吗 几天到, too late"
    assert touched(text) == set(TOPICS)


def test_signs_that_stand_for_words_inside_cannot_be_written():
    assert touched("·⊕·⊖·◦·") == NONE
    assert touched("·good·") == GOOD
    assert touched("好·看") == NONE


def test_an_empty_list_knows_nothing():
    lexicon = LEXICON.model_copy(update=dict.fromkeys(("praises", "negations", "doubting", "ignored"), said()))
    assert touched("好看吗", lexicon) == NONE
    assert touched("不退款", lexicon) == BAD


@pytest.mark.parametrize("word", ["(", "[a-z]+", "a+b", "\\d{2}", "c++", "100%", "什么.*"])
def test_words_of_the_lexicon_are_words_not_patterns(word):
    if not any(letter.isalnum() for letter in word):
        with pytest.raises(ValidationError):
            said(word)
        return
    lexicon = LEXICON.model_copy(update={"praises": said(word)})
    assert touched(word, lexicon) == GOOD
    assert touched("xyz 12 nothing aab 都", lexicon) == NONE


def test_order_and_repetition_of_texts_change_nothing():
    texts = [text for text, _ in SEEN + HELD_OUT]
    shuffled = random.Random(0).sample(texts, len(texts)) + texts
    once, again = (topics(pl.Series(one), LEXICON).rows() for one in (texts, shuffled))
    assert dict(zip(shuffled, again, strict=True)) == dict(zip(texts, once, strict=True))


def test_more_text_than_is_read_at_once_gives_the_same(monkeypatch):
    texts = pl.Series([text for text, _ in SEEN])
    whole = topics(texts, LEXICON)
    monkeypatch.setattr("features.comments.BATCH_BYTES", 200)
    assert topics(texts, LEXICON).equals(whole)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.none() | st.text(max_size=60) | st.text(alphabet="不没好看贵吗?· not god\n码", max_size=40), max_size=8)
)
def test_whatever_is_written_gives_a_row_and_a_text_means_the_same_beside_others(texts):
    told = topics(pl.Series(texts, dtype=pl.String), LEXICON)
    alone = [topics(pl.Series([text], dtype=pl.String), LEXICON).row(0) for text in texts]
    assert told.rows() == alone
    assert told.null_count().sum_horizontal().sum() == 0


@pytest.mark.parametrize(
    "piece", ["好", "不", "好不", "不 ", "a", "goo", "not ", "? ", "价格", "\ufdfa", "e\u0301", "\0", "·"]
)
def test_the_longest_legal_text_of_any_make_is_read(piece):
    text = (piece * 20_000)[:20_000]
    assert touched(text + "，多少钱") >= PRICE


def heard(rows, lexicon):
    told = topics(pl.Series([text for text, _ in rows]), lexicon)
    meant = [{LETTERS[letter] for letter in letters} for _, letters in rows]
    found = [{topic for topic in TOPICS if row[topic]} for row in told.rows(named=True)]
    return [(topic, topic in is_, topic in was) for is_, was in zip(meant, found, strict=True) for topic in TOPICS]


@pytest.mark.parametrize(("rows", "precision", "recall"), [(SEEN, 0.95, 0.95), (HELD_OUT, 0.90, 0.85)])
def test_the_shipped_lexicon_hears_what_a_person_hears(shipped, rows, precision, recall):
    counted = Counter((is_, was) for _, is_, was in heard(rows, shipped))
    right, wrong, missed = counted[True, True], counted[False, True], counted[True, False]
    assert right / (right + wrong) >= precision
    assert right / (right + missed) >= recall


@pytest.mark.parametrize("topic", TOPICS)
def test_the_shipped_lexicon_hears_every_topic_of_texts_it_was_not_made_with(shipped, topic):
    counted = Counter((is_, was) for one, is_, was in heard(HELD_OUT, shipped) if one == topic)
    assert counted[True, True] / (counted[True, True] + counted[False, True]) >= 0.75
    assert counted[True, True] / (counted[True, True] + counted[True, False]) >= 0.75


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("多少钱", PRICE),
        ("价格好", GOOD),
        ("便宜点吧", PRICE),
        ("太便宜了", GOOD),
        ("不好看", BAD),
        ("还有货吗", STOCK),
        ("包邮吗", SHIPPING),
        ("身高160体重50穿什么码", SIZE),
        ("主播好", NONE),
        ("how much?", PRICE),
        ("does it run small", SIZE),
        ("sold out?", STOCK),
        ("do you ship to canada", SHIPPING),
        ("arrived broken", BAD),
        ("love it, bought again", GOOD),
        ("can't recommend it enough", GOOD),
        ("good evening", NONE),
    ],
)
def test_what_is_said_most_is_heard_by_the_shipped_lexicon(shipped, text, topic):
    assert touched(text, shipped) == topic


def test_nothing_is_both_blame_and_praise_in_the_shipped_lexicon(shipped):
    assert {*shipped.complaints.zh, *shipped.complaints.en}.isdisjoint({*shipped.praises.zh, *shipped.praises.en})


def test_every_phrase_of_the_shipped_lexicon_is_heard_by_itself(shipped):
    questions = [(topic, getattr(shipped, topic)) for topic in TOPICS[:4]]
    asked = [(topic, words) for topic, question in questions for words in (question.asks, question.about)]
    judged = [("complaints", shipped.complaints), ("praises", shipped.praises)]
    pairs = [(topic, one) for topic, words in [*asked, *judged] for one in (*words.zh, *words.en)]
    told = topics(pl.Series([one for _, one in pairs]), shipped)
    assert [pair for pair, row in zip(pairs, told.rows(named=True), strict=True) if not row[pair[0]]] == []


def test_an_overlay_replaces_a_list_and_leaves_the_others(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("comments: {praises: {en: [fire]}}", encoding="utf-8")
    base, mine = load().comments, load([path]).comments
    assert mine.praises.en == ("fire",)
    assert mine.praises.zh == base.praises.zh
    assert touched("pure fire", mine) == GOOD
    assert touched("pure fire", base) == NONE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "comments: {colour_questions: {asks: {zh: [], en: []}, about: {zh: [], en: []}}}",
            "comments.colour_questions",
        ),
        ("comments: {price_questions: {says: {zh: [], en: []}}}", "comments.price_questions.says"),
        ("comments: {praises: {fr: [bon]}}", "comments.praises.fr"),
        ("comments: {praises: {en: [no]}}", "comments.praises.en.0"),
        ('comments: {praises: {en: [""]}}', "comments.praises.en.0"),
        ('comments: {praises: {en: ["!!"]}}', "comments.praises.en.0"),
    ],
)
def test_what_a_lexicon_does_not_have_is_refused(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load([path])


def test_a_lexicon_needs_every_topic():
    with pytest.raises(ValidationError, match="praises"):
        Comments.model_validate(LEXICON.model_dump(exclude={"praises"}))


@pytest.mark.parametrize("remembered", [1, 10, 1000])
def test_a_listener_tells_of_each_text_the_same_however_much_it_remembers(monkeypatch, remembered):
    monkeypatch.setattr("features.comments.REMEMBERED", remembered)
    texts, listener, chance = [text for text, _ in SEEN], Listener(LEXICON), random.Random(3)
    alone = {text: topics(pl.Series([text]), LEXICON).row(0) for text in texts}
    for _ in range(4):
        written = chance.choices(texts, k=40)
        assert listener.topics(pl.Series(written)).rows() == [alone[text] for text in written]
