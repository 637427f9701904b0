"""Plans, goods and line-ups are those known when a session begins, or grows; after a restart those known then."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, session
from standing import Standing

from features.feed.memory import SIGNS, Memory
from features.quarantine import QUARANTINE
from flows.kept_lists import keep_list
from flows.lake import Lake
from flows.serving import Serving
from flows.underway.before import PLANS, rows_before
from flows.underway.group import LASTING
from flows.underway.openings import Openings
from flows.underway.roster import Roster
from flows.version import Version
from flows.watching.tick import Head, Tick
from stocking.stocking_list import LISTS

MINUTE = timedelta(minutes=1)


def at(minute):
    return day(7) + minute * MINUTE


def tick(number, minute, **rows):
    """A tick whose rows came by a minute of the session."""
    tables = {name: filled(name, some) for name, some in rows.items()}
    none = filled("events", [])
    return Tick(Head(number, at(minute), at(minute), "data"), tables, none, pl.DataFrame(schema=QUARANTINE))


def sold(minute, product, units):
    return order("now", product, at(minute), units, received_at=at(minute))


TICKS = [
    tick(1, -30),
    tick(2, -5, stock=[{"product_id": "P", "as_of": at(-10), "on_hand_units": 55, "inbound_units": 0}]),
    tick(3, 1, orders=[sold(0, "P", 2)]),
    tick(4, 2, orders=[sold(1, "P", 3)]),
    tick(5, 6, orders=[sold(5, "P", 4)],
         stock=[{"product_id": "P", "as_of": at(5), "on_hand_units": 46, "inbound_units": 0}],
         lineups=[listing("now", "R", 7, announced_at=at(1.5))]),
    tick(6, 7, orders=[sold(6, "R", 5)]),
    tick(7, 9),
]  # fmt: skip
"""Goods are counted ten minutes before the start; R is added when the session has run for some minutes."""


class Promoted(Standing):
    """A new champion from the planned start on."""

    def now(self, at):
        return later(self.serving) if at >= day(7) else self.serving

    def former(self, served, at):  # noqa: ARG002 - as the protocol has it
        return {1: self.serving, 2: later(self.serving)}[served[0]]


def later(serving):
    return Serving(Version("demand", 2, serving.version.as_of, "1" * 64), serving.predictor, ())


@pytest.fixture(scope="module")
def planning(make_site, make_planning, evening):
    beside = evening["sessions"].filter(pl.col("session_id") != "beside")
    return make_planning(make_site("roster", {**evening, "sessions": beside}))


def begun(planning, place, ticks=TICKS):
    """A roster before its first tick."""
    return Roster(
        planning=planning,
        ahead=timedelta(hours=24),
        lateness=timedelta(minutes=30),
        plans=Lake(planning.site.made()).tables(PLANS),
        earlier=lambda number, sessions: rows_before(iter(ticks), number, sessions),
        service=Promoted(planning.serving),
        openings=Openings(place),
    )


def follow(roster, ticks, before):
    """What is told after each tick, and who forecasts."""
    told = []
    for one in ticks:
        roster.take(one, before)
        told.append((roster.told(one.head.cutoff), roster.serving.version.number))
        roster.settle(())
        before = one.head.cutoff
    return told


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("openings")


@pytest.fixture(scope="module")
def told(planning, place):
    return follow(begun(planning, place), TICKS, at(-31))


def of(frame, product, column):
    return frame.filter(product_id=product)[column].to_list()


def test_goods_are_those_known_when_the_session_began_and_not_what_is_left_of_them_later(told):
    """30 of the day before; 55 are known at the first tick of which the minute before is past; 46 are what is left."""
    assert [of(frame, "P", "stock_units") for frame, _ in told] == [[30]] * 3 + [[55]] * 4


def test_what_was_sold_is_counted_on_when_a_session_is_opened_anew(told):
    assert [of(frame, "P", "sold_units") for frame, _ in told] == [[0], [0], [2], [5], [9], [9], [9]]


def test_a_product_that_is_added_is_told_of_from_the_tick_on_that_brings_it(told):
    assert [of(frame, "R", "sold_units") for frame, _ in told] == [[]] * 4 + [[0], [5], [5]]
    assert told[-1][0]["demand_p50"].is_finite().all()


def test_each_listing_is_told_once(told):
    assert all(frame.select("session_id", "product_id").is_unique().all() for frame, _ in told)


def test_who_is_promoted_forecasts_the_sessions_that_are_opened_from_then_on(told):
    assert [number for _, number in told] == [1, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("kept", [pytest.param(1, marks=pytest.mark.slow), 4])
def test_a_restart_plans_as_was_planned_whatever_was_published_since(planning, place, told, kept):
    """From the first tick that is kept on; a list that would have been known then was published only afterwards."""
    line = {"session_id": "now", "product_id": "P", "cutoff": at(-60), "available_units": 7, "recommended_units": 0}
    lines = pl.DataFrame([{name: line.get(name) for name in LISTS}], schema=LISTS).drop("list_sha256")
    keep_list(planning.site, lines, "a" * 64)
    before = TICKS[kept - 2].head.cutoff if kept > 1 else at(-31)
    again = follow(begun(planning, place), TICKS[kept - 1 :], before)
    for (mine, who), (theirs, whose) in zip(again, told[kept - 1 :], strict=True):
        assert_frame_equal(mine, theirs, check_exact=True)
        assert who == whose


def test_sessions_that_an_earlier_release_opened_are_opened_anew_at_the_same_tick(planning, tmp_path):
    """It kept no features of them."""
    follow(begun(planning, tmp_path), TICKS[:2], at(-31))
    [path] = tmp_path.glob("*.parquet")
    pl.read_parquet(path).drop(LASTING).write_parquet(path)
    [first, _] = follow(begun(planning, tmp_path), TICKS[:2], at(-31))
    assert set(first[0]["session_id"]) == {"now"}
    assert LASTING in pl.read_parquet(path).columns


@pytest.mark.slow
def test_a_session_that_is_put_off_is_opened_anew_when_it_begins(planning, tmp_path):
    """An hour later than planned, as was said just before the start, at which nothing happens then."""
    later_on = session("now", 7, scheduled_at=at(60), started_at=None, ended_at=None, announced_at=at(-2))
    roster = begun(planning, tmp_path)
    steps = [tick(1, -30), tick(2, -1, sessions=[later_on]), tick(3, 5), tick(4, 59), tick(5, 62), tick(6, 63)]
    opened, before = [], at(-31)
    for one in steps:
        roster.take(one, before)
        before = one.head.cutoff
        opened.append((roster.groups[0].opened - day(7)) / MINUTE)
    assert opened == [-31, -31, -31, -31, -31, 62]


def clicks_of_hour(hour):
    """A tick of an hour's clicks, with those of its last half hour before, once more."""
    again, now = range(60 * hour - 30, 60 * hour), range(60 * hour, 60 * hour + 60)
    one = tick(10 + hour, 60 * hour + 60, events=[
        {"event_id": f"{minute}-{n}", "session_id": "now", "product_id": "P", "viewer_id": f"v{n}",
         "kind": "product_click", "ts": at(minute), "received_at": at(max(minute, 60 * hour))}
        for minute in (*(again if hour > 1 else ()), *now) for n in range(60)
    ])  # fmt: skip
    signs = pl.DataFrame(
        [{"session_id": "now", "first": at(60), "last": at(60 * hour + 59), "newest": at(60 * hour + 59),
          "leads_seconds": [0.0]}], schema=SIGNS,
    )  # fmt: skip
    return replace(one, head=replace(one.head, memory=Memory(signs)))


def test_ids_of_old_hours_are_let_go_and_what_comes_again_in_time_counts_once(planning, tmp_path):
    ticks = [tick(10, 59), *map(clicks_of_hour, range(1, 7))]
    roster, before, kept = begun(planning, tmp_path, ticks), at(58), []
    for one in ticks:
        roster.take(one, before)
        before = one.head.cutoff
        kept.append(max((group.live.ids_bytes for group in roster.groups), default=0))
    roster.take(tick(17, 422), before)
    live = next(group for group in roster.groups if "now" in group.sessions).live
    counted = live.refresh(at(422)).filter(session_id="now", product_id="P")["listing_clicks_ever"]
    assert counted.to_list() == [6 * 60 * 60]
    assert live.repeated == 5 * 30 * 60
    assert kept[-1] == kept[2]
