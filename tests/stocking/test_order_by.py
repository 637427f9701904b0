from datetime import UTC, datetime, timedelta

import pytest

from stocking.order_by import with_order_by

SCHEDULED = datetime(2024, 6, 24, tzinfo=UTC)


def test_the_lead_time_still_meets_the_session(lines, policy):
    assert with_order_by(lines({"lead_time_days": 1.5}), policy)["order_by"].to_list() == [
        SCHEDULED - timedelta(hours=36)
    ]


def test_handling_comes_on_top_of_the_lead_time(lines, policy):
    careful = policy.model_copy(update={"handling_days": 1.0})
    assert with_order_by(lines({"lead_time_days": 2.0}), careful)["order_by"].to_list() == [
        SCHEDULED - timedelta(days=3)
    ]


def test_an_unknown_lead_time_gives_no_date_unless_the_policy_assumes_one(lines, policy):
    unknown = lines({"lead_time_days": None})
    assert with_order_by(unknown, policy)["order_by"].to_list() == [None]
    assuming = policy.model_copy(update={"default_lead_time_days": 3.0})
    assert with_order_by(unknown, assuming)["order_by"].to_list() == [SCHEDULED - timedelta(days=3)]


@pytest.mark.parametrize(("lead_time_days", "too_late"), [(4.9, False), (5.0, False), (5.1, True), (None, False)])
def test_a_date_before_the_cutoff_is_too_late(lines, policy, lead_time_days, too_late):
    row = with_order_by(lines({"lead_time_days": lead_time_days}), policy)
    assert row["is_too_late"].to_list() == [too_late]
