"""What can hardly be true is told, and what happens every day is not."""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from small_world import day, filled, listing, order, product, session

from features.bursts import Bursts, counting, excess
from features.contracts import empty_tables
from features.plausible import doubts
from features.season.settings import SeasonSettings
from features.season.simulate import simulate
from flows.config import load

DAYS, PER_SESSION = 28, 40
CUTOFF = day(DAYS)
SETTINGS = load().plausible
HOUR = timedelta(hours=1)


def world(changes=None):
    """Two products a day at noon for two hours, twenty orders of each and 20 signs of life an hour."""
    days = range(DAYS)
    rows = {
        "sessions": [session(f"S{n}", n) for n in days],
        "lineups": [listing(f"S{n}", name, n) for n in days for name in "PQ"],
        "products": [product(name, unit_cost=4.0) for name in "PQ"],
        "orders": [
            order(f"S{n}", "PQ"[k % 2], day(n) + k * timedelta(minutes=3), viewer_id=f"V{n}{k}", order_id=f"O{n}-{k}")
            for n in days
            for k in range(PER_SESSION)
        ],
        "events": [
            {"event_id": f"E{n}-{k}", "session_id": f"S{n}", "ts": day(n) + k * timedelta(minutes=3), "kind": "like"}
            for n in days
            for k in range(PER_SESSION)
        ],
    }
    for name, change in (changes or {}).items():
        rows[name] = change(rows[name])
    return empty_tables() | {name: filled(name, some) for name, some in rows.items()}


def told(changes=None):
    tables = world(changes)
    too_many = excess(tables["orders"], SETTINGS.burst_orders)
    return doubts(tables | {"orders": counting(tables["orders"], too_many)}, too_many, CUTOFF, SETTINGS)


def last_week(row):
    instants = [row[name] for name in ("ts", "scheduled_at", "announced_at") if name in row]
    return instants[0] >= day(DAYS - 7)


def shifted(rows, hours):
    return [row | {"ts": row["ts"] + hours * HOUR} if last_week(row) else row for row in rows]


def test_an_ordinary_shop_raises_no_doubt():
    assert told() == []


@pytest.mark.parametrize("times", [100, 0.01])
def test_prices_in_another_unit_of_money_are_told(times):
    changed = {"lineups": lambda rows: [row | {"price": 10.0 * times} if last_week(row) else row for row in rows]}
    found = told(changed)
    assert f"prices in line-ups of 100% of 2 products are {times:g} to {times:g} times before" in found[0]


def test_prices_in_cents_from_the_first_delivery_on_are_told_by_what_stands_beside_them():
    found = told({"lineups": lambda rows: [row | {"price": 1000.0} for row in rows]})
    assert any("prices in line-ups of 100% of 2 products are 50 to 50 times list prices" in one for one in found)
    found = told({"orders": lambda rows: [row | {"unit_price": 1000.0} for row in rows]})
    assert any("prices in orders of 100% of 2 products are 100 to 100 times those in line-ups" in one for one in found)
    found = told({"products": lambda rows: [row | {"unit_cost": 2000.0} for row in rows]})
    assert any("unit costs of 100% of 2 products are 100 to 100 times list prices" in one for one in found)


def test_a_sale_at_a_tenth_of_the_price_is_no_other_unit():
    assert told({"lineups": lambda rows: [row | {"price": 1.0} if last_week(row) else row for row in rows]}) == []


@pytest.mark.parametrize(("hours", "where"), [(-8, "before their sessions begin"), (8, "after their sessions end")])
def test_orders_and_events_some_hours_off_are_told(hours, where):
    found = told({name: lambda rows: shifted(rows, hours) for name in ("orders", "events")})
    outside = [one for one in found if "outside their sessions" in one]
    assert len(outside) == 2
    assert all(where in one for one in outside)


def test_a_whole_delivery_some_hours_off_is_told_by_the_hours_of_its_orders():
    def moved(rows):
        instants = ("ts", "scheduled_at", "started_at", "ended_at")
        return [row | {name: row[name] + 8 * HOUR for name in instants if name in row} if last_week(row) else row
                for row in rows]  # fmt: skip

    found = told(dict.fromkeys(("orders", "events", "sessions"), moved))
    assert found == ["orders come at the hours of the day of before, 8 h later: is it the time zone?"]


def test_sessions_that_begin_an_hour_later_from_now_on_are_no_other_time_zone():
    def later(rows):
        return [row | {name: row[name] + HOUR for name in ("ts", "scheduled_at", "started_at", "ended_at")
                       if name in row} if last_week(row) else row for row in rows]  # fmt: skip

    assert told(dict.fromkeys(("orders", "events", "sessions"), later)) == []


def test_what_was_received_before_it_happened_is_told():
    early = {"orders": lambda rows: [row | {"received_at": row["ts"] - 8 * HOUR} for row in rows]}
    assert any("orders were received before they happened" in one for one in told(early))
    late = {"orders": lambda rows: [row | {"received_at": row["ts"] + timedelta(minutes=1)} for row in rows]}
    assert told(late) == []


def test_a_missing_hour_of_the_feed_is_told_with_its_table_and_time():
    def without(rows):
        return [row for row in rows if not day(DAYS - 2) <= row["ts"] < day(DAYS - 2) + HOUR]

    assert told({"orders": without}) == ["no orders in 1 of 14 hours with sessions, the first 2025-03-29 12:00 UTC"]
    assert told({"events": without}) == ["no events in 1 of 14 hours with sessions, the first 2025-03-29 12:00 UTC"]


def test_a_shop_that_sells_little_misses_no_hours():
    assert told({"orders": lambda rows: rows[::20]}) == []


def test_a_product_id_that_names_something_else_is_told():
    def reused(**changed):
        return lambda rows: [*rows, rows[0] | changed]

    assert told({"products": reused(title="P new", category="food/tea")}) == []
    assert "1 product ids name another product than before: P ('P'" in told({"products": reused(merchant_id="N")})[0]
    found = told({"products": reused(title="Boots", category="shoes")})
    assert "P ('Boots', 'P')" in found[0]


def burst(count, **more):
    made = {"viewer_id": "robot", "received_at": None} | more
    return [order("S27", "P", day(27) + timedelta(milliseconds=k), order_id=f"B{k}", **made) for k in range(count)]


def test_orders_of_a_robot_count_up_to_a_bound_and_that_is_told():
    changed = {"orders": lambda rows: rows + burst(10_000)}
    assert told(changed) == ["9,980 orders do not count: 1 viewers made more than 20 in a minute, for 1 listings"]
    orders = world(changed)["orders"]
    kept = counting(orders, excess(orders, 20)).filter(viewer_id="robot")
    assert kept["order_id"].sort().to_list() == sorted(f"B{k}" for k in range(20))


def test_whether_an_order_counts_depends_on_none_that_was_learnt_of_later():
    orders = filled("orders", burst(60))
    first = counting(orders[:30], excess(orders[:30], 20))
    whole = counting(orders, excess(orders, 20))
    assert whole.filter(pl.col("order_id").is_in(orders[:30]["order_id"].implode())).equals(first)


def test_orders_without_a_viewer_are_nobodys_burst():
    orders = filled("orders", burst(100, viewer_id=None))
    assert counting(orders, excess(orders, 20)).height == 100


@pytest.mark.parametrize("seed", range(5))
def test_orders_that_come_in_batches_count_as_often_as_those_that_come_at_once(seed):
    chance = Random(seed)
    several = [burst(chance.randint(1, 60), viewer_id=name) for name in ("a", "b", "c", None)]
    rows = [one | {"order_id": f"B{number}"} for number, one in enumerate(one for some in several for one in some)]
    orders = filled("orders", rows).sort("ts")
    known = chance.randrange(len(rows))
    bursts, heard = Bursts(orders[:known], 20), [counting(orders[:known], excess(orders[:known], 20))]
    while known < orders.height:
        size = chance.randint(1, 30)
        batch = orders[max(0, known - chance.randint(0, 9)) : known + size]  # some come again
        heard.append(bursts.counting(batch))
        known += size
    told = pl.concat(heard).unique("order_id")
    whole = counting(orders, excess(orders, 20))
    by_viewer = [one.group_by("viewer_id").len().sort("viewer_id").rows() for one in (told, whole)]
    assert by_viewer[0] == by_viewer[1]
    assert told.height < orders.height or max(map(len, several[:3])) <= 20


def test_a_row_delivered_in_several_versions_is_one_order():
    orders = pl.concat([filled("orders", burst(15))] * 2)
    assert excess(orders, 20).is_empty()


def test_a_simulated_season_raises_no_doubt():
    season = simulate(SeasonSettings.small())
    tables = empty_tables() | dict(season.tables)
    for days in (0, 7, 14):
        cutoff = season.as_of - timedelta(days=days)
        assert doubts(tables, excess(tables["orders"], SETTINGS.burst_orders), cutoff, SETTINGS) == []
