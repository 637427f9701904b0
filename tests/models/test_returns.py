import polars as pl
import pytest

from models.returns import Returns


def _ended(sold, back, ripe):
    rows = len(sold)
    return pl.DataFrame(
        {
            "session_id": [str(number) for number in range(rows)],
            "product_id": ["p"] * rows,
            "sales_units": sold,
            "returned_units": back,
            "return_matured": ripe,
        }
    )


ASKED = pl.DataFrame(
    {
        "product_return_share": [0.5, None, 0.5],
        "category_return_share": [0.1, 0.1, None],
        "product_matured_units": [30.0, 0.0, 0.0],
    },
    schema_overrides={"product_matured_units": pl.Float32},
)


def test_only_sales_old_enough_are_counted():
    assert Returns.of(_ended([100, 100], [20, 90], [True, False]), 30).overall == pytest.approx(0.2)


def test_a_listing_seen_at_several_lead_times_counts_once():
    rows = _ended([100, 50], [20, 5], [True, True])
    assert Returns.of(pl.concat([rows, rows.head(1)]), 30).overall == pytest.approx(25 / 150)


def test_a_product_is_drawn_to_its_category_and_that_to_all():
    rates = Returns(overall=0.2, prior_units=30).rate(ASKED)
    assert rates.to_list() == pytest.approx([(30 * 0.5 + 30 * 0.1) / 60, 0.1, 0.2])


def test_without_returns_nothing_is_known():
    assert Returns.of(_ended([100], [0], [True]), 30).rate(ASKED).to_list() == [None] * 3


def test_it_survives_json():
    assert Returns.read(Returns(0.2, 30).document()) == Returns(0.2, 30)
