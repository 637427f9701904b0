import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import chromium
import polars as pl
import pytest
from live_board import STATUS, page, said

from stocking.acts.audiences import VIEWS, Board
from stocking.acts.cards import MOST_CURVES
from stocking.acts.curves import MOST_POINTS
from stocking.acts.page import page_name, pages
from stocking.acts.shown import MOST_ALERTS
from stocking.papers.voice import plain

PAYLOADS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "'><svg onload=document.title='owned'>",
    "</style><style>*{display:none}</style>",
    "</title><script>document.title='owned'</script>",
    "{{7*7}} {% raw %} {0.__class__} {units}",
    "&lt;b&gt; & &amp;",
    "\u202egnp.exe\u2066\u200f שלום",
    "a\x00b\x1b[31m\r\nc",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "../../x",
)


class Shape(HTMLParser):
    """The elements of a page with their attributes' names, and all its text."""

    def __init__(self, content):
        super().__init__()
        self.elements, self.said = [], []
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))

    def handle_data(self, data):
        self.said.append(data)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("audience", VIEWS)
def test_a_hostile_text_changes_the_words_of_a_page_and_none_of_its_elements(board, payload, audience):
    feed = replace(STATUS, feed=payload)
    shape = Shape(page(board(payload), audience, feed))
    assert shape.elements == Shape(page(board(), audience)).elements
    assert re.sub(r"\s+", " ", plain(payload)) in re.sub(r"\s+", " ", " ".join(shape.said))


@pytest.mark.parametrize("audience", VIEWS)
def test_a_page_has_no_script_and_no_address(board, audience):
    outside = re.compile(r"https?:|\bsrc=|\bhref=|url\(|@import|javascript:|<script|<link|<iframe|\son\w+=|\sstyle=")
    assert outside.findall(page(board(), audience).decode()) == []


def test_the_content_policy_allows_the_one_style_block_and_nothing_else(board):
    content = page(board()).decode()
    (style,) = re.findall(r"<style>(.*?)</style>", content, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in content


def test_a_page_reads_itself_anew(board):
    assert '<meta http-equiv="refresh" content="5">' in page(board()).decode()


def test_a_page_says_when_it_is_of_and_how_the_feed_does(board):
    text = said(page(board()))
    assert "as of Mon, Jun 24 20:40 · batch 7" in text
    assert "Feed: all rooms heard 3 seconds ago" in text
    assert "These figures are old" not in text


def test_an_old_page_says_so(board):
    old = page(board(), status=replace(STATUS, is_stale=True))
    assert "These figures may be old: not all rows until Mon, Jun 24 20:40 could be read in time." in said(old)


def test_alerts_stand_newest_first_in_words_and_money(board):
    text = said(page(board()))
    deeds = [
        "Make 1,200 units in all from the reserve; the supplier has to know by 20:40",
        "Move 1,200 units in all to session word by 20:40",
        "Slow down and turn to word",
        "Show it longer, or again",
        "Show word instead",
    ]
    places = [text.index(deed) for deed in deeds]
    assert places == sorted(places)
    assert "CN¥1,234" in text


def test_a_card_says_what_is_sold_left_and_expected(board):
    assert "sold 20 left 20 expected 60 28 to 92 sells out in 30 min 17 or later" in said(page(board()))
    assert "sold 20 left 20 sells out in 30 min 17 or later" in said(page(board(), "anchor"))
    assert "left 0 " in said(page(board(stock_units=20)))


def test_a_curve_goes_from_the_first_known_sales_to_the_last(board):
    # from 20:38 to 22:00, 82 minutes, now is at 2/82; the edge above is 1.08 times the last p90, 92
    content = page(board()).decode()
    (actual,) = re.findall(r'class="actual" d="([^"]+)"', content)
    (band,) = re.findall(r'class="band" d="([^"]+)"', content)
    top = 1.08 * 92
    heights = [round(1000 * (1 - sold / top)) for sold in (18, 19, 20)]
    assert actual == f"M0 {heights[0]}L12 {heights[1]}L24 {heights[2]}"
    high, low = (round(1000 * (1 - demand / top)) for demand in (92, 28))
    assert band == f"M0 {high}L12 {high}L24 {high}L24 {low}L12 {low}L0 {low}Z"
    assert f'class="stock" d="M0 {round(1000 * (1 - 40 / top))}H1000"' in content


def test_a_long_history_is_thinned_and_keeps_its_ends(board):
    (few,), (many,) = (
        re.findall(r'class="actual" d="([^"]+)"', page(board(ticks=ticks)).decode()) for ticks in (3, 5_000)
    )
    assert few.count("L") == 2
    assert MOST_POINTS / 2 < many.count("L") <= MOST_POINTS
    assert many.startswith("M0 ")


def test_only_so_many_curves_and_alerts_are_drawn_and_the_rest_is_counted(board):
    crowd = board(products=MOST_CURVES + 3)
    many = pl.concat([crowd.alerts.with_columns(tick=pl.lit(tick, pl.Int64)) for tick in range(1, 11)])
    content = page(replace(crowd, alerts=many), "operator")
    assert content.count(b"<figure") == MOST_CURVES
    assert content.count(b'<td class="hour">') == MOST_ALERTS
    assert "3 more products are not drawn." in said(content)
    assert f"{many.height - MOST_ALERTS} older ones are not shown." in said(content)


def test_a_board_without_anything_is_a_page_that_says_so(board):
    one = board()
    empty = Board(one.alerts.clear(), one.listings, one.history.clear())
    text = said(page(empty))
    assert "Nothing to do just now" in text
    assert "Nothing has been told so far." in text
    assert "No product has been on sale yet." in text
    none = Board(one.alerts.clear(), one.listings.clear(), one.history.clear())
    assert set(pages(none, STATUS)) == {page_name("logistics", None), page_name("operator", None)}


def test_the_same_board_is_the_same_pages_whatever_the_order_of_its_rows(board):
    one = board(products=30)
    shuffled = Board(
        *(frame.sample(fraction=1.0, shuffle=True, seed=3) for frame in (one.alerts, one.listings, one.history))
    )
    assert pages(shuffled, STATUS) == pages(one, STATUS)


def test_files_are_called_by_digests_and_no_two_readers_share_one(board):
    names = {page_name(audience, reader) for audience in VIEWS for reader in ("a", "b", "../x", None)}
    assert len(names) == 4 * len(VIEWS)
    assert all(re.fullmatch(r"[0-9a-f]{16}\.html", name) for name in names | set(pages(board("../x"), STATUS)))


needs_chromium = pytest.mark.skipif(
    chromium.found() is None,
    reason="no Chromium found: install it (Debian: apt-get install chromium) or name it in BAOKUAN_CHROMIUM",
)
QUESTIONS = {
    "title": "document.title",
    "scripts": "document.scripts.length",
    "styled": "getComputedStyle(document.querySelector('.kicker')).display",
    "sideways": "document.documentElement.scrollWidth > document.documentElement.clientWidth",
    "drawn": "[...document.querySelectorAll('.curve')].map(one => one.clientWidth > 100).join()",
    "lines": "document.querySelectorAll('path.actual').length",
}


@needs_chromium
@pytest.mark.parametrize(("audience", "width"), [("merchant", 1280), ("merchant", 390), ("operator", 390)])
def test_a_browser_shows_a_hostile_page_and_nothing_runs_nothing_leaves_nothing_is_amiss(
    board, audience, width, tmp_path
):
    seen = chromium.opened(page(board(" ".join(PAYLOADS)), audience), tmp_path, width, **QUESTIONS)
    assert seen.told == []
    assert seen.asked == [(tmp_path / "page.html").as_uri()]
    assert seen.answers["title"].startswith("Live: ")
    assert seen.answers | {"title": ""} == {
        "title": "", "scripts": 0, "styled": "flex", "sideways": False, "drawn": "true", "lines": 1
    }  # fmt: skip
