"""Rows that arrived, handed to the live features, count as the batch engine counts the same rows later."""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.feed.arrival import Moment, arrive
from features.feed.data_clock import reached
from features.feed.memory import Memory
from features.feed.settings import Feed
from features.live import LIVE, Live
from features.table import compute

FEED = Feed(
    allowed_lateness_minutes=4,
    max_skew_seconds=60,
    silence_minutes=5,
    feed_silence_minutes=8,
    late_minutes=10,
    missing_minutes=60,
    end_grace_minutes=15,
)
KINDS = ["enter", "view", "like", "comment", "product_click", "add_to_cart", "sold_out", "restock"]


def disorderly(random, tick, now, wrong):
    """Rows that come in at an instant: early, late, some that say when they were received, some with wrong dates."""

    def instants():
        ts = now + timedelta(seconds=random.choice([-400, -90, -30, -5, 0, 20, *wrong]))
        received = random.choice([None, None, *(now + timedelta(seconds=one) for one in (-200, -20, *wrong))])
        return {"ts": ts, "received_at": received, "viewer_id": random.choice([None, *"abcdef"])}

    events = [
        {"event_id": f"E{tick}-{n}", "session_id": "S", "product_id": random.choice([None, "P"])}
        | {"kind": random.choice(KINDS)} | instants()
        for n in range(random.randint(0, 15))
    ]  # fmt: skip
    orders = [order("S", "P", now) | {"order_id": f"O{tick}-{n}"} | instants() for n in range(random.randint(0, 3))]
    return {"events": filled("events", events), "orders": filled("orders", orders)}


@pytest.mark.parametrize("clock", ["wall", "data"])
@pytest.mark.parametrize("seed", range(3))
def test_live_features_of_arrived_rows_equal_those_of_the_batch_engine(seed, clock, sensing):
    random, memory = Random(seed), Memory.nothing()
    plan = {"sessions": [session("S", 0, started_at=None, ended_at=None)], "lineups": [listing("S", "P", 0)]}
    tables = dict(empty_tables()) | {name: filled(name, rows) for name, rows in plan.items()}
    tables["products"] = filled("products", [product("P")])
    listings = pl.DataFrame({"session_id": ["S"], "product_id": ["P"]})
    live = Live.opened(tables, listings, day(0), sensing)
    before, told, kept, too_late = day(0), [], [], 0
    wrong = [5_000] if clock == "wall" else []  # on the other the rows themselves say what time it is
    for tick in range(25):
        came = disorderly(random, tick, before + timedelta(seconds=random.choice([5, 40, 70, 200])), wrong)
        now = before + timedelta(seconds=random.choice([5, 40, 70, 200]))
        arrived = now if clock == "wall" else reached(came, before)
        found = arrive(came, Moment(arrived, before, clock), memory, FEED)
        live.add(live.encode(found.tables["events"], found.tables["orders"]))
        told.append(live.refresh(arrived))
        kept.append(found.tables)
        memory, before, too_late = found.memory, arrived, too_late + found.too_late.height
    assert live.late == 0
    assert too_late > 0
    landed = {name: pl.concat([one[name] for one in kept]) for name in ("events", "orders")}
    expected = compute(tables | landed, pl.concat(told).select("session_id", "product_id", "cutoff"), sensing, LIVE)
    assert_frame_equal(pl.concat(told).select(expected.columns), expected, check_exact=True)
