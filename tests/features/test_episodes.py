from datetime import timedelta

from small_world import day, listing, order, product, session

from features.episodes import starts
from features.labels import outcomes
from features.listings import upcoming

NEVER_SAID = {"started_at": None, "ended_at": None}


def begun(tables, **how):
    return dict(starts(tables, **how).rows())


def test_a_session_begins_at_its_stated_start_as_far_as_it_is_known(world):
    tables = world(sessions=[session("S", 1, received_at=day(2)), session("T", 3)])
    assert begun(tables) == {"S": day(2), "T": day(3)}


def test_without_any_stated_start_sessions_begin_as_planned(world):
    assert begun(world(sessions=[session("S", 1, **NEVER_SAID)])) == {"S": day(1)}


def test_once_starts_are_stated_a_silent_session_never_began(world):
    tables = world(sessions=[session("S", 1), session("T", 2, **NEVER_SAID)])
    assert begun(tables) == {"S": day(1)}


def test_an_order_is_a_sign_of_life(world):
    tables = world(
        sessions=[session("S", 1), session("T", 2, **NEVER_SAID)],
        orders=[order("T", "P", day(2) + timedelta(minutes=7))],
    )
    assert begun(tables)["T"] == day(2) + timedelta(minutes=7)


def test_a_postponed_session_does_not_begin_at_its_old_time(world, sensing):
    postponed = session("S", 10, announced_at=day(0), received_at=day(2), **NEVER_SAID)
    tables = world(
        sessions=[session("S", 3, announced_at=day(0), **NEVER_SAID), postponed],
        lineups=[listing("S", "P", 3)],
        products=[product("P")],
    )
    assert begun(tables) == {"S": day(10)}
    assert upcoming(tables, day(5), timedelta(days=7))["is_new_product"].to_list() == [True]
    assert outcomes(tables, day(9), sensing).is_empty()


def test_a_cancelled_session_teaches_nothing_even_if_starts_were_delivered_late(world, sensing):
    tables = world(
        sessions=[session("S", 1, received_at=day(4)), session("T", 1.5, received_at=day(0), **NEVER_SAID)],
        lineups=[listing("S", "P", 1), listing("T", "P", 1.5)],
        products=[product("P")],
    )
    assert outcomes(tables, day(8), sensing)["session_id"].to_list() == ["S"]


def test_a_sell_out_stays_known_though_an_earlier_one_is_told_of_later(world):
    gone = {"session_id": "S", "product_id": "P", "kind": "sold_out"}
    tables = world(
        sessions=[session("S", 1), session("T", 4, **NEVER_SAID)],
        lineups=[listing("S", "P", 1), listing("T", "P", 4)],
        products=[product("P")],
        events=[
            gone | {"event_id": "E1", "ts": day(1) + timedelta(minutes=10)},
            gone | {"event_id": "E2", "ts": day(1) + timedelta(minutes=5), "received_at": day(20)},
        ],
    )
    assert upcoming(tables, day(2), timedelta(days=7))["capped_last_time"].to_list() == [True]
