from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from ended_listings import ended

from models.dataset import Dataset
from models.returns import came_back


def _known(rows):
    return Dataset(rows, datetime(2024, 6, 1, tzinfo=UTC), timedelta(days=7))


def test_what_came_back_is_the_listings_own_share_once_all_returns_are_in_and_its_products_until_then():
    rows = ended([100, 50, 10], [20, 40, 0], [True, True, False])
    assert came_back(_known(rows), rows, 30).to_list() == pytest.approx([0.2, 0.8, (60 + 30 * 0.4) / 180])


def test_what_came_back_of_a_product_without_a_past_is_what_came_back_of_all():
    rows = ended([100, 0], [20, 0], [True, False]).with_columns(product_id=pl.Series(["p", "new"]))
    assert came_back(_known(rows), rows, 30).to_list() == pytest.approx([0.2, 0.2])


def test_what_came_back_is_not_known_without_returns():
    rows = ended([100, 50], [0, 0], [True, False])
    assert came_back(_known(rows), rows, 30).to_list() == [None, None]
