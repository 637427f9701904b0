import numpy as np
import polars as pl

from features.regulars import earlier_buyers, newcomers

SEEN = ["viewer", "place", "seller", "row", "minute"]
BOUGHT = ["viewer", "seller", "minute"]


def told(rows, columns):
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def test_a_viewer_is_new_to_a_room_once_and_where_it_first_happened():
    places = told([(7, 3, 0), (7, 5, 1), (8, 4, 2), (-1, 1, 3)], ["room", "minute", "session"])
    found = newcomers(np.array([0, 0, 0, 1, 1]), np.array([1, 0, 2, 1, 3]), places)
    assert found.rows() == [(0, 3, 1), (1, 5, 1), (2, 4, 1)]


def test_who_bought_before_being_seen_is_a_patron_and_who_bought_afterwards_is_none():
    seen = told([(1, 9, 4, 0, 10), (2, 9, 4, 1, 10), (3, 9, 4, 2, 10)], SEEN)
    found = earlier_buyers(seen, told([(1, 4, 9), (2, 4, 10), (3, 5, 1)], BOUGHT), "patrons")
    assert found.rows() == [(0, 10, 1)]


def test_a_purchase_to_come_takes_nothing_back_where_another_anchor_took_over():
    """Seen first by anchor 4, of whom the viewer buys much later; then by anchor 5, of whom he had bought."""
    seen, before = told([(1, 9, 4, 0, 10), (1, 9, 5, 1, 20)], SEEN), (1, 5, 2)
    known = earlier_buyers(seen, told([before], BOUGHT), "patrons")
    assert known.rows() == [(1, 20, 1)]
    assert earlier_buyers(seen, told([before, (1, 4, 99)], BOUGHT), "patrons").equals(known)
