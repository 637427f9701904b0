"""What stands on the cards and in the alerts of a live page, and in which order."""

import re
from dataclasses import replace
from datetime import timedelta

import polars as pl
from live_board import NOW, page, said

from stocking.acts.audiences import Board


def test_what_is_left_is_of_what_is_offered_and_what_was_sold_beyond_it_is_said(board):
    offered = said(page(board(units_offered=30)))
    assert "left 10 " in offered
    assert "stock 30" in offered
    assert "left 0 8 too many " in said(page(board(stock_units=12)))
    assert "too many" not in said(page(board()))


def test_sessions_under_way_stand_first_those_to_come_last_whatever_they_bring(board):
    later, over = NOW + timedelta(hours=6), NOW - timedelta(minutes=5)
    to_come = board("rich", price=9_999.0, minutes_open=None, scheduled_at=later, ends=later + timedelta(hours=2))
    parts = [to_come, board("ended", price=999.0, ends=over), board("poor", price=1.0)]
    text = said(page(Board(*(pl.concat(frames) for frames in zip(*map(_frames, parts), strict=True))), "operator"))
    told = [
        "Session poor planned until 22:00",
        "Session ended was planned until 20:35",
        "Session rich begins Jun 25 02:40, planned until Jun 25 04:40",
    ]
    places = [text.index(one) for one in told]
    assert places == sorted(places)


def _frames(one):
    return one.alerts, one.listings, one.history


def test_the_wait_for_a_session_that_has_begun_is_not_drawn(board):
    one = board(scheduled_at=NOW - timedelta(minutes=2))
    waited = one.history.with_columns(
        cutoff=pl.col("cutoff") - timedelta(hours=1), sold_units=pl.lit(0, pl.Int64), demand_p50=pl.lit(900.0)
    )
    assert page(replace(one, history=pl.concat([waited, one.history]))) == page(one)
    early = waited.with_columns(sold_units=pl.lit(1, pl.Int64))
    assert "19:38" in said(page(replace(one, history=pl.concat([early, one.history]))))


def test_of_what_holds_until_further_notice_only_the_last_word_stands(board):
    one = board()
    twice = pl.concat([one.alerts, one.alerts.with_columns(tick=pl.col("tick") - 20, units=pl.lit(7, pl.Int64))])
    content = page(replace(one, alerts=twice), "logistics").decode()
    found = r'<tr( class="past")?[^>]*><td class="hour">.*?<b class="deed">(.*?)</b>'
    rows = re.findall(found, content, re.DOTALL)
    assert [(bool(past), deed.partition(" in all")[0]) for past, deed in rows] == [
        (False, "Make 1,200 units"), (False, "Move 1,200 units"), (True, "Make 7 units"), (True, "Move 7 units"),
    ]  # fmt: skip
    hints = page(replace(one, alerts=twice), "anchor").decode()
    assert hints.count('<tr class="past">') == 3  # the all-clear before the last sell-out, and both of them before


def test_another_day_is_named(board):
    one = board()
    tomorrow = one.alerts.with_columns(by=pl.col("by") + timedelta(hours=5))
    assert "has to know by Jun 25 01:40" in said(page(replace(one, alerts=tomorrow)))
