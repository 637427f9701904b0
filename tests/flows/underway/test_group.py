"""Sessions followed from the lake and tick by tick know what the batch engine knows of lake and ticks together."""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, order

from features.contracts import TABLES
from features.known import known_at
from features.live import LIVE
from features.table import compute
from flows.underway.group import Group
from flows.underway.planned import NoSessionError
from models.dataset import ROW

MINUTE = timedelta(minutes=1)
OPENED = day(7) + timedelta(minutes=4, seconds=30)
KINDS = ("enter", "like", "product_click", "product_click", "add_to_cart", "leave", "sold_out", "restock")


def rows_of(chance, stem, start, end):
    """Events and orders of `now`, counts of `beside`, learnt of between two minutes."""

    def instant():
        return day(7) + timedelta(seconds=chance.randrange(60 * start, 60 * end))

    def event(number):
        return {"event_id": f"E{stem}{number}", "session_id": "now", "product_id": chance.choice("PQ"),
                "viewer_id": chance.choice("abcdef"), "kind": chance.choice(KINDS), "ts": instant()}  # fmt: skip

    def count(minute, product, kind):
        return {"session_id": "beside", "product_id": product, "minute": day(7) + minute * MINUTE, "kind": kind,
                "count": chance.randint(1, 9), "viewers": 1}  # fmt: skip

    rows = {
        "events": [event(number) for number in range(30)],
        "orders": [
            order("now", chance.choice("PQ"), instant(), 2, order_id=f"O{stem}{number}", viewer_id=chance.choice("abc"))
            for number in range(6)
        ],
        "event_counts": [
            count(minute, product, kind)
            for minute in range(start, end) for product in ("P", None) for kind in ("product_click", "view")
        ],
    }  # fmt: skip
    return {name: filled(name, some) for name, some in rows.items()}


def both(*several):
    names = {name for tables in several for name in tables}
    return {name: pl.concat([one[name] for one in several if name in one]) for name in names}


@pytest.fixture(scope="module")
def deliveries():
    """What came before the opening, in ticks that the lake has not, also in its very minute, and afterwards."""
    chance = Random(1)
    stretches = {"lake": (-30, 2), "tick": (2, 4), "opening": (4, 5), "first": (5, 9), "second": (9, 15)}
    return {name: rows_of(chance, name, *stretch) for name, stretch in stretches.items()}


@pytest.fixture(scope="module")
def planning(make_site, fill, make_planning, evening, deliveries):
    site = make_site("home", evening)
    fill(site, deliveries["lake"], "today")
    return make_planning(site)


@pytest.fixture(scope="module")
def followed(planning, deliveries):
    """The feature tables of a group at two cutoffs, what it told at the last, and the group."""
    opening = {name: rows.filter(known_at(name) < OPENED) for name, rows in deliveries["opening"].items()}
    more = both(deliveries["tick"], opening, {"events": deliveries["lake"]["events"].head(5)})
    group = Group.of(["now", "beside"], OPENED, planning, more)
    later = {name: rows.filter(known_at(name) >= OPENED) for name, rows in deliveries["opening"].items()}
    group.take(both(later, deliveries["first"]))
    tables = [group.live.refresh(day(7) + 9.5 * MINUTE)]
    group.take(both(deliveries["second"], {"orders": deliveries["first"]["orders"]}))
    cutoff = day(7) + 15 * MINUTE
    told = group.told(cutoff)
    return [*tables, group.live.refresh(cutoff)], told, group


def test_its_features_equal_those_of_lake_and_ticks_at_the_same_cutoffs(evening, deliveries, planning, followed):
    everything = {name: both(evening, *deliveries.values()).get(name, TABLES[name].empty()) for name in TABLES}
    found = pl.concat(followed[0]).select(*ROW, *(one.name for one in LIVE))
    expected = compute(everything, found.select(ROW), planning.sensing, LIVE)
    assert found["cutoff"].n_unique() == 2
    assert_frame_equal(found, expected, check_exact=True)


def test_what_came_of_every_table_is_in_them(followed, deliveries):
    """All the units of `now` and all clicks counted of `beside`, known before the last cutoff."""
    last = followed[0][-1].filter(product_id="P")
    orders = pl.concat(one["orders"] for one in deliveries.values()).filter(product_id="P")
    counts = pl.concat(one["event_counts"] for one in deliveries.values())
    known = pl.col("minute") < day(7) + 14 * MINUTE  # a minute's counts are known when it has ended
    clicks = counts.filter(known, product_id="P", kind="product_click")["count"].sum()
    assert last.filter(session_id="now")["listing_units_ever"].item() == orders["units"].sum() > 0
    assert last.filter(session_id="beside")["listing_clicks_ever"].item() == clicks > 0


def test_it_tells_each_listing_of_its_sessions_with_the_plan_of_its_opening(followed, planning):
    _, told, group = followed
    assert told.select("session_id", "product_id").rows() == group.plan.select("session_id", "product_id").rows()
    assert set(told["session_id"]) == {"now", "beside"}
    assert (told["demand_p05"] >= told["sold_units"]).all()
    assert told["sold_units"].sum() > 0
    assert group.opened == day(7) + 4 * MINUTE
    assert group.serving is planning.serving


def test_a_tick_without_rows_changes_nothing(followed):
    *_, group = followed
    before = group.told(day(7) + 16 * MINUTE)
    group.take({})
    assert group.told(day(7) + 16 * MINUTE).equals(before)


@pytest.mark.parametrize("name", ["../x", "unheard"])
def test_an_unknown_session_is_not_followed(planning, name):
    with pytest.raises(NoSessionError):
        Group.of(["now", name], OPENED, planning, {})


def test_opened_again_it_tells_the_same_whatever_of_other_sessions_the_lake_got_since(
    make_site, make_planning, fill, evening
):
    site = make_site("grown", evening)
    planning = make_planning(site)
    group = Group.of(["now"], OPENED, planning, {})
    cart = {"event_id": "E", "session_id": "beside", "product_id": "P", "kind": "add_to_cart", "ts": day(7) + MINUTE}
    fill(site, {"events": filled("events", [cart])}, "beside")
    cutoff, other = day(7) + 8 * MINUTE, Group.of(["now"], OPENED, planning, {})
    assert not other.live.refresh(cutoff).equals(group.live.refresh(cutoff))
    again = Group.again(group.kept, OPENED, planning, {})
    assert_frame_equal(again.live.refresh(cutoff), group.live.refresh(cutoff), check_exact=True)
    assert_frame_equal(again.told(cutoff), group.told(cutoff), check_exact=True)
    assert_frame_equal(again.kept, group.kept, check_exact=True)


def test_orders_of_a_robot_count_up_to_a_bound(make_site, make_planning, fill, evening):
    """As many as elsewhere, though some came before the opening, some in its minute and some after it."""
    site = make_site("robot", evening)
    rows = [
        order("now", "P", day(7) + 3.5 * MINUTE, order_id=f"B{number}", viewer_id="robot", received_at=day(7) + came)
        for number, came in enumerate([3.9 * MINUTE, 4.1 * MINUTE, 6.1 * MINUTE] * 15)
    ]
    first, second, third = (filled("orders", rows[start::3]) for start in range(3))
    fill(site, {"orders": first}, "today")
    planning = make_planning(site)
    group = Group.of(["now"], OPENED, planning, {"orders": second})
    group.take({"orders": third})
    told = group.told(day(7) + 8 * MINUTE).filter(product_id="P")
    assert told["sold_units"].item() == planning.site.settings().plausible.burst_orders == 20
