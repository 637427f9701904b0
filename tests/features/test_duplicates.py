from datetime import UTC, datetime, timedelta

import polars as pl

from features.contract import INSTANT
from features.contracts import TABLES
from features.duplicates import counted_twice, first_known, new_rows, overlapping
from features.raw import ROW

STOCK = TABLES["stock"]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def stock(*rows):
    return pl.DataFrame([(*row, None) for row in rows], schema=STOCK.dtypes, orient="row")


ONE, OTHER_VERSION, OTHER_KEY = ("P1", NOON, 5, 0), ("P1", NOON, 6, 0), ("P2", NOON, 5, 0)


def test_the_same_row_again_is_not_new():
    assert new_rows(stock(ONE), stock(ONE), STOCK).height == 0


def test_a_row_that_comes_twice_at_once_is_new_once():
    assert new_rows(stock(ONE, ONE), stock(), STOCK).equals(stock(ONE))


def test_another_version_of_a_row_is_new():
    assert new_rows(stock(OTHER_VERSION), stock(ONE), STOCK).equals(stock(OTHER_VERSION))
    assert new_rows(stock(ONE, OTHER_VERSION), stock(), STOCK).height == 2


def test_rows_with_another_key_are_new():
    assert new_rows(stock(ONE, OTHER_KEY), stock(ONE), STOCK).equals(stock(OTHER_KEY))


def test_nothing_is_equal_to_nothing():
    whole_room = TABLES["event_counts"].empty().clear(1).with_columns(session_id=pl.lit("S"), kind=pl.lit("view"))
    assert new_rows(whole_room, whole_room, TABLES["event_counts"]).height == 0


def counts(*rows):
    told = [(number, *row) for number, row in enumerate(rows, 1)]
    names = {ROW: pl.Int64, "session_id": pl.String, "kind": pl.String, "minute": INSTANT, "received_at": INSTANT}
    return pl.DataFrame(told, schema=names, orient="row")


def events(*rows):
    names = {"session_id": pl.String, "kind": pl.String, "ts": INSTANT, "received_at": INSTANT}
    return first_known(pl.LazyFrame(list(rows), schema=names, orient="row")).collect()


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_counts_of_a_session_and_kind_that_raw_events_have_are_counted_twice():
    told = counts(("S1", "view", NOON, None), ("S1", "like", NOON, None), ("S2", "view", NOON, None))
    raw = events(("S1", "view", NOON, None))
    assert counted_twice(told, raw).rows() == [(1, "kind", "view", "events has this session and kind already")]


def test_counts_known_long_before_the_first_raw_event_are_not_counted_twice():
    minutes = [NOON - DAY - MINUTE, NOON - DAY, NOON, NOON + DAY]
    told = counts(*(("S1", "view", minute, None) for minute in minutes))
    raw = events(("S1", "view", NOON + MINUTE / 4, None), ("S1", "view", NOON + DAY, None))
    assert overlapping(told, raw).to_list() == [False, True, True, True]
    assert overlapping(told, raw.clear()).to_list() == [False] * 4


def test_when_both_were_received_decides_whether_a_count_counts_twice():
    told = counts(
        ("S1", "view", NOON, NOON + DAY / 2), ("S1", "view", NOON, NOON + 2 * DAY), ("S1", "view", NOON, None)
    )
    raw = events(("S1", "view", NOON, NOON + 2 * DAY), ("S1", "view", NOON, NOON + 3 * DAY))
    assert overlapping(told, raw).to_list() == [False, True, False]
