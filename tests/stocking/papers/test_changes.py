from datetime import timedelta

import pytest

from stocking.papers.changes import CHANGES, changes, no_changes
from stocking.stocking_list import STOCKING_LIST


@pytest.fixture
def told(decided):
    def build(before, after, cutoff=None):
        previous = decided(*before).select(*STOCKING_LIST.columns) if before else decided().clear()
        return changes(previous, decided(*after) if after else decided().clear(), cutoff or decided()["cutoff"][0])

    return build


def test_lines_that_came_and_went_are_told_with_their_units(told):
    made = told([{"product_id": "P1"}], [{"product_id": "P2"}])
    assert made.select("change", "product_id", "units_before", "units_after").rows() == [
        ("new", "P2", None, 60),
        ("gone", "P1", 60, None),
    ]


@pytest.mark.parametrize(("now", "change"), [(72, "more_units"), (48, "fewer_units"), (0, "fewer_units")])
def test_other_units_are_told_with_those_before(told, now, change):
    made = told([{}], [{"recommended_units": now}])
    assert made.select("change", "units_before", "units_after").rows() == [(change, 60, now)]


@pytest.mark.parametrize(("hours", "change"), [(5, "order_later"), (-5, "order_earlier")])
def test_another_order_by_date_is_told_with_the_one_before(told, decided, hours, change):
    before = decided()["order_by"][0]
    made = told([{}], [{"order_by": before + timedelta(hours=hours)}])
    assert made.select("change", "order_by_before", "order_by_after").rows() == [
        (change, before, before + timedelta(hours=hours))
    ]


def test_a_line_may_have_changed_twice_over(told, decided):
    made = told([{}], [{"recommended_units": 72, "order_by": decided()["order_by"][0] + timedelta(hours=1)}])
    assert made["change"].to_list() == ["more_units", "order_later"]


def test_a_line_that_stayed_is_not_told(told):
    assert told([{}], [{"title": "Lipstick, renamed", "p_hit": 0.9}]).height == 0


def test_a_session_that_is_over_is_not_gone(told, decided):
    start = decided()["scheduled_at"][0]
    assert told([{}], [], start)["change"].to_list() == ["gone"]
    assert told([{}], [], start + timedelta(seconds=1)).height == 0


def test_an_order_by_date_that_is_not_known_any_more_is_no_change(told):
    assert told([{}], [{"order_by": None}]).height == 0


def test_no_earlier_list_means_no_changes_of_the_same_shape(told):
    assert dict(no_changes().schema) == dict(told([{}], [{}]).schema) == CHANGES
