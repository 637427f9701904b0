import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.ledger import ledger

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500), st.integers(-5, 10**9)), max_size=60)


@given(rows=ROWS, key=st.integers(0, 4), cutoff=st.integers(0, 600), window=st.integers(1, 700))
def test_a_window_holds_exactly_the_rows_before_the_cutoff(rows, key, cutoff, window):
    book = ledger(pl.DataFrame(rows, schema=["key", "minute", "x"], orient="row", schema_overrides={"x": pl.Int64}))
    codes, minutes = book.codes(np.array([key])), np.array([cutoff])
    found = book.between("x", book.positions(codes, minutes - window), book.positions(codes, minutes))
    assert found.tolist() == [sum(x for k, m, x in rows if k == key and cutoff - window <= m < cutoff)]


@given(rows=ROWS, cutoff=st.integers(0, 600), half_life=st.sampled_from([10.0, 1440.0]))
def test_a_fading_sum_halves_with_each_half_life(rows, cutoff, half_life):
    frame = pl.DataFrame(rows, schema=["key", "minute", "x"], orient="row", schema_overrides={"x": pl.Int64})
    book = ledger(frame, {"x": (half_life,)})
    found = book.decay("x", half_life, book.codes(np.array([1])), np.array([cutoff]))
    expected = sum(x * 2.0 ** (-(cutoff - m) / half_life) for k, m, x in rows if k == 1 and m < cutoff)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_an_empty_ledger_answers_zero():
    book = ledger(pl.DataFrame(schema={"key": pl.Int64, "minute": pl.Int64, "x": pl.Int64}), {"x": (60.0,)})
    codes = book.codes(np.array([7]))
    assert codes.tolist() == [-1]
    assert book.between("x", book.positions(codes, codes), book.positions(codes, codes)).tolist() == [0]
    assert book.decay("x", 60.0, codes, np.array([9])).tolist() == [0.0]
