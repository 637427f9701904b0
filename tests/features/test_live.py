"""Features while sessions run equal those of the batch engine, which is their oracle."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.live import LIVE, Live
from features.table import compute, validated

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


@pytest.mark.parametrize("seed", range(6))
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
        if random.random() < 0.5 and clock - timedelta(seconds=90) < clock:
            cutoff = max(cutoffs[-1], clock - timedelta(seconds=random.choice([0, 0, 7, 30, 90])))
            cutoffs.append(cutoff)
            told.append(live.refresh(cutoff))
            over = max(over, cutoff - timedelta(seconds=cutoff.second, microseconds=cutoff.microsecond))
            if random.random() < 0.3:
                late = stream.late(over)
                live.add(live.encode(late["events"], late["orders"]))
    expected = compute(tables(plan, stream), asked(cutoffs), sensing, LIVE)
    assert len(cutoffs) > 10
    assert live.repeated > 0
    assert_frame_equal(pl.concat(told).select(expected.columns), expected, check_exact=True)
    validated(told[-1])
