from datetime import timedelta

import polars as pl
import pytest
from small_world import day

from features.feed.health import HEALTH
from features.feed.skew import SKEW
from flows.underway.upkeep import Condition, upkeep
from stocking.acts.advise import ALERTS

MINUTE = timedelta(minutes=1)
REST = 5 * MINUTE
NONE = ALERTS.to_frame()
NO_SKEW = pl.DataFrame(schema={"session_id": pl.String, **SKEW})


def at(minute):
    return day(0) + minute * MINUTE


def health(*rows):
    """Sessions with their state and since which minute."""
    told = [
        {"session_id": name, "room_id": "R", "state": state, "since": at(since), "words": f"{state} since {since}"}
        for name, state, since in rows
    ]
    return pl.DataFrame([{name: one.get(name) for name in HEALTH} for one in told], schema=HEALTH)


def skew(*names):
    rows = [{"session_id": name, "room_id": "R", "skew_seconds": 90, "words": "the clock is wrong"} for name in names]
    return pl.DataFrame(rows, schema=NO_SKEW.schema)


def kinds(alerts):
    return sorted(alerts.select("session_id", "kind").rows(), key=str)


def once(found, skewed, when, earlier):
    """What is told when nothing is known of the tick before."""
    return upkeep((Condition.nothing(), Condition(found, skewed)), when, earlier, REST)


def following(*looks):
    """Tick by tick at the given minutes; what each tick told."""
    earlier, before, told = NONE, Condition.nothing(), []
    for tick, (minute, rows, skewed) in enumerate(looks, start=1):
        now = Condition(health(*rows), skewed)
        told.append(upkeep((before, now), (tick, at(minute)), earlier, REST))
        earlier, before = pl.concat([earlier, told[-1]]), now
    return told


@pytest.mark.parametrize(
    ("state", "kind"),
    [("late", "session_late"), ("missing", "session_missing"), ("room_silent", "room_silent")],
)
def test_a_room_that_is_not_as_it_should_be_is_told_by_session(state, kind):
    found = once(health(("S", state, 3)), NO_SKEW, (7, at(9)), NONE)
    assert found.schema == ALERTS
    one = found.row(0, named=True)
    expected = {"tick": 7, "cutoff": at(9), "kind": kind, "session_id": "S", "reason": f"{state.capitalize()} since 3."}
    assert {name: one[name] for name in expected} == expected
    others = set(ALERTS) - {*expected, "alert_id"}
    assert {one[name] for name in others} == {None}


def test_nothing_is_told_of_what_runs_waits_or_is_over():
    rows = [("A", "running", 0), ("B", "waiting", 0), ("C", "over", 0)]
    assert once(health(*rows), NO_SKEW, (1, at(9)), NONE).schema == ALERTS
    assert once(health(*rows), NO_SKEW, (1, at(9)), NONE).is_empty()


def test_a_silent_feed_is_told_once_for_all_sessions():
    found = once(health(("A", "feed_silent", 3), ("B", "feed_silent", 3)), NO_SKEW, (1, at(9)), NONE)
    assert kinds(found) == [(None, "feed_silent")]


FINE = [("S", "running", 0)]
SILENT = [("S", "room_silent", 3)]


def heights(*looks):
    return [one.height for one in following(*looks)]


def test_a_spell_is_told_once_and_again_after_a_new_one():
    assert heights((13, SILENT, NO_SKEW), (14, SILENT, NO_SKEW), (25, FINE, NO_SKEW), (36, SILENT, NO_SKEW),
                   (37, SILENT, NO_SKEW)) == [1, 0, 0, 1, 0]  # fmt: skip


def test_late_rows_that_move_the_silence_on_begin_no_new_spell():
    """The room was never well in between, though it is said to be silent only since minute 20 now."""
    assert heights((13, SILENT, NO_SKEW), (30, [("S", "room_silent", 20)], NO_SKEW)) == [1, 0]


@pytest.mark.parametrize("state", ["feed_silent", "late", "missing"])
def test_a_room_that_was_not_well_for_another_reason_begins_no_new_silence(state):
    between = [("S", state, 15)]
    assert heights((13, SILENT, NO_SKEW), (20, between, NO_SKEW), (30, SILENT, NO_SKEW)) == [1, 1, 0]


def test_a_silent_feed_is_told_again_after_a_new_spell_too():
    first, second = [("S", "feed_silent", 3), ("T", "feed_silent", 3)], [("S", "feed_silent", 20)]
    well = [("S", "running", 0), ("T", "room_silent", 3)]
    told = following((8, first, NO_SKEW), (9, first, NO_SKEW), (19, well, NO_SKEW), (25, second, NO_SKEW),
                     (26, second, NO_SKEW))  # fmt: skip
    assert [kinds(one) for one in told] == [
        [(None, "feed_silent")], [], [("T", "room_silent")], [(None, "feed_silent")], []
    ]  # fmt: skip


def test_a_clock_that_was_right_in_between_is_told_again_but_not_within_the_rest():
    wrong, right = (FINE, skew("S")), (FINE, NO_SKEW)
    assert heights((5, *wrong), (6, *right), (7, *wrong), (9, *right), (10, *wrong), (11, *wrong)) == [1, 0, 0, 0, 1, 0]


def test_what_was_told_of_one_session_or_kind_does_not_silence_another():
    told = following((11, [("A", "late", 0)], NO_SKEW), (12, [("A", "late", 0), ("B", "late", 1)], NO_SKEW),
                     (61, [("A", "missing", 0)], NO_SKEW))  # fmt: skip
    assert [kinds(one) for one in told] == [
        [("A", "session_late")], [("B", "session_late")], [("A", "session_missing")],
    ]  # fmt: skip


def test_a_wrong_clock_is_told_once():
    fine = [("S", "running", 0)]
    told = following((5, fine, skew("S")), (6, fine, skew("S")), (7, fine, skew("S", "T")))
    assert [kinds(one) for one in told] == [[("S", "clock_skew")], [], [("T", "clock_skew")]]
    assert told[0]["reason"].item() == "The clock is wrong."


def test_a_tick_that_is_worked_on_again_tells_the_same():
    silent = health(("S", "room_silent", 3))
    first = once(silent, skew("S"), (4, at(13)), NONE)
    assert first.height == 2
    assert once(silent, skew("S"), (4, at(13)), first).equals(first)


def test_the_order_of_sessions_changes_nothing():
    rows = [("A", "late", 0), ("B", "room_silent", 3), ("C", "feed_silent", 1), ("D", "feed_silent", 1)]
    found = once(health(*rows), NO_SKEW, (4, at(13)), NONE)
    assert once(health(*reversed(rows)), NO_SKEW, (4, at(13)), NONE).equals(found)
    assert found["alert_id"].n_unique() == 3
