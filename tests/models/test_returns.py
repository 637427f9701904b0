from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from models.dataset import Dataset
from models.returns import Returns, came_back


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


def _known(rows):
    return Dataset(rows, datetime(2024, 6, 1, tzinfo=UTC), timedelta(days=7))


def test_what_came_back_is_the_listings_own_share_once_all_returns_are_in_and_its_products_until_then():
    rows = _ended([100, 50, 10], [20, 40, 0], [True, True, False])
    assert came_back(_known(rows), rows, 30).to_list() == pytest.approx([0.2, 0.8, (60 + 30 * 0.4) / 180])


def test_what_came_back_of_a_product_without_a_past_is_what_came_back_of_all():
    rows = _ended([100, 0], [20, 0], [True, False]).with_columns(product_id=pl.Series(["p", "new"]))
    assert came_back(_known(rows), rows, 30).to_list() == pytest.approx([0.2, 0.2])


def test_what_came_back_is_not_known_without_returns():
    rows = _ended([100, 50], [0, 0], [True, False])
    assert came_back(_known(rows), rows, 30).to_list() == [None, None]


def test_it_survives_json():
    assert Returns.read(Returns(0.2, 30).document()) == Returns(0.2, 30)
