"""Near the limits of the contract every feature stays within its bounds, and what is simple stays right."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from questions import asked, cutoffs
from small_world import day, listing, order, product, session

from features.catalog import CATALOG
from features.contract import INSTANT
from features.contracts import TABLES
from features.settings import Market
from features.table import compute

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
MUCH, MANY = 10**12, 10**9
LONG_AGO, FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, tzinfo=UTC)


def event(name, ts, kind="product_click", **more):
    row = {"event_id": name, "session_id": "S0", "product_id": "P", "viewer_id": "V", "kind": kind, "ts": ts}
    return row | more


def count(minute, kind, times, **more):
    row = {"session_id": "S0", "product_id": "P", "minute": minute, "kind": kind, "count": times, "viewers": 1}
    return row | more


def planned(*names):
    """Sessions a week apart, each with the same product."""
    sessions = [session(name, 7 * n) for n, name in enumerate(names)]
    listings = [listing(name, "P", 7 * n) for n, name in enumerate(names)]
    return {"sessions": sessions, "lineups": listings, "products": [product("P")]}


def at(tables, cutoffs, sensing, name="S0", thing="P"):
    """The rows of one listing at some cutoffs, every number of them legal."""
    rows = pl.DataFrame({"session_id": name, "product_id": thing, "cutoff": cutoffs}).cast({"cutoff": INSTANT})
    return sound(tables, rows, sensing).rows(named=True)


def sound(tables, rows, sensing):
    """The table, each number of which is null or finite and within its feature's bounds, to the nearest Float32."""
    for name, frame in tables.items():
        TABLES[name].schema.validate(frame, lazy=True)
    found = compute(tables, rows, sensing)
    for feature in CATALOG:
        if feature.kind == "number":
            told = found[feature.name].drop_nulls().cast(pl.Float64)
            low, high = (float(pl.Series([bound], dtype=pl.Float32)[0]) for bound in (feature.low, feature.high))
            assert told.is_finite().all(), feature.name
            assert told.is_between(low, high).all(), feature.name
    return found


def in_market(sensing, timezone, country):
    market = Market(name="test", timezone=timezone, currency="EUR", country=country)
    return sensing.model_copy(update={"market": market})


def test_the_greatest_counts_units_and_prices_are_clipped_to_the_bounds(world, sensing):
    kinds = ("product_click", "add_to_cart", "enter", "sold_out", "view", "like")
    plan = planned("S0", "S1", "S2")
    plan["lineups"] = [one | {"price": 1e9, "units_offered": MANY, "position": 1_000_000} for one in plan["lineups"]]
    plan["products"] = [product("P", list_price=0.0, unit_cost=1e9, supplier_id="X")]
    supplier = {"supplier_id": "X", "lead_time_days": 3650, "min_order_units": MANY, "pack_units": MANY,
                "daily_capacity_units": 1, "reserve_fee_rate": 1}  # fmt: skip
    minutes = [day(7 * n) + MINUTE * m for n in (0, 1) for m in range(5)]
    tables = world(
        **plan,
        suppliers=[supplier],
        event_counts=[
            count(one, kind, MUCH, session_id=f"S{int(one >= day(7))}", viewers=10**10)
            for one in minutes
            for kind in kinds
        ],
        orders=[
            order(f"S{int(one >= day(7))}", "P", one + n * SECOND, MANY - n, unit_price=1e9)
            for one in minutes
            for n in range(10)
        ],
    )
    sound(tables, asked(tables, cutoffs(tables)[::4]), sensing)
    during = at(tables, [day(0) + 3 * MINUTE], sensing)[0]
    after = at(tables, [day(12)], sensing, "S2")[0]
    assert (during["listing_clicks_1m"], during["session_enters_ever"]) == (1e10, 1e10)
    assert (during["listing_orders_ever"], during["listing_orders_1m"]) == (30, 10)
    assert (after["price"], after["list_price"], after["discount_share"]) == (1e9, 0, None)
    assert (after["units_7d"], after["units_28d"], after["units_last"]) == (1e9, 1e9, 1e9)


def test_the_least_numbers_are_zero(world, sensing):
    plan = planned("S0", "S1")
    plan["lineups"] = [one | {"price": 0.0, "units_offered": 0, "planned_minutes": 0} for one in plan["lineups"]]
    plan["products"] = [product("P", list_price=0.0, unit_cost=0.0)]
    plan["sessions"] = [one | {"planned_minutes": 0, "followers": 0} for one in plan["sessions"]]
    tables = world(
        **plan,
        event_counts=[count(day(0), "product_click", 0)],
        orders=[order("S0", "P", day(0), 1, unit_price=0.0)],
    )
    sound(tables, asked(tables, cutoffs(tables)), sensing)
    found = at(tables, [day(6)], sensing, "S1")[0]
    assert (found["price"], found["units_offered"], found["is_capped"], found["followers"]) == (0, 0, 1, 0)
    assert (found["units_last"], found["clicks_last"], found["price_to_last"], found["discount_share"]) == (
        *(1, 0),
        *(None, None),
    )


def test_an_empty_session_says_zero_and_knows_no_viewers(world, sensing):
    tables = world(**planned("S0", "S1"))
    sound(tables, asked(tables, cutoffs(tables)), sensing)
    found = at(tables, [day(0) + 30 * MINUTE], sensing)[0]
    assert (found["session_clicks_ever"], found["listing_orders_30m"], found["product_showings"]) == (0, 0, 1)
    assert (found["session_viewers_ever"], found["listing_viewers_5m"], found["listing_carts_per_click"]) == (None,) * 3


def test_ten_thousand_clicks_of_one_viewer_are_one_viewer(world, sensing):
    clicks = [event(f"E{n}", day(0) + n * SECOND / 4) for n in range(10_000)]  # 240 a minute
    tables = world(**planned("S0", "S1"), events=clicks)
    found, later = at(tables, [day(0) + 42 * MINUTE, day(1)], sensing)
    spans = ("1m", "5m", "30m", "ever")
    assert [found[f"{of}_viewers_{span}"] for of in ("listing", "session") for span in spans] == [1] * 8
    assert [found[f"listing_clicks_{span}"] for span in spans] == [160, 1_120, 7_120, 10_000]
    assert (found["session_clicks_ever"], found["session_newcomer_share"]) == (10_000, 1)
    assert (later["listing_viewers_30m"], later["listing_viewers_ever"]) == (0, 1)
    assert at(tables, [day(6)], sensing, "S1")[0]["viewers_last"] == 1


def test_as_many_viewers_as_click_in_one_second_are_all_counted(world, sensing):
    tables = world(**planned("S0"), events=[event(f"E{n}", day(0), viewer_id=f"V{n}") for n in range(2_000)])
    found = at(tables, [day(0) + MINUTE], sensing)[0]
    assert (found["listing_viewers_1m"], found["session_viewers_ever"], found["listing_clicks_1m"]) == (2_000,) * 3


def test_a_clock_that_is_wrong_neither_hides_nor_foretells(world, sensing):
    """Received before it happened: it counts from its receipt; in 2099: not before; long ago: not in a window."""
    tables = world(
        **planned("S0"),
        events=[
            event("early", day(0) + 60 * MINUTE, received_at=day(0)),
            event("unborn", FAR, viewer_id="W"),
            event("told", FAR, viewer_id="X", received_at=day(0) + MINUTE),
            event("old", LONG_AGO, viewer_id="Y"),
        ],
        orders=[
            order("S0", "P", FAR, 5),
            order("S0", "P", LONG_AGO, 7),
            order("S0", "P", day(0), 1, received_at=LONG_AGO + timedelta(days=1)),
        ],
    )
    sound(tables, asked(tables, cutoffs(tables)), sensing)
    names = ("listing_clicks_ever", "listing_viewers_ever", "listing_clicks_1m", "listing_units_ever", "units_28d")
    seen = at(tables, [day(0), day(0) + MINUTE, day(0) + 2 * MINUTE, FAR, FAR + MINUTE], sensing)
    assert [tuple(found[name] for name in names) for found in seen] == [
        (1, 1, 0, 8, 0),
        (2, 2, 1, 8, 0),
        (3, 3, 1, 8, 0),
        (3, 3, 0, 8, 0),
        (4, 4, 1, 13, 5),
    ]


@pytest.mark.parametrize(
    ("timezone", "country", "scheduled", "told"),
    [
        ("Europe/London", "GB", datetime(2025, 3, 29, 23, 30, tzinfo=UTC), (6, 23.5, 29)),
        ("Europe/London", "GB", datetime(2025, 3, 30, 0, 30, tzinfo=UTC), (7, 0.5, 30)),
        ("Europe/London", "GB", datetime(2025, 3, 30, 1, 0, tzinfo=UTC), (7, 2.0, 30)),
        ("Europe/London", "GB", datetime(2025, 3, 30, 23, 30, tzinfo=UTC), (1, 0.5, 31)),
        ("America/New_York", "US", datetime(2025, 11, 2, 3, 45, tzinfo=UTC), (6, 23.75, 1)),
        ("America/New_York", "US", datetime(2025, 11, 2, 5, 30, tzinfo=UTC), (7, 1.5, 2)),
        ("America/New_York", "US", datetime(2025, 11, 2, 6, 30, tzinfo=UTC), (7, 1.5, 2)),
        ("America/New_York", "US", datetime(2025, 11, 3, 4, 30, tzinfo=UTC), (7, 23.5, 2)),
        ("America/New_York", "US", datetime(2025, 11, 3, 5, 0, tzinfo=UTC), (1, 0.0, 3)),
    ],
)
def test_clocks_that_change_move_the_hour_and_no_window(timezone, country, scheduled, told, world, sensing):
    begun = {"announced_at": scheduled - timedelta(days=2), "scheduled_at": scheduled, "started_at": scheduled}
    tables = world(
        sessions=[session("S0", 0, **begun, ended_at=scheduled + 180 * MINUTE)],
        lineups=[listing("S0", "P", 0, announced_at=begun["announced_at"])],
        products=[product("P")],
        events=[event(f"E{m}", scheduled + m * MINUTE, viewer_id=f"V{m % 7}") for m in range(0, 180, 2)],
    )
    local = in_market(sensing, timezone, country)
    minutes = (31, 61, 121, 179)  # over midnight, or over the change of clocks, or both
    rows = at(tables, [scheduled + passed * MINUTE for passed in minutes], local)
    for passed, found in zip(minutes, rows, strict=True):
        assert (found["weekday"], found["hour"], found["day_of_month"]) == told
        assert (found["listing_clicks_30m"], found["listing_clicks_ever"]) == (15, (passed + 1) // 2)
        assert (found["session_viewers_30m"], found["session_viewers_5m"], found["lead_days"]) == (
            *(7, 3),
            pytest.approx(-passed / 1440),
        )


def test_a_session_that_never_starts_is_no_showing(world, sensing):
    """Where others state their starts; its plan is known all the same."""
    plan = planned("S0", "S1")
    plan["sessions"].append(session("S2", 3, started_at=None, ended_at=None))
    plan["lineups"].append(listing("S2", "Q", 3))
    plan["products"].append(product("Q"))
    tables = world(**plan, orders=[order("S0", "P", day(0) + MINUTE, 4)])
    sound(tables, asked(tables, [*cutoffs(tables), day(400)]), sensing)
    for found in at(tables, [day(3) - MINUTE, day(3) + MINUTE, day(4), day(400)], sensing, "S2", "Q"):
        assert (found["product_showings"], found["units_last"], found["product_days_since"]) == (0, None, None)
        assert (found["session_clicks_ever"], found["session_viewers_ever"], found["price"]) == (0, None, 10)
    assert at(tables, [day(4)], sensing)[0]["product_showings"] == 1
