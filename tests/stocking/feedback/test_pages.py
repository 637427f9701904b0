"""The pages: a merchant's holds its own rows and nothing of others; pictures stand where the numbers say."""

import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from stocking.feedback.audiences import MERCHANT, shares
from stocking.feedback.page import merchant_page, operator_page
from stocking.feedback.pictures import by_day, chances, levels, missed
from stocking.feedback.shown import Findings
from stocking.papers.paper import About
from stocking.papers.voice import Voice

NOON = datetime(2024, 6, 20, 12, tzinfo=UTC)
ABOUT = About(NOON + timedelta(days=1), timedelta(days=28), "Asia/Shanghai", "CNY", "", "")
VOICE = Voice.of(ABOUT, "en")
HOSTILE = '<script>alert(1)</script><img src=x onerror="x">'
SCORES = pl.DataFrame(
    [
        ("all", "all", "list", "pinball3_all", 1.5),
        ("all", "all", "last_session", "pinball3_all", 3.0),
        ("all", "all", "list", "coverage_p50", 0.61),
        ("all", "all", "list", "below_p50", 0.48),
        ("merchant", HOSTILE, "list", "listings", 2.0),
        ("merchant", HOSTILE, "list", "profit", 9.0),
    ],
    schema=["segment", "name", "predictor", "metric", "value"],
    orient="row",
)
CALIBRATION = pl.DataFrame({"p_hit": [0.1, 0.4], "hit_share": [0.2, 0.3], "rows": [10, 10]})
FINDINGS = Findings(SCORES, CALIBRATION, "list")


@pytest.fixture
def two(rows):
    """Two merchants' listings in one session, with names that can be found again."""
    return rows(
        {"title": "Green tea", "anchor_id": "ANCHOR-9", "supplier_id": "SUPPLIER-9"},
        {"title": "Green tea", "stage": "mature", "judged_at": NOON + timedelta(days=14), "returned_units": 3},
        {
            "product_id": "SECRET-P", "merchant_id": "SECRET-M", "title": "SECRET-T", "category": "SECRET-C",
            "approved_units": 431_234, "profit": 987_654.0, "oracle_profit": 987_655.0,
        },
        {"product_id": "P3", "merchant_id": None, "title": "SECRET-N"},
    )  # fmt: skip


def test_a_merchants_page_holds_nothing_of_any_other(two):
    pages = {merchant: merchant_page(merchant, own, ABOUT).decode() for merchant, own in shares(two)}
    assert list(pages) == ["M1", "SECRET-M", None]
    assert "Green tea" in pages["M1"]
    for told in ("SECRET", "431", "987", "ANCHOR-9", "SUPPLIER-9", "last session"):
        assert told not in pages["M1"]
    assert "Green tea" not in pages["SECRET-M"]
    assert "SECRET-N" in pages[None]
    assert "SECRET-T" not in pages[None]


def test_what_others_did_changes_no_byte_of_a_merchants_page(two):
    alone = two.filter(merchant_id="M1")
    [(merchant, own)] = list(shares(alone))
    assert merchant_page(merchant, own, ABOUT) == merchant_page("M1", dict(shares(two))["M1"], ABOUT)


def test_a_merchants_page_can_be_made_from_its_columns_alone(two):
    own = dict(shares(two))["M1"]
    assert own.columns == list(MERCHANT)
    assert not {"hit_bar_units", "last_session_p50", "anchor_id", "supplier_id", "cost", "merchant_id"} & set(MERCHANT)


@pytest.mark.parametrize("reader", [None, "M1"])
def test_no_name_out_of_the_data_can_be_markup_and_nothing_is_fetched(rows, reader):
    evil = rows({"title": HOSTILE, "session_id": HOSTILE, "category": HOSTILE, "approved_units": 3, "profit": 1.0})
    page = operator_page(evil, FINDINGS, ABOUT) if reader is None else merchant_page(HOSTILE, evil, ABOUT)
    text = page.decode()
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"\b(src|href)=", text.replace("img src=x", ""))
    assert "default-src 'none'; style-src 'sha256-" in text


def test_the_same_rows_give_the_same_bytes_however_they_are_ordered(two):
    assert operator_page(two, FINDINGS, ABOUT) == operator_page(two.reverse(), FINDINGS, ABOUT)


def test_the_operators_page_tells_the_sums_and_the_latest_judgement(two):
    text = operator_page(two.filter(merchant_id="M1"), FINDINGS, ABOUT).decode()
    assert "earned CN¥36 of CN¥48 that could be earned" in text
    assert ">75%</dd><dt>of the best possible profit" in text
    assert '<td>units that came back</td><td class="n">0</td><td class="n">3</td>' in text


def test_a_page_of_nothing_says_so(rows):
    text = operator_page(rows(), Findings(SCORES.clear(), CALIBRATION.clear(), "list"), ABOUT).decode()
    assert "No session of a list is over yet" in text


def test_money_of_a_day_is_what_was_earned_and_missed_at_the_markets_midnight(rows):
    late = NOON + timedelta(hours=5)  # past midnight in Shanghai
    told = rows({}, {"product_id": "P2", "profit": -10.0}, {"session_id": "S2", "scheduled_at": late, "profit": -5.0})
    days = by_day(told, VOICE)
    assert [str(day) for day in days["at"]] == ["2024-06-20", "2024-06-21"]
    assert days.select("value", "more").rows() == [(26.0, 70.0), (0.0, 48.0)]


def test_the_listings_that_missed_most_come_first_and_stand_to_scale(rows):
    told = rows({}, {"product_id": "P2", "profit": 8.0, "demand_units": 40.0}, {"product_id": "P3", "profit": 48.0})
    first, second = missed(told, VOICE)
    assert (first.amount, second.amount) == ("CN¥40", "CN¥12")
    assert (first.wanted, first.had, first.middle) == (92.0, round(92 * 12 / 40, 2), 23.0)


def test_quantiles_stand_where_outcomes_lay(rows):
    [level] = levels({"coverage_p50": 0.61, "below_p50": 0.48})
    assert (level.name, level.right, level.low, level.high, level.said) == ("50%", 50.0, 48.0, 61.0, "48%–61%")


def test_kept_promises_lie_on_the_line_from_corner_to_corner():
    right = chances(pl.DataFrame({"p_hit": [0.0, 0.2, 0.4], "hit_share": [0.0, 0.2, 0.4], "rows": [1, 1, 1]}))
    assert [(point.across, point.down) for point in right.points] == [(0.0, 220.0), (50.0, 110.0), (100.0, 0.0)]
    assert [label for _, label in right.ticks] == ["0%", "10%", "20%", "30%", "40%"]
