"""What merchants changed is told right or wrong by the money that it brought."""

import pytest

from stocking.feedback.changes import changes, tally


@pytest.mark.parametrize(
    ("approved", "profit", "change", "verdict"),
    [
        (30, 60.0, "raised", "right"),  # the list said 10: it earned 36
        (30, 20.0, "raised", "wrong"),
        (4, 50.0, "lowered", "right"),
        (4, 12.0, "lowered", "wrong"),
        (0, 37.0, "declined", "right"),
        (0, -3.0, "declined", "wrong"),
        (30, 36.004, "raised", "even"),
    ],
)
def test_a_change_is_right_if_it_earned_more_than_the_recommendation_would_have(
    rows, approved, profit, change, verdict
):
    [found] = changes(rows({"approved_units": approved, "profit": profit})).iter_rows(named=True)
    assert (found["change"], found["verdict"]) == (change, verdict)
    assert found["worth"] == pytest.approx(profit - 36.0)


def test_what_was_approved_as_recommended_or_not_answered_is_no_change(rows):
    told = rows({}, {"product_id": "P2", "approved_units": 10})
    assert changes(told).is_empty()
    assert (tally(told).answered, tally(told).changed) == (1, 0)


def test_the_tally_counts_each_and_sums_their_worth(rows):
    told = rows(
        {"approved_units": 30, "profit": 60.0},
        {"product_id": "P2", "approved_units": 0, "profit": 0.0},
        {"product_id": "P3", "approved_units": 12, "profit": 36.0},
        {"product_id": "P4"},
    )
    found = tally(told)
    assert (found.listings, found.answered, found.changed, found.right, found.wrong) == (4, 3, 3, 1, 1)
    assert found.worth == pytest.approx(24 - 36)
    assert found.words() == "answered 3 of 4 listings and changed 3: 1 right, 1 wrong, worth -12"
