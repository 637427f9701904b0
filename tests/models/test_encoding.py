import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoding import Encoding, FeatureMismatchError

ROWS = pl.DataFrame(
    {"units": [1.0, 2.0, None], "price": [3.0, float("inf"), 1.0], "room": ["a", "b", None], "still": [1.0, 1.0, 1.0]},
    schema_overrides={"units": pl.Float32, "price": pl.Float32, "still": pl.Float32},
)
FEATURES = ["units", "room", "price", "still"]


def test_features_that_never_change_are_left_out():
    assert Encoding.of(ROWS, FEATURES).names == ["units", "price", "room"]


def test_infinity_and_not_a_number_become_null():
    encoding = Encoding.of(ROWS, FEATURES)
    odd = ROWS.with_columns(units=pl.Series([float("nan"), float("-inf"), 5.0], dtype=pl.Float32))
    matrix = encoding.matrix(odd)
    assert matrix["units"].to_list() == [None, None, 5.0]
    assert matrix["price"].to_list() == [3.0, None, 1.0]


def test_names_unknown_at_training_become_null_and_known_ones_keep_their_number():
    encoding = Encoding.of(ROWS, FEATURES)
    later = ROWS.with_columns(room=pl.Series(["b", "never seen", "a"]))
    assert encoding.matrix(later)["room"].to_list() == [1, None, 0]


@given(st.permutations(["units", "room", "price", "still", "more"]))
def test_the_order_of_columns_and_further_columns_do_not_matter(order):
    encoding = Encoding.of(ROWS, FEATURES)
    shuffled = ROWS.with_columns(more=pl.lit("x")).select(order)
    assert encoding.matrix(shuffled).equals(encoding.matrix(ROWS))


def test_a_missing_column_is_named():
    with pytest.raises(FeatureMismatchError, match="price"):
        Encoding.of(ROWS, FEATURES).matrix(ROWS.drop("price"))


def test_another_type_than_at_training_is_refused():
    with pytest.raises(FeatureMismatchError, match="'units': 'Int64'"):
        Encoding.of(ROWS, FEATURES).matrix(ROWS.with_columns(pl.col("units").cast(pl.Int64)))


def test_a_feature_that_is_neither_number_nor_name_is_refused_at_training():
    with pytest.raises(FeatureMismatchError, match="Date"):
        Encoding.of(ROWS.with_columns(day=pl.Series(["2024-01-01", "2024-01-02", None]).str.to_date()), ["day"])


def test_it_survives_json():
    encoding = Encoding.of(ROWS, FEATURES)
    assert Encoding.read(encoding.document()) == encoding


def test_only_single_precision_numbers_and_whole_codes_come_out():
    assert set(Encoding.of(ROWS, FEATURES).matrix(ROWS).dtypes) == {pl.Float32, pl.Int32}
