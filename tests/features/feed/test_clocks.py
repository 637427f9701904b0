"""Clocks of rooms that are wrong, and the clock that the rows of a replay have in common."""

from datetime import timedelta

import polars as pl
import pytest
from pydantic import ValidationError
from small_landing import MAY, event

from features.contracts import TABLES
from features.feed.arrival import Moment, arrive
from features.feed.data_clock import reached
from features.feed.memory import LEADS, Memory
from features.feed.settings import Feed
from features.feed.skew import skewed

VALUES = {
    "allowed_lateness_minutes": 10,
    "max_skew_seconds": 60,
    "silence_minutes": 5,
    "feed_silence_minutes": 8,
    "late_minutes": 10,
    "missing_minutes": 60,
    "end_grace_minutes": 15,
}
FEED = Feed(**VALUES)
MINUTE = timedelta(minutes=1)
PLANS = pl.DataFrame({"session_id": ["S1", "S2"], "room_id": ["R1", "R2"]})


def events(*found):
    columns = TABLES["events"].columns
    told = [dict.fromkeys(columns) | event(f"E{n}") | one for n, one in enumerate(found)]
    return {"events": pl.DataFrame(told, schema=TABLES["events"].dtypes)}


def followed(*leads_seconds):
    """What is remembered after a tick a minute with one row of S1, so many seconds ahead."""
    memory = Memory.nothing()
    for n, lead in enumerate(leads_seconds):
        now = MAY + n * MINUTE
        told = events({"ts": now + timedelta(seconds=lead)}, {"session_id": "S2", "ts": now - 3 * MINUTE})
        memory = arrive(told, Moment(now, now - MINUTE, "wall"), memory, FEED).memory
    return memory


def test_a_room_that_is_always_as_far_ahead_has_a_wrong_clock():
    assert skewed(PLANS, followed(300, 302, 298), FEED).rows() == [
        ("R1", 300, "the clock of this room runs 300 seconds ahead")
    ]


@pytest.mark.parametrize("leads", [(300, 300), (300, 300, 20), (100, 300, 900), (50, 50, 50), (-300, -300, -300)])
def test_a_clock_is_not_wrong_for_rows_seldom_or_little_or_unsteadily_ahead(leads):
    assert skewed(PLANS, followed(*leads), FEED).is_empty()


def test_only_the_last_few_ticks_are_remembered():
    memory = followed(*range(0, 10 * LEADS, 10), 300)
    assert memory.signs.filter(session_id="S1")["leads_seconds"].to_list() == [[*range(10, 10 * LEADS, 10), 300]]


def test_a_memory_may_forget_sessions():
    assert followed(1, 2).only(["S2", "S9"]).signs["session_id"].to_list() == ["S2"]


def test_the_clock_of_the_data_is_that_of_the_newest_row():
    told = events({"ts": MAY}, {"ts": MAY, "received_at": MAY + 3 * MINUTE}, {"ts": MAY + 2 * MINUTE})
    assert reached(told, MAY) == MAY + 3 * MINUTE


def test_the_clock_of_the_data_never_goes_back():
    assert reached(events({"ts": MAY}), MAY + MINUTE) == MAY + MINUTE
    assert reached({}, MAY) == MAY
    assert reached({"stock": TABLES["stock"].empty(), "events": TABLES["events"].empty()}, MAY) == MAY


def test_one_wrong_date_does_not_move_the_clock_of_the_data():
    assert reached(events({"ts": MAY}, {"ts": MAY + MINUTE}, {"ts": MAY + timedelta(days=9_000)}), MAY) == MAY + MINUTE


def test_a_session_is_late_before_it_is_missing():
    with pytest.raises(ValidationError, match="missing_minutes is 5, expected at least 10"):
        Feed(**VALUES | {"missing_minutes": 5})
