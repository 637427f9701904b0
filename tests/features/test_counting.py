from unittest import mock

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import counting
from features.counting import ACTION, TooManyError, counted

KINDS = ("clicks", "carts", "views")
MINUTE = 60_000_000
FEW = st.tuples(
    st.integers(0, 3), st.none() | st.integers(0, 3), st.none() | st.integers(0, 4), st.integers(0, 2),
    st.integers(0, 4 * MINUTE),
)  # fmt: skip
HUGE = 4_000_000_000


def actions(rows, scale=1):
    big = [(s * scale, p if p is None else p * scale, v if v is None else v * scale, k, t) for s, p, v, k, t in rows]
    return pl.DataFrame(big, schema=ACTION, orient="row")


def naive(told):
    place = ["session", "product", "minute"]
    dated = told.with_columns(minute=pl.col("known") // MINUTE)
    counts = dated.group_by(place).agg((pl.col("kind") == n).sum().cast(pl.Int64).alias(k) for n, k in enumerate(KINDS))
    seen = dated.drop_nulls("viewer").select(*place, "viewer").unique()
    return sorted(counts.rows(), key=str), sorted(seen.rows(), key=str)


def found(told):
    result = counted(told, KINDS)
    places = result.buckets.select("session", "product", "minute")[result.bucket]
    seen = places.with_columns(viewer=pl.Series(result.viewer, dtype=pl.Int64))
    return sorted(result.buckets.rows(), key=str), sorted(seen.rows(), key=str)


@given(rows=st.lists(FEW, max_size=40), scale=st.sampled_from([1, 1_000_000_000]))
def test_counts_and_viewers_are_those_of_a_group_by(rows, scale):
    assert found(actions(rows, scale)) == naive(actions(rows, scale))


@given(rows=st.lists(FEW, max_size=40), bits=st.integers(13, 20))
def test_codes_closed_up_to_fit_stand_for_the_same_values(rows, bits):
    with mock.patch.object(counting, "BITS", bits):  # 3 x 4 values need more bits than their 4 different ones
        assert found(actions(rows, 3)) == naive(actions(rows, 3))


@given(rows=st.lists(FEW, min_size=1, max_size=30))
def test_buckets_come_in_the_order_of_session_product_and_minute(rows):
    places = counted(actions(rows), KINDS).buckets.select("session", pl.col("product").fill_null(-1), "minute").rows()
    assert places == sorted(set(places))


def test_sessions_that_do_not_fit_together_are_counted_in_halves(monkeypatch):
    monkeypatch.setattr(counting, "BITS", 6)
    rows = [(s, p, v, 0, m * MINUTE) for s in range(4) for p, v, m in ((0, 0, 0), (0, 1, 0), (1, 0, 1))]
    assert found(actions(rows)) == naive(actions(rows))


def test_a_session_too_large_to_be_counted_is_refused(monkeypatch):
    monkeypatch.setattr(counting, "BITS", 3)
    with pytest.raises(TooManyError, match="of one session are too many"):
        counted(actions([(0, n, n, 0, n * MINUTE) for n in range(9)]), KINDS)


def test_nothing_is_counted_as_nothing():
    assert counted(actions([]), KINDS).buckets.shape == (0, 6)
