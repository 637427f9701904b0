from datetime import UTC, datetime

import polars as pl
import pytest

from models.truth import TruthError, checked, happened

INSTANT = pl.Datetime("us", "UTC")


def _truth(**columns):
    return pl.DataFrame({"session_id": ["s", "s"], "product_id": ["a", "b"], "demand": [3, 4]} | columns)


def _finished():
    return pl.DataFrame(
        {
            "session_id": ["s", "s"],
            "product_id": ["a", "c"],
            "scheduled_at": pl.Series([datetime(2024, 5, 1, tzinfo=UTC)] * 2, dtype=INSTANT),
            "sales_units": [2, 5],
            "demand_units": [2.5, 6.0],
            "censored": [True, True],
            "available_share": [0.5, 0.7],
            "returned_units": [0, 0],
            "return_matured": [True, True],
        }
    )


def _told():
    later = pl.Series([datetime(2024, 5, 1, tzinfo=UTC)] * 2, dtype=INSTANT)
    return pl.DataFrame({"session_id": ["s", "s"], "product_id": ["b", "d"], "scheduled_at": later})


def test_a_known_listing_counts_by_its_truth_and_others_by_their_labels():
    told = happened(_finished(), _told(), checked(_truth(return_rate=[0.1, None]))).sort("product_id")
    assert told["product_id"].to_list() == ["a", "b", "c"]
    assert told["demand_units"].to_list() == [3.0, 4.0, 6.0]
    assert told["realised_units"].to_list() == [3.0, 4.0, 5.0]
    assert told["censored"].to_list() == [False, False, True]
    assert told["capped"].to_list() == [True, None, True]
    assert told["available_share"].to_list() == [1.0, 1.0, 0.7]
    assert told["true_return_rate"].to_list() == [0.1, None, None]


def test_without_truth_money_is_judged_by_sales():
    told = happened(_finished(), _told(), None)
    assert told["product_id"].to_list() == ["a", "c"]
    assert told["demand_units"].to_list() == [2.5, 6.0]
    assert told["realised_units"].to_list() == [2.0, 5.0]


def test_ids_that_were_read_as_numbers_are_ids_all_the_same():
    assert checked(_truth(product_id=[1, 2]))["product_id"].to_list() == ["1", "2"]


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (_truth().drop("demand"), "lacks the columns"),
        (_truth(demand=[1.0, None]), "1 rows without a demand"),
        (_truth(demand=[1.0, -1.0]), "1 rows without a demand"),
        (_truth(demand=[1.0, float("inf")]), "1 rows without a demand"),
        (_truth(return_rate=[0.1, 7.0]), "1 rows without a demand"),
        (_truth(return_rate=[0.1, float("nan")]), "1 rows without a demand"),
        (_truth(product_id=["a", "a"]), "2 rows whose listing comes"),
    ],
)
def test_truth_that_cannot_judge_is_refused(truth, said):
    with pytest.raises(TruthError, match=said):
        checked(truth)
