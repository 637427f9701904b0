"""When rows were learnt of, which say that they happen later than now, and which come too late."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_landing import MAY, event, order

from features.contracts import TABLES
from features.feed.arrival import Moment, arrive
from features.feed.memory import Memory
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
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def rows(name, *found):
    frame = pl.DataFrame([dict.fromkeys(TABLES[name].columns) | one for one in found], infer_schema_length=None)
    return frame.select(list(TABLES[name].columns)).cast(dict(TABLES[name].dtypes))


def events(*found):
    return {"events": rows("events", *found)}


def at(minutes, clock="wall", before=None):
    return Moment(MAY + minutes * MINUTE, MAY if before is None else MAY + before * MINUTE, clock)


def received(arrived, name="events"):
    return [(instant - MAY) / MINUTE for instant in arrived.tables[name]["received_at"]]


def test_a_row_that_does_not_say_when_it_was_learnt_of_was_when_it_arrived():
    arrived = arrive(events(event("E1", ts=MAY + MINUTE)), at(3), Memory.nothing(), FEED)
    assert received(arrived) == [3]


def test_on_the_clock_of_the_data_it_was_when_it_happened():
    arrived = arrive(events(event("E1", ts=MAY + MINUTE)), at(3, "data"), Memory.nothing(), FEED)
    assert received(arrived) == [1]


def test_a_row_that_says_when_it_was_learnt_of_is_believed():
    told = event("E1", ts=MAY, received_at=MAY + 2 * MINUTE)
    assert received(arrive(events(told), at(3), Memory.nothing(), FEED)) == [2]


@pytest.mark.parametrize("clock", ["wall", "data"])
def test_nothing_is_learnt_of_in_a_minute_that_is_over(clock):
    told = [event("E1", ts=MAY, received_at=MAY + 2 * MINUTE), event("E2", ts=MAY, received_at=MAY + 4.6 * MINUTE)]
    arrived = arrive(events(*told), at(5, clock, before=4.5), Memory.nothing(), FEED)
    assert received(arrived) == [4, pytest.approx(4.6)]
    assert arrived.delayed_rows == 1


def test_a_row_that_happens_a_little_later_than_now_is_learnt_of_then():
    arrived = arrive(events(event("E1", ts=MAY + 2.5 * MINUTE)), at(2), Memory.nothing(), FEED)
    assert received(arrived) == [2.5]
    assert arrived.ahead.is_empty()


def test_a_row_that_happens_much_later_than_now_happens_now_and_is_counted():
    told = [event("E1", ts=MAY + 62 * MINUTE), event("E2", session_id="S2", ts=MAY + MINUTE)]
    arrived = arrive(events(*told), at(2), Memory.nothing(), FEED)
    assert arrived.tables["events"]["ts"].to_list() == [MAY + 2 * MINUTE, MAY + MINUTE]
    assert received(arrived) == [2, 2]
    assert arrived.ahead.rows() == [("S1", 1, 3600.0)]


def test_a_row_from_the_future_that_says_when_it_was_learnt_of_is_held_against_that():
    told = event("E1", ts=MAY + 60 * MINUTE, received_at=MAY + MINUTE)
    arrived = arrive(events(told), at(2, "data"), Memory.nothing(), FEED)
    assert arrived.tables["events"].select("ts", "received_at").row(0) == (MAY + MINUTE, MAY + MINUTE)


def test_a_row_that_is_learnt_of_much_later_than_now_is_learnt_of_now():
    told = order("O1", ts=MAY, received_at=MAY + 60 * MINUTE)
    arrived = arrive({"orders": rows("orders", told)}, at(2), Memory.nothing(), FEED)
    assert received(arrived, "orders") == [2]


def test_an_event_long_before_the_newest_of_its_session_comes_too_late_and_is_kept_apart():
    first = arrive(events(event("E1", ts=MAY + 20 * MINUTE)), at(20), Memory.nothing(), FEED)
    told = [
        event("E2", ts=MAY + 10 * MINUTE),  # just in time
        event("E3", ts=MAY + 10 * MINUTE - SECOND),
        event("E4", ts=MAY, session_id="S2"),  # nothing was heard of its session yet
    ]
    arrived = arrive(events(*told), at(21, before=20), first.memory, FEED)
    assert arrived.tables["events"]["event_id"].to_list() == ["E2", "E4"]
    assert arrived.too_late["event_id"].to_list() == ["E3"]
    assert arrived.too_late.schema == TABLES["events"].dtypes


def test_an_order_never_comes_too_late():
    first = arrive(events(event("E1", ts=MAY + 20 * MINUTE)), at(20), Memory.nothing(), FEED)
    arrived = arrive({"orders": rows("orders", order("O1", ts=MAY))}, at(21, before=20), first.memory, FEED)
    assert received(arrived, "orders") == [21]


def test_events_of_one_batch_are_not_too_late_for_each_other():
    told = [event("E1", ts=MAY + 60 * MINUTE), event("E2", ts=MAY)]
    assert arrive(events(*told), at(60), Memory.nothing(), FEED).too_late.is_empty()


def test_a_date_in_the_future_does_not_make_other_events_too_late():
    first = arrive(events(event("E1", ts=MAY + timedelta(days=9))), at(1), Memory.nothing(), FEED)
    arrived = arrive(events(event("E2", ts=MAY + MINUTE)), at(2, before=1), first.memory, FEED)
    assert arrived.too_late.is_empty()


def test_plans_stay_as_they_are():
    session = {"session_id": "S1", "room_id": "R1", "announced_at": MAY, "scheduled_at": MAY + timedelta(days=9)}
    told = {"sessions": rows("sessions", session)}
    assert arrive(told, at(3), Memory.nothing(), FEED).tables["sessions"].equals(told["sessions"])


def test_counted_minutes_keep_their_key_and_are_signs_of_life():
    count = {"session_id": "S1", "minute": MAY + timedelta(days=1), "kind": "like", "count": 3}
    arrived = arrive({"event_counts": rows("event_counts", count)}, at(3), Memory.nothing(), FEED)
    assert arrived.tables["event_counts"]["minute"].to_list() == [MAY + timedelta(days=1)]
    assert received(arrived, "event_counts") == [3]
    assert arrived.memory.signs.select("first", "last", "newest").row(0) == (MAY + 3 * MINUTE,) * 3


minutes = st.integers(-100, 100).filter(bool)
told = st.lists(st.tuples(minutes, st.none() | minutes, st.sampled_from(["S1", "S2"])), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(told=told, arrived=st.integers(0, 60), clock=st.sampled_from(["wall", "data"]))
def test_no_row_is_lost_and_none_is_learnt_of_in_the_past_or_the_far_future(told, arrived, clock):
    moment = at(arrived, clock, before=0)
    found = [
        event(
            f"E{n}", session_id=session, ts=MAY + ts * MINUTE, received_at=None if got is None else MAY + got * MINUTE
        )
        for n, (ts, got, session) in enumerate(told)
    ]
    memory = arrive(events(event("E", ts=MAY)), at(0), Memory.nothing(), FEED).memory
    came = arrive(events(*found), moment, memory, FEED)
    whole = pl.concat([came.tables["events"], came.too_late])
    assert sorted(whole["event_id"]) == sorted(one["event_id"] for one in found)
    assert whole["received_at"].is_between(moment.unfinished, moment.arrived + MINUTE).all()
    assert (whole["ts"] <= whole["received_at"] + MINUTE).all()
    assert Memory.of(came.memory.told()).told() == came.memory.told()
