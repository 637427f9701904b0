from datetime import UTC, datetime

import polars as pl

from features.contracts import TABLES
from features.duplicates import counted_twice, new_rows
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


def test_counts_of_a_session_and_kind_that_raw_events_have_are_counted_twice():
    counts = pl.DataFrame({ROW: [1, 2, 3], "session_id": ["S1", "S1", "S2"], "kind": ["view", "like", "view"]})
    raw = pl.DataFrame({"session_id": ["S1"], "kind": ["view"]})
    assert counted_twice(counts, raw).rows() == [(1, "kind", "view", "events has this session and kind already")]
