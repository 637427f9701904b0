import html as markup
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import chromium
import polars as pl
import pytest

from stocking.papers.audiences import papers
from stocking.papers.fronts import MOST_ROWS
from stocking.papers.page import html
from stocking.papers.voice import plain

LANGUAGES = ("en", "zh-CN")
PAYLOADS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "'><svg onload=document.title='owned'>",
    "</style><style>*{display:none}</style>",
    "</title><script>document.title='owned'</script>",
    "{{7*7}} {% raw %} {0.__class__} {units}",
    "javascript:document.title='owned'",
    "&lt;b&gt; & &amp;",
    "\u202egnp.exe\u2066\u200f שלום",
    "]]><!--",
    "$x^2$ \\frac{1}{2}",
    "a\x00b\x1b[31m\r\nc",
    "<iframe src=https://evil.example>",
    "<a href=https://evil.example>x</a>",
    "@import url(https://evil.example)",
)

TEXTS = (
    "session_id", "product_id", "merchant_id", "supplier_id", "title", "category", "anchor_id", "room_id",
    "model_version", "data_version",
)  # fmt: skip


class Shape(HTMLParser):
    """The elements of a page with their attributes' names, and all its text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.said = [], []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.said += [value for _, value in attrs if value]

    def handle_data(self, data):
        self.said.append(data)


@pytest.fixture
def made(decided, limits, background):
    """The papers of one line in which every text is the given one."""

    def build(text="word", *more, **changes):
        texts = dict.fromkeys(TEXTS, text)
        lists = {name: [text, text] for name in ("reasons", "notes", "questions", "complaints")}
        line = texts | lists | {"is_new_product": True, "is_too_late": True} | changes
        until = line.get("order_by")
        every = limits(
            ("budget", text, None, "CNY", 300.0, 240.0, 0.25),
            ("capacity", text, until, "units", 60.0, 60.0, 1.0),
            ("volume", None, None, "litres", 100.0, 30.0, 0.0),
        )
        behind = background(None, (text, text))
        about = replace(behind.about, model_version=text, data_version=text)
        plan = decided(line, *({**line, **one} for one in more))
        return {paper.audience: paper for paper in papers(plan, every, replace(behind, about=about))}

    return build


def said(page):
    return re.sub(
        r"\s+", " ", markup.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.decode(), flags=re.DOTALL))
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_text_changes_the_words_of_a_page_and_none_of_its_elements(made, payload):
    harmless, whole = made("word"), re.sub(r"\s+", " ", plain(payload))
    for audience, paper in made(payload).items():
        shape = Shape(html(paper, "zh-CN"))
        assert shape.elements == Shape(html(harmless[audience], "zh-CN")).elements
        assert whole in re.sub(r"\s+", " ", " ".join(shape.said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_no_script_and_no_address(made, language):
    outside = re.compile(r"https?:|\bsrc=|\bhref=|url\(|@import|javascript:|<script|<link|<iframe|\son\w+=|\sstyle=")
    for paper in made().values():
        assert outside.findall(html(paper, language).decode()) == []


def test_the_content_policy_allows_the_one_style_block_and_nothing_else(made):
    page = html(made()["merchant"], "en").decode()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in page


def test_signs_that_turn_or_hide_other_text_are_left_out(made):
    page = html(made("\u202egnp.exe\u2066\x00")["merchant"], "en").decode()
    assert not set(page) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00")


def test_the_same_paper_is_the_same_page_whatever_the_order_of_its_rows(made):
    many = [{"product_id": f"P{number}", "p_hit": number / 97, "expected_profit": number * 1.1} for number in range(60)]
    for paper in made("word", *many).values():
        shuffled = replace(paper, lines=paper.lines.sample(fraction=1.0, shuffle=True, seed=3))
        if paper.audience in {"merchant", "anchor"}:
            assert html(shuffled, "en") == html(paper, "en")
        assert html(paper, "en") == html(paper, "en")


def test_the_headline_says_what_to_order_and_until_when(made):
    two = {"product_id": "P2", "recommended_units": 12, "rank": 2}
    paper = made("word", two, is_too_late=False)["merchant"]
    assert "Order 72 units of 2 products, the first by Fri, Jun 21 20:00" in said(html(paper, "en"))
    assert "请备 2 款商品共 72 件，首批 6月21日周五 20:00 前下单" in said(html(paper, "zh-CN"))


def test_the_front_says_what_it_costs_what_it_brings_and_what_is_late(made):
    page = said(html(made()["merchant"], "en"))
    assert "CN¥240 to pay for these orders CN¥240 profit expected CN¥180 of profit lost without these orders" in page
    assert "One product is late to order" in page


def test_each_reader_gets_a_headline_of_their_own(made):
    pages = {audience: said(html(paper, "en")) for audience, paper in made().items()}
    assert "Make 60 units of one product, needed by Sun, Jun 23" in pages["supplier"]
    assert "30 parcels on one day, Mon, Jun 24" in pages["logistics"]
    assert "One product in one session, on Mon, Jun 24 20:00" in pages["anchor"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paper_without_lines_is_a_page_that_says_so(made, language):
    for paper in made().values():
        empty = replace(paper, lines=paper.lines.clear(), limits=paper.limits.clear(), quality=paper.quality.clear())
        assert f'<html lang="{language}" dir="ltr">' in html(empty, language).decode()
    assert "Nothing to make" in said(html(replace(made()["supplier"], lines=made()["supplier"].lines.clear()), "en"))


def test_columns_that_a_paper_lacks_are_not_missed(made):
    for paper in made().values():
        few = [name for name in paper.lines.columns if name in {"product_id", "session_id", "rank", "expected_profit"}]
        assert b"word" in html(replace(paper, lines=paper.lines.select(few)), "en")


def test_of_a_long_list_the_best_rows_are_shown_and_the_rest_is_counted(made):
    paper = made()["merchant"]
    long = pl.concat([paper.lines] * (MOST_ROWS + 7)).with_columns(rank=pl.int_range(1, pl.len() + 1))
    page = html(replace(paper, lines=long), "en")
    assert page.count(b'<td class="rank">') == MOST_ROWS
    assert "7 more rows are in the workbook." in said(page)


def test_days_are_those_of_the_reader(made):
    paper = made()["anchor"]
    assert "Mon, Jun 24 20:00" in said(html(paper, "en"))
    elsewhere = replace(paper, about=replace(paper.about, timezone="Pacific/Auckland"))
    assert "Tue, Jun 25 00:00" in said(html(elsewhere, "en"))


def test_the_plan_stands_against_its_limits(made):
    merchant, supplier = made()["merchant"], made()["supplier"]
    assert "CN¥240 of CN¥300 used CN¥1 more would bring CN¥0.25 of profit" in said(html(merchant, "en"))
    assert "60 of 60 used units" in said(html(supplier, "en"))
    assert "of profit" not in said(html(supplier, "en"))


def test_a_loss_and_units_beyond_all_demand_are_drawn_within_the_picture(made):
    wild = {"product_id": "P2", "rank": 2, "expected_profit": -500.0, "recommended_units": 9_000}
    page = html(made("word", wild)["merchant"], "en").decode()
    places = [float(one) for one in re.findall(r'(?:x|x1|x2|width)="(-?[0-9.]+)%"', page)]
    assert places
    assert all(0 <= one <= 100 for one in places)
    assert "−CN¥500" in said(page.encode())


needs_chromium = pytest.mark.skipif(
    chromium.found() is None,
    reason="no Chromium found: install it (Debian: apt-get install chromium) or name it in BAOKUAN_CHROMIUM",
)
QUESTIONS = {
    "title": "document.title",
    "headline": "document.querySelector('h1').innerText",
    "scripts": "document.scripts.length",
    "styled": "getComputedStyle(document.querySelector('.kicker')).display",
    "sideways": "document.documentElement.scrollWidth > document.documentElement.clientWidth",
    "drawn": "[...document.querySelectorAll('figure > svg, .levels svg')].every(one => one.clientWidth > 100)",
}


@needs_chromium
@pytest.mark.parametrize(("audience", "width"), [("merchant", 1280), ("merchant", 390), ("anchor", 390)])
def test_a_browser_shows_a_hostile_page_and_nothing_runs_nothing_leaves_nothing_is_amiss(
    made, audience, width, tmp_path
):
    paper = made(" ".join(PAYLOADS))[audience]
    seen = chromium.opened(html(paper, "zh-CN"), tmp_path, width, **QUESTIONS)
    assert seen.told == []
    assert seen.asked == [(tmp_path / "page.html").as_uri()]
    assert seen.answers["title"].startswith(("备货清单 · <script>", "直播排品表 · <script>"))
    assert seen.answers["headline"].startswith(("请备 1 款商品共 60 件", "一场直播"))
    assert seen.answers | {"title": "", "headline": ""} == {
        "title": "", "headline": "", "scripts": 0, "styled": "flex", "sideways": False, "drawn": True
    }  # fmt: skip


@needs_chromium
def test_the_browser_would_tell_if_something_ran_or_left(tmp_path):
    page = (
        b"<title>calm</title><img src=http://evil.example/x.png>"
        b"<script>document.title='owned'; console.log(1); oops()</script>"
    )
    seen = chromium.opened(page, tmp_path, title="document.title")
    assert seen.answers["title"] == "owned"
    assert "http://evil.example/x.png" in seen.asked
    assert {one["method"] for one in seen.told} == set(chromium.TOLD)
