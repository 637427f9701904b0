import pytest

from models.predictor import PRIOR_NOTE
from models.reasons import reasons
from models.train import fit


@pytest.fixture(scope="module")
def predictor(dataset, settings):
    return fit(dataset, settings, 0.1)


def test_a_best_seller_is_told_by_its_last_units_first(predictor, dataset):
    best = dataset.rows.sort("units_last", descending=True).head(20)
    for units, told in zip(best["units_last"], reasons(predictor, best), strict=True):
        assert f"units sold in its last session: {units:.2f}".rstrip("0").rstrip(".") in told[0]
        assert told[0].endswith("(raises)")


def test_a_slow_seller_is_told_that_its_units_lower_it(predictor, dataset):
    worst = dataset.rows.sort("units_last").head(20)
    assert all(told[0].endswith("(lowers)") for told in reasons(predictor, worst))


def test_each_listing_has_up_to_three_reasons_in_its_own_row(predictor, dataset):
    asked = dataset.rows.head(200)
    told = reasons(predictor, asked)
    assert told.list.len().is_between(1, 3).all()
    assert told.to_list()[50:60] == reasons(predictor, asked[50:60]).to_list()


def test_a_value_that_is_not_known_is_called_so(predictor, dataset):
    silent = dataset.rows.head(5).clear(5).with_columns(dataset.rows.head(5)[["session_id", "product_id", "cutoff"]])
    assert all("unknown" in reason for told in reasons(predictor, silent) for reason in told)


def test_the_simple_forecast_says_what_it_is(make_dataset, settings, dataset):
    simple = fit(make_dataset(10), settings, 0.1)
    assert reasons(simple, dataset.rows.head(2)).to_list() == [[PRIOR_NOTE], [PRIOR_NOTE]]


def test_no_listings_have_no_reasons(predictor, dataset):
    assert reasons(predictor, dataset.rows.head(0)).to_list() == []
