import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.ledger import entries, gaps, ledger

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500), st.integers(-5, 10**9)), max_size=60)


def merged(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    key, minute, x = (columns[:, place] for place in range(3))
    return entries(key, minute, np.ones(len(rows), dtype=bool)), x


def ledger_of(rows, *half_lives):
    of, x = merged(rows)
    return ledger(of, {"x": of.summed(x)}, [("x", one) for one in half_lives])


@given(rows=ROWS, key=st.integers(0, 4), cutoff=st.integers(0, 600), window=st.integers(1, 700))
def test_a_window_holds_exactly_the_rows_before_the_cutoff(rows, key, cutoff, window):
    book = ledger_of(rows)
    codes, minutes = book.codes(np.array([key])), np.array([cutoff])
    found = book.between("x", book.positions(codes, minutes - window), book.positions(codes, minutes))
    assert found.tolist() == [sum(x for k, m, x in rows if k == key and cutoff - window <= m < cutoff)]


@given(rows=ROWS, cutoff=st.integers(0, 600), half_life=st.sampled_from([10.0, 1440.0]))
def test_a_fading_sum_halves_with_each_half_life(rows, cutoff, half_life):
    book = ledger_of(rows, half_life)
    found = book.decay("x", half_life, book.codes(np.array([1])), np.array([cutoff]))
    expected = sum(x * 2.0 ** (-(cutoff - m) / half_life) for k, m, x in rows if k == 1 and m < cutoff)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_an_empty_ledger_answers_zero():
    book = ledger_of([], 60.0)
    codes = book.codes(np.array([7]))
    assert codes.tolist() == [-1]
    assert book.between("x", book.positions(codes, codes), book.positions(codes, codes)).tolist() == [0]
    assert book.decay("x", 60.0, codes, np.array([9])).tolist() == [0.0]


def test_unknown_keys_and_rows_that_do_not_count_are_left_out():
    key, minute = np.array([2, -1, 2, 5]), np.array([7, 7, 7, 1])
    of = entries(key, minute, np.array([True, True, True, False]))
    assert (of.keys.tolist(), of.minute.tolist(), of.entry.tolist()) == ([2], [7], [0, -1, 0, -1])
    assert of.summed(np.array([1, 10, 100, 1000])).tolist() == [101]


def test_gaps_are_the_minutes_between_entries_of_a_key_that_hold_something():
    of, x = merged([(0, 3, 1), (0, 4, 0), (0, 10, 2), (1, 11, 1), (1, 30_000, 1)])
    assert gaps(of, of.summed(x)).tolist() == [0, 0, 7, 0, 10_000]
