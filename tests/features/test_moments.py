"""Instants within sessions: so long after a listing opened and, until then, after its session began."""

from datetime import timedelta

import polars as pl
from small_world import day, filled, listing, order, session

from features.contracts import empty_tables
from features.moments import moments

MINUTE = timedelta(minutes=1)
LISTINGS = pl.DataFrame({"session_id": ["S", "S"], "product_id": ["P", "Q"]})


def tables(clicked, ended=60):
    begun = {"started_at": day(0), "ended_at": day(0) + ended * MINUTE}
    clicks = [
        {"event_id": f"E{number}", "session_id": "S", "product_id": "P", "kind": "product_click", "ts": at}
        for number, at in enumerate(clicked)
    ]
    rows = {
        "sessions": [session("S", 0, **begun)],
        "lineups": [listing("S", "P", 0), listing("S", "Q", 0)],
        "events": clicks,
    }
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


def asked(told, sensing, minutes=(1, 5, 30)):
    found = moments(told, LISTINGS, minutes, sensing)
    since = (found["cutoff"] - day(0)).dt.total_minutes()
    return {product: sorted(since.filter(found["product_id"] == product)) for product in ("P", "Q")}


def test_a_listing_is_looked_at_before_it_opens_and_after(sensing):
    """P is clicked in the eighth minute: 1 and 5 minutes after the begin it is closed, then 1, 5 and 30 after that."""
    told = tables([day(0) + 8 * MINUTE + timedelta(seconds=20), day(0) + 9 * MINUTE])
    assert asked(told, sensing) == {"P": [1, 5, 9, 13, 38], "Q": [1, 5, 30]}


def test_an_order_opens_a_listing_too(sensing):
    told = tables([]) | {"orders": filled("orders", [order("S", "P", day(0) + 2 * MINUTE, 1)])}
    assert asked(told, sensing)["P"] == [1, 3, 7, 32]


def test_nothing_is_looked_at_once_the_session_is_over(sensing):
    told = tables([day(0) + 8 * MINUTE], ended=12)
    assert asked(told, sensing) == {"P": [1, 5, 9], "Q": [1, 5]}


def test_a_session_that_never_began_gives_no_instants(sensing):
    told = tables([])
    other = session("T", 0, started_at=None, ended_at=None)
    told = told | {
        "sessions": pl.concat([told["sessions"], filled("sessions", [other])]),
        "lineups": pl.concat([told["lineups"], filled("lineups", [listing("T", "P", 0)])]),
    }
    found = moments(told, pl.DataFrame({"session_id": ["T"], "product_id": ["P"]}), (1, 5), sensing)
    assert found.is_empty()
