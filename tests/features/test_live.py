"""Features while sessions run equal those of the batch engine, which is their oracle."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, product, session

from features.catalog import CATALOG
from features.condensed import condensed
from features.contracts import empty_tables
from features.live import LIVE, Live
from features.slots import Slots
from features.table import compute, validated
from features.underway.repeats import HourlyIds

MINUTE = timedelta(minutes=1)
ANCHORS = {"S1": ("R1", "A"), "S2": ("R1", "B"), "S3": ("R1", "A"), "S4": ("R2", "B")}
OPENED = ("S1", "S2", "S4")
THINGS = ("P", "Q", "W")
KINDS = ["enter", "leave", "view", "like", "comment", "share", "follow", "gift"]
KINDS += ["product_click", "add_to_cart"] * 4 + ["sold_out", "restock"]
SAID = [None, "", "多少钱", "有货吗", "质量太差", "好看", "hello", "尺码多大，什么时候发货"]


def plans(random):
    """Three sessions to follow, one beside them in the first room, and two that are over; starts stated or not."""
    said = {"ended_at": None, "started_at": None}
    running = [session(name, 0, room_id=room, anchor_id=host, **said) for name, (room, host) in ANCHORS.items()]
    before = [session("S5", -7, room_id="R1", anchor_id="B"), session("S6", -5, room_id="R2", anchor_id="A")]
    for one in running:
        if random.random() < 0.4:
            one["started_at"] = day(0) + timedelta(minutes=random.randint(-20, 20))
        if random.random() < 0.3:
            running.append(one | {"anchor_id": "A", "received_at": day(0) - random.randint(6, 40) * MINUTE})
    return running + before


def lineups(random):
    return [
        listing(name, thing, 0, units_offered=random.choice([None, 2, 5, 9]))
        for name in (*ANCHORS, "S5", "S6")
        for thing in THINGS
        if random.random() < 0.85
    ]


@dataclass
class Stream:
    """Rows as they come in, and as the landing zone should have them."""

    random: Random
    handed: dict[str, list] = field(default_factory=lambda: {"events": [], "orders": []})
    landed: dict[str, list] = field(default_factory=lambda: {"events": [], "orders": []})

    def event(self, at):
        pick = self.random.choice
        return {"event_id": f"E{len(self.landed['events'])}", "session_id": pick([*ANCHORS, "S1", "S4", "ghost"]),
                "product_id": pick([*THINGS, "unheard", None]), "viewer_id": pick([None, *"abcdefghijkl"]),
                "kind": pick(KINDS), "text": pick(SAID)} | self.instants(at)  # fmt: skip

    def sale(self, at):
        pick = self.random.choice
        made = order(pick([*ANCHORS, "S1", "S4", "ghost"]), pick([*THINGS, "unheard"]), at, pick([1, 1, 2, 3]))
        return (
            made
            | {"order_id": f"O{len(self.landed['orders'])}", "viewer_id": pick([None, *"abcdefghijklmn"])}
            | self.instants(at)
        )

    def instants(self, at):
        return self.random.choice(
            [{"ts": at}, {"ts": at - 7 * MINUTE, "received_at": at}, {"ts": at, "received_at": at}]
        )

    def between(self, start, end, *, most=12):
        """Hand over what comes in between two instants, now and then with something from before."""
        batch = {"events": [], "orders": []}
        for table, made in (("events", self.event), ("orders", self.sale)):
            for _ in range(self.random.randint(0, most if table == "events" else most // 3)):
                at = start + timedelta(microseconds=self.random.randrange((end - start) // timedelta(microseconds=1)))
                batch[table].append(one := made(at))
                self.landed[table].append(one)
            if self.handed[table] and self.random.random() < 0.5:
                batch[table] += self.random.choices(self.handed[table], k=3)
            self.handed[table] += batch[table]
            self.random.shuffle(batch[table])
        return {name: filled(name, rows) for name, rows in batch.items()}

    def late(self, over):
        """Something that nobody says was received now, and whose minute is over."""
        one = self.event(over - 3 * MINUTE) | {"ts": over - 3 * MINUTE, "received_at": None}
        self.landed["events"].append(one | {"received_at": over})
        return {"events": filled("events", [one]), "orders": filled("orders", [])}


def tables(plan, stream):
    rows = plan | stream.landed
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


def asked(cutoffs):
    pairs = [(name, thing) for name in OPENED for thing in (*THINGS, "never listed")]
    rows = [{"session_id": s, "product_id": p, "cutoff": c} for c in cutoffs for s, p in pairs]
    return pl.DataFrame(
        rows, schema={"session_id": pl.String, "product_id": pl.String, "cutoff": pl.Datetime("us", "UTC")}
    )


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))])
def test_live_features_equal_those_of_the_batch_engine_at_every_cutoff(seed, sensing):
    random = Random(seed)
    stream = Stream(random)
    plan = {"sessions": plans(random), "lineups": lineups(random), "products": [product(p) for p in THINGS]}
    for start in (-7 * 24 * 60, -5 * 24 * 60, -90, -20):
        stream.between(day(0) + start * MINUTE, day(0) + (start + 15) * MINUTE, most=40)
    at = day(0) + random.randint(-4, 4) * MINUTE + timedelta(seconds=random.randint(0, 59))
    live = Live.opened(tables(plan, stream), asked([at]), at, sensing)
    over = at - timedelta(seconds=at.second)
    clock, told = over, [live.refresh(at)]
    cutoffs = [at]
    while clock < day(0) + 50 * MINUTE:
        then = clock + timedelta(seconds=random.choice([5, 20, 45, 60, 150]))
        batch = stream.between(clock, then)
        live.add(live.encode(batch["events"], batch["orders"]))
        clock = then
        if random.random() < 0.5:
            cutoff = max(cutoffs[-1], clock - timedelta(seconds=random.choice([0, 0, 7, 30, 90])))
            cutoffs.append(cutoff)
            told.append(live.refresh(cutoff))
            over = max(over, cutoff - timedelta(seconds=cutoff.second, microseconds=cutoff.microsecond))
            if random.random() < 0.3:
                late = stream.late(over)
                live.add(live.encode(late["events"], late["orders"]))
    # From all that came until the end: nothing leaks, so each cutoff is told as it was known then.
    expected = compute(tables(plan, stream), asked(cutoffs), sensing, LIVE)
    assert len(cutoffs) > 10
    assert live.repeated > 0
    assert_frame_equal(pl.concat(told).select(expected.columns), expected, check_exact=True)
    validated(told[-1])


@pytest.fixture
def evening(three_evenings):
    """The session of day 2, which has begun and sold nothing yet, with two clicks."""
    return dict(three_evenings) | {"events": clicks(1, 3), "orders": three_evenings["orders"].head(2)}


def clicks(*minutes, **more):
    return filled("events", [
        {"event_id": f"C{minute}", "session_id": "S2", "product_id": "P", "viewer_id": "v", "kind": "product_click",
         "ts": day(2) + minute * MINUTE} | more for minute in minutes
    ])  # fmt: skip


def opened(tables, minute, sensing):
    rows = tables["lineups"].filter(pl.col("session_id") == "S2")
    return Live.opened(tables, rows, day(2) + minute * MINUTE, sensing)


def handed(live, events):
    live.add(live.encode(events, filled("orders", [])))


def told(live, minute):
    return live.refresh(day(2) + minute * MINUTE).row(0, named=True)


def test_a_cutoff_cannot_go_back(evening, sensing):
    live = opened(evening, 5, sensing)
    told(live, 7)
    with pytest.raises(ValueError, match="lies before"):
        told(live, 6)


def test_what_is_handed_over_twice_counts_once(evening, sensing):
    live = opened(evening, 5, sensing)
    delivery = live.encode(clicks(3, 6), filled("orders", []))
    live.add(delivery)
    live.add(delivery)
    assert told(live, 7)["listing_clicks_ever"] == 3
    assert live.repeated == 3


def test_what_comes_after_its_minute_counts_in_the_first_that_is_not_over(evening, sensing):
    live = opened(evening, 5, sensing)
    told(live, 20)
    handed(live, clicks(6))
    assert told(live, 20)["listing_clicks_ever"] == 2
    after = told(live, 21)
    assert (after["listing_clicks_ever"], after["listing_clicks_1m"], live.late) == (3, 1, 1)


def test_what_came_in_the_minute_of_the_opening_is_handed_over(evening, sensing):
    live = Live.opened(evening, evening["lineups"].tail(2).head(1), day(2) + 3.5 * MINUTE, sensing)
    assert told(live, 4)["listing_clicks_ever"] == 1


def test_counts_per_minute_that_are_handed_over_count_as_in_the_batch_engine(evening, sensing):
    """Some known at the opening, some told twice, one of a sell-out, one that is learnt of late."""
    minute = {"session_id": "S2", "product_id": "P", "kind": "product_click", "count": 4}
    known = filled("event_counts", [minute | {"minute": day(2) + 3 * MINUTE}])
    rows = [
        minute | {"minute": day(2) + 6 * MINUTE},
        minute | {"minute": day(2) + 7 * MINUTE, "kind": "add_to_cart", "count": 9},
        minute | {"minute": day(2) + 7 * MINUTE, "kind": "sold_out", "count": 1},
        minute | {"minute": day(2) + 8 * MINUTE, "count": 2},
        minute
        | {"minute": day(2) + 6 * MINUTE, "product_id": None, "kind": "like", "received_at": day(2) + 9 * MINUTE},
    ]
    counts = filled("event_counts", rows)
    none = {name: evening[name].clear() for name in ("events", "orders")}
    begun = evening | {"events": evening["events"].filter(pl.col("kind") == "enter"), "event_counts": known}
    live = opened(begun, 5, sensing)
    for part in (known, counts, counts):
        live.add(live.encode(none["events"], none["orders"], part))
    rows_asked = live.refresh(day(2) + 10.5 * MINUTE)
    whole = compute(
        begun | {"event_counts": pl.concat([known, counts])},
        rows_asked.select("session_id", "product_id", "cutoff"),
        sensing,
        LIVE,
    )
    assert_frame_equal(rows_asked.select(whole.columns), whole)
    assert rows_asked["listing_clicks_ever"].to_list() == [10.0]
    assert rows_asked["listing_minutes_to_out"].null_count() == 0


def test_counts_are_never_forgotten(evening, sensing):
    """They are few, and of counts none comes too late."""
    live, none = opened(evening, 5, sensing), {name: evening[name].clear() for name in ("events", "orders")}
    row = {"session_id": "S2", "product_id": "P", "kind": "product_click", "count": 4, "minute": day(2) + 6 * MINUTE}
    for _ in range(2):
        live.add(live.encode(none["events"], none["orders"], filled("event_counts", [row])))
        told(live, 300)
        live.forget_before(day(2) + 299 * MINUTE)
    assert told(live, 301)["listing_clicks_ever"] == 2 + 4


def test_other_features_stay_as_they_were_at_the_opening(evening, sensing):
    live = opened(evening, 5, sensing)
    before = live.refresh(day(2) + 5 * MINUTE)
    handed(live, clicks(6))
    sold = filled("orders", [order("S2", "P", day(2) + 6 * MINUTE, 3)])
    live.add(live.encode(clicks(), sold))
    after = live.refresh(day(2) + 7 * MINUTE)
    others = [one.name for one in CATALOG if one.name not in live.features]
    assert after["listing_units_ever"].item() == 3
    assert_frame_equal(before.select(others), after.select(others))


def test_condensed_tables_open_as_raw_ones_do(evening, sensing):
    short = condensed(evening, sensing.comments)
    assert_frame_equal(
        opened(evening, 9, sensing).refresh(day(2) + 9 * MINUTE), opened(short, 9, sensing).refresh(day(2) + 9 * MINUTE)
    )
    with pytest.raises(ValueError, match="open later"):
        opened(short, 3, sensing)


def test_old_hours_are_forgotten_and_what_may_still_come_again_counts_once(evening, sensing):
    live, always = opened(evening, 5, sensing), opened(evening, 5, sensing)
    kept = []
    for hour in range(1, 9):
        now, last = range(60 * hour, 60 * hour + 60), range(60 * hour - 30, 60 * hour)
        for one in (live, always):
            told(one, 60 * hour)
            handed(one, clicks(*now, *(last if hour > 1 else ())))
        live.forget_before(day(2) + (60 * hour + 30) * MINUTE)
        kept.append(live.ids_bytes)
    assert told(live, 600) == told(always, 600)
    assert told(live, 600)["listing_clicks_ever"] == 2 + 8 * 60
    assert (live.repeated, always.repeated) == (7 * 30, 7 * 30)
    assert kept[-1] == kept[1] < always.ids_bytes
    handed(live, clicks(70))  # nobody may hand this over again: it counts anew
    assert told(live, 601)["listing_clicks_ever"] == 3 + 8 * 60


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 4), st.integers(0, 3)), max_size=15))
def test_hourly_ids_know_what_sets_an_hour_know(calls):
    ever = np.arange(1, 50)
    ids, known, oldest = HourlyIds(ever), {-1: set(ever.tolist())}, 0
    for number, (many, first, over) in enumerate(calls, start=1):
        draw = np.random.default_rng(number)
        asked = np.unique(draw.integers(1, 6000, many))
        hours = draw.integers(first, first + 2, len(asked))
        before = set().union(*known.values())
        assert ids.new(asked, hours).tolist() == [one not in before for one in asked.tolist()]
        for one, hour in zip(asked.tolist(), hours.tolist(), strict=True):
            known.setdefault(max(hour, oldest), set()).add(one)
        ids.forget_before(over * 3_600_000_000)
        oldest = max(oldest, over)
        known = {hour: kept for hour, kept in known.items() if hour == -1 or hour >= oldest}


def test_room_made_ahead_changes_nothing(evening, sensing):
    plain, roomy = opened(evening, 5, sensing), opened(evening, 5, sensing)
    roomy.reserve(100_000)
    for live in (plain, roomy):
        handed(live, clicks(5, 6, 7))
    assert told(plain, 8) == told(roomy, 8)


def test_live_is_all_that_looks_at_the_session_or_the_listing_itself(evening, sensing):
    itself = {
        one.name
        for one in CATALOG
        if one.ingredients() and {each.entity for each in one.ingredients()} <= {"session", "listing"}
    }
    assert set(opened(evening, 5, sensing).features) == itself


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3000), st.sampled_from([9, 5_000, 2**62]), st.booleans()), max_size=25))
def test_slots_keep_what_a_dictionary_keeps(calls):
    slots, known = Slots(), {}
    for number, (many, most, over) in enumerate(calls, start=1):
        asked = np.unique(np.random.default_rng(number).integers(1, most, many))
        before = (slots.exchange if over else slots.taken_up)(asked, number)
        assert before.tolist() == [known.get(one, 0) for one in asked.tolist()]
        known |= {one: number for one in asked.tolist() if over or one not in known}
    assert slots.count == len(known)
    assert slots.looked_up(np.array([*known, 2**62 + 1])).tolist() == [*known.values(), 0]
