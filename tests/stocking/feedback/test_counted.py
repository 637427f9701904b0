"""Which of many lists counts for a listing, and what its merchant made of it."""

from datetime import UTC, datetime, timedelta

import polars as pl

from stocking.feedback.counted import counted

NOON = datetime(2024, 6, 20, 12, tzinfo=UTC)
BEGUN = pl.DataFrame(
    {"session_id": ["S1"], "product_id": ["P1"], "begins": [NOON]},
    schema_overrides={"begins": pl.Datetime("us", "UTC")},
)


def due(days):
    return NOON - timedelta(days=days)


def one(frame):
    assert frame.height == 1
    return frame.row(0, named=True)


def test_the_last_list_that_came_in_time_to_order_counts(listed, answered):
    lists = listed({"days": 5, "order_by": due(3)}, {"days": 3, "order_by": due(3)}, {"days": 1, "order_by": due(3)})
    found = one(counted(lists, answered(), BEGUN))
    assert (found["list_sha256"], found["in_time"]) == ("1" * 64, True)


def test_where_all_came_too_late_the_last_before_the_session_counts_and_says_so(listed, answered):
    lists = listed({"days": 2, "order_by": due(3)}, {"days": 0, "order_by": due(3)}, {"days": -0.1, "order_by": due(3)})
    found = one(counted(lists, answered(), BEGUN))
    assert (found["list_sha256"], found["in_time"]) == ("1" * 64, False)


def test_without_an_order_date_every_list_before_the_session_is_in_time(listed, answered):
    found = one(counted(listed({"days": 5}, {"days": 0.1}), answered(), BEGUN))
    assert (found["list_sha256"], found["in_time"]) == ("1" * 64, True)


def test_of_lists_with_one_cutoff_the_one_published_last_counts(listed, answered):
    found = one(counted(listed({"days": 2}, {"days": 2}), answered(), BEGUN))
    assert found["list_sha256"] == "1" * 64


def test_a_listing_that_no_list_named_before_it_began_is_left_out(listed, answered):
    assert counted(listed({"days": -1}), answered(), BEGUN).is_empty()


def test_unanswered_a_listing_has_what_was_recommended(listed, answered):
    found = one(counted(listed({"days": 2}), answered(), BEGUN))
    assert (found["approved_units"], found["decided_at"]) == (None, None)
    assert (found["had_units"], found["had_reserve_units"]) == (2 + 10, 3)


def test_answered_it_has_what_was_approved_last_before_the_session_began(listed, answered):
    answers = answered((1.8, 20, 0), (1.5, 30, 0), (-0.1, 99, 0), (1.4, None, 0))
    found = one(counted(listed({"days": 2}), answers, BEGUN))
    assert (found["approved_units"], found["decided_at"]) == (30, due(1.5))
    assert (found["recommended_units"], found["had_units"], found["had_reserve_units"]) == (10, 2 + 30, 3)


def test_a_declined_listing_has_only_what_is_there_and_reserves_nothing(listed, answered):
    found = one(counted(listed({"days": 2}), answered((1.5, 0, 0)), BEGUN))
    assert (found["had_units"], found["had_reserve_units"]) == (2, 0)


def test_later_lists_that_repeat_the_answer_do_not_pass_for_recommendations(listed, answered):
    repeated = {"days": 1, "recommended_units": 30, "reserve_units": 5, "available_units": 4}
    found = one(counted(listed({"days": 2}, repeated), answered((1.5, 30, 0)), BEGUN))
    assert found["list_sha256"] == "1" * 64  # its forecast is judged
    assert (found["available_units"], found["recommended_units"], found["reserve_units"]) == (2, 10, 3)
    assert (found["had_units"], found["had_reserve_units"]) == (2 + 30, 5)


def test_a_list_made_anew_with_the_same_cutoff_after_the_answer_does_not_either(listed, answered):
    again = {"days": 2, "recommended_units": 30}
    found = one(counted(listed({"days": 2}, again), answered((2.1, 30, 0)), BEGUN))
    assert (found["list_sha256"], found["recommended_units"]) == ("1" * 64, 10)


def test_where_no_list_from_before_the_answer_is_kept_the_workbook_says_what_was_recommended(listed, answered):
    found = one(counted(listed({"days": 1, "recommended_units": 30}), answered((3, 30, 9)), BEGUN))
    assert (found["recommended_units"], found["had_units"]) == (77, 2 + 30)
