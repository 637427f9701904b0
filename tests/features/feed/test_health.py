"""Which sessions run, which are late or silent, and whether the room or the feed says nothing."""

from datetime import timedelta

import polars as pl
import pytest
from small_landing import MAY

from features.contract import INSTANT
from features.feed.health import HEALTH, STATES, health
from features.feed.memory import SIGNS, Memory
from features.feed.settings import Feed

FEED = Feed(
    allowed_lateness_minutes=10,
    max_skew_seconds=60,
    silence_minutes=5,
    feed_silence_minutes=8,
    late_minutes=10,
    missing_minutes=60,
    end_grace_minutes=15,
)
MINUTE = timedelta(minutes=1)


def plan(session, start=0, end=120, **more):
    scheduled = {"session_id": session, "room_id": f"R{session}", "scheduled_at": MAY + start * MINUTE}
    return scheduled | {"ends": MAY + end * MINUTE, "started_at": None, "ended_at": None} | more


def plans(*found):
    instants = dict.fromkeys(("scheduled_at", "ends", "started_at", "ended_at"), INSTANT)
    return pl.DataFrame(found, schema={"session_id": pl.String, "room_id": pl.String} | instants)


def signs(**found):
    told = [(session, MAY + first * MINUTE, MAY + last * MINUTE, None, []) for session, (first, last) in found.items()]
    return Memory(pl.DataFrame(told, schema=SIGNS, orient="row"))


def states(found, memory, minutes):
    told = health(found, memory, MAY + minutes * MINUTE, FEED)
    assert told.schema == HEALTH
    assert set(told["state"]) <= set(STATES)
    return dict(told.select("session_id", "state").iter_rows())


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(-30, "waiting"), (0, "waiting"), (9.9, "waiting"), (10, "late"), (59.9, "late"), (60, "missing"), (135, "over")],
)
def test_a_session_without_a_sign_is_waited_for_then_late_then_missing_then_over(minutes, state):
    other = {"other": (-60, minutes)}
    assert states(plans(plan("S")), signs(**other), minutes) == {"S": state}


def test_a_session_runs_from_its_first_sign_on_even_before_it_is_due():
    assert states(plans(plan("S", start=30)), signs(S=(5, 6)), 7) == {"S": "running"}
    assert states(plans(plan("S", start=30)), signs(S=(5, 6)), 4) == {"S": "waiting"}


def test_a_session_that_its_row_says_has_started_runs():
    assert states(plans(plan("S", started_at=MAY + 20 * MINUTE)), signs(), 21) == {"S": "running"}
    assert states(plans(plan("S", started_at=MAY + 20 * MINUTE)), signs(other=(0, 19)), 19) == {"S": "late"}


def test_a_room_is_silent_where_others_deliver():
    both = plans(plan("A"), plan("B"))
    assert states(both, signs(A=(0, 15), B=(0, 20)), 20) == {"A": "room_silent", "B": "running"}
    assert states(both, signs(A=(0, 16), B=(0, 20)), 20) == {"A": "running", "B": "running"}


def test_a_feed_is_silent_where_nothing_comes_from_any_room():
    three = plans(plan("A"), plan("B"), plan("C", start=100))
    told = signs(A=(0, 10), B=(0, 12))
    assert states(three, told, 19) == {"A": "running", "B": "running", "C": "waiting"}
    assert states(three, told, 20) == {"A": "feed_silent", "B": "feed_silent", "C": "waiting"}


def test_a_feed_is_not_silent_while_nothing_is_due():
    assert states(plans(plan("A", start=100)), signs(old=(-600, -500)), 50) == {"A": "waiting"}


def test_silence_begins_when_something_is_due_and_not_with_the_last_session_of_yesterday():
    two = plans(plan("A"), plan("B"))
    assert states(two, signs(old=(-600, -500)), 7) == {"A": "waiting", "B": "waiting"}
    assert states(two, signs(old=(-600, -500)), 8) == {"A": "feed_silent", "B": "feed_silent"}


def test_a_single_session_that_nobody_heard_of_may_just_not_have_started():
    assert states(plans(plan("A")), signs(), 20) == {"A": "late"}
    assert states(plans(plan("A")), signs(), 60) == {"A": "missing"}


def test_a_single_session_that_ran_and_fell_silent_has_a_silent_feed():
    assert states(plans(plan("A")), signs(A=(0, 10)), 18) == {"A": "feed_silent"}


def test_a_session_is_over_when_its_row_says_so_or_some_time_after_its_plan_and_last_sign():
    assert states(plans(plan("A", ended_at=MAY + 50 * MINUTE)), signs(A=(0, 50)), 50) == {"A": "over"}
    assert states(plans(plan("A")), signs(A=(0, 125)), 139) == {"A": "feed_silent"}
    assert states(plans(plan("A")), signs(A=(0, 125)), 140) == {"A": "over"}
    assert states(plans(plan("A")), signs(A=(0, 160)), 160) == {"A": "running"}


def test_what_is_known_after_the_cutoff_changes_nothing():
    found = plans(plan("A", started_at=MAY + 30 * MINUTE, ended_at=MAY + 90 * MINUTE), plan("B"))
    later = signs(A=(30, 90), B=(3, 80))
    before = health(plans(plan("A"), plan("B")), signs(B=(3, 20)), MAY + 20 * MINUTE, FEED)
    assert health(found, later, MAY + 20 * MINUTE, FEED).equals(before)


def test_each_state_is_told_with_its_beginning():
    found = plans(plan("A"), plan("B"), plan("C", start=300, end=400), plan("<script>"))
    told = health(found, signs(A=(0, 15), B=(2, 30)), MAY + 30.5 * MINUTE, FEED)
    assert told.select("state", "since", "minutes", "words").rows() == [
        (
            "room_silent",
            MAY + 15 * MINUTE,
            15,
            "nothing heard of it since 2024-05-01 12:15 UTC, while other rooms deliver",
        ),
        ("running", MAY + 2 * MINUTE, 28, "running since 2024-05-01 12:02 UTC"),
        ("waiting", None, None, "planned for 2024-05-01 17:00 UTC"),
        ("late", MAY, 30, "planned for 2024-05-01 12:00 UTC and not heard of since"),
    ]


def test_no_plans_have_no_health():
    assert health(plans(), signs(A=(0, 1)), MAY, FEED).is_empty()
