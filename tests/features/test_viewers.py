import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.ledger import entries, ledger
from features.viewers import came, left, stretches

SEEN = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 4)), max_size=50)


@given(seen=SEEN, key=st.integers(0, 3), cutoff=st.integers(0, 70), window=st.none() | st.integers(1, 70))
def test_as_many_different_viewers_are_told_as_were_there(seen, key, cutoff, window):
    keys, minutes, viewers = (
        np.array(column, dtype=np.int64) for column in (zip(*seen, strict=True) if seen else [[]] * 3)
    )
    merged = entries(keys, minutes, np.ones(len(keys), dtype=bool))
    book = ledger(merged, stretches(merged, viewers, np.arange(len(keys)), [window]))
    codes, at = book.codes(np.array([key])), np.array([cutoff])
    start = book.positions(codes, at - window if window else np.zeros_like(at))
    told = book.prefix[came(window)][book.positions(codes, at)] - book.prefix[left(window)][start]
    since = cutoff - window if window else 0
    assert told.tolist() == [len({v for k, m, v in seen if k == key and since <= m < cutoff})]


def test_a_viewer_seen_in_two_rows_of_a_minute_is_one():
    merged = entries(np.array([1, 1]), np.array([5, 5]), np.array([True, True]))
    told = stretches(merged, np.array([9, 9]), np.array([0, 1]), [5])
    assert (told[came(5)].tolist(), told[left(5)].tolist()) == ([1], [1])
