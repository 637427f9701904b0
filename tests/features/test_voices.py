"""What people say of a product, counted by hand; nothing known at the cutoff or later has a say."""

from datetime import timedelta

import polars as pl
import pytest
from futures import MUTATIONS, other_future
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from questions import cutoffs
from random_world import random_world, worlds
from small_lexicon import LEXICON
from small_world import day, listing, order, product, session

from features.condensed import condensed
from features.contract import INSTANT
from features.contracts import empty_tables
from features.listings import upcoming
from features.voices import voices

CUTOFF = day(4)
WEEK = timedelta(days=7)
SAID = day(1)


def listed(*products, category="food/tea", cutoff=CUTOFF):
    rows = [(name, category, cutoff) for name in products]
    return pl.DataFrame(rows, {"product_id": pl.String, "category": pl.String, "cutoff": INSTANT}, orient="row")


def comment(name, text, at=SAID, product_id="P"):
    row = {"event_id": name, "session_id": "S", "product_id": product_id, "viewer_id": "V", "kind": "comment"}
    return row | {"ts": at, "text": text}


def returned(name, order_id, reason):
    return {"return_id": name, "order_id": order_id, "ts": day(2), "units": 1, "reason": reason}


def heard(tables, *products, **more):
    return voices(tables, listed(*products or ("P",), **more), LEXICON).row(0, named=True)


def test_the_most_frequent_questions_come_first_and_three_are_enough(world):
    texts = ["穿什么码", "size?", "尺码?", "how much", "几天到", "ship?", "还有吗", "hello"]
    tables = world(events=[comment(f"E{n}", text) for n, text in enumerate(texts)])
    assert heard(tables)["questions"] == ["size (3)", "shipping (2)", "price (1)"]


def test_complaints_and_reasons_of_returns_stand_together_by_how_often(world):
    orders = [order("S", "P", day(1) + timedelta(minutes=n)) for n in range(3)]
    tables = world(
        events=[comment("A", "掉色"), comment("B", "broken")],
        orders=orders,
        returns=[returned(f"R{n}", row["order_id"], "too small") for n, row in enumerate(orders)],
    )
    assert heard(tables)["complaints"] == ["came back: too small (3)", "complaints of viewers (2)"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("x" * 60, ["came back: " + "x" * 40 + " (1)"]),
        ("too\nsmall\x1b[31m\u202e", ["came back: too small [31m (1)"]),
        ("  too   small ", ["came back: too small (1)"]),
        (" \t ", []),
        (None, []),
    ],
)
def test_what_a_buyer_wrote_is_one_short_line_without_what_cannot_be_seen(world, reason, told):
    sold = order("S", "P", day(1))
    tables = world(orders=[sold], returns=[returned("R", sold["order_id"], reason)])
    assert heard(tables)["complaints"] == told


def test_reasons_that_differ_only_in_blanks_are_one(world):
    orders = [order("S", "P", day(1) + timedelta(minutes=n)) for n in range(2)]
    reasons = zip(orders, ("too small", "too\tsmall "), strict=True)
    tables = world(orders=orders, returns=[returned(f"R{n}", o["order_id"], r) for n, (o, r) in enumerate(reasons)])
    assert heard(tables)["complaints"] == ["came back: too small (2)"]


def test_what_was_said_of_the_room_another_product_or_long_ago_does_not_count(world):
    tables = world(
        events=[
            comment("A", "size?", product_id=None),
            comment("B", "size?", product_id="Q"),
            comment("C", "size?", at=CUTOFF - timedelta(days=91)),
        ]
    )
    assert heard(tables)["questions"] == []


def test_a_product_with_few_orders_is_bought_as_its_category_is(world):
    bought = [("P", 4), ("Q", 1), ("Q", 1), ("Z", 9)]
    tables = world(
        products=[product("P"), product("Q"), product("Z", category="wear/shoes")],
        orders=[order("S", name, day(n), units) for n, (name, units) in enumerate(bought)],
    )
    assert heard(tables)["units_an_order"] == 2.0


def test_a_product_with_twenty_orders_speaks_for_itself(world):
    own = [order("S", "P", day(1) + timedelta(minutes=n), 3) for n in range(20)]
    tables = world(products=[product("P"), product("Q")], orders=[*own, order("S", "Q", day(1), 9)])
    assert heard(tables)["units_an_order"] == 3.0


def test_a_product_of_no_known_category_has_its_own_orders_only(world):
    assert heard(world(orders=[order("S", "P", day(1), 4)]), category=None)["units_an_order"] == 4.0


def test_where_nothing_was_said_and_nothing_ordered_nothing_is_told():
    told = voices(empty_tables(), listed("P", "Q"), LEXICON)
    assert told.rows() == [("P", [], [], None), ("Q", [], [], None)]
    words = pl.List(pl.String)
    assert dict(told.schema) == {
        "product_id": pl.String,
        "questions": words,
        "complaints": words,
        "units_an_order": pl.Float64,
    }
    assert voices(empty_tables(), listed(), LEXICON).schema == told.schema


def test_a_product_in_several_sessions_is_told_once_and_events_may_be_condensed_before(world):
    tables = world(
        sessions=[session("S4", 4, started_at=None, ended_at=None), session("S5", 5, started_at=None, ended_at=None)],
        lineups=[listing("S4", "P", 4), listing("S5", "P", 5)],
        products=[product("P")],
        events=[comment("A", "size?")],
    )
    told = voices(tables, upcoming(tables, day(3.5), WEEK), LEXICON)
    assert told.rows() == [("P", ["size (1)"], [], None)]
    assert voices(condensed(tables, LEXICON), upcoming(tables, day(3.5), WEEK), LEXICON).equals(told)


def test_listings_of_two_cutoffs_are_refused():
    both = pl.concat([listed("P"), listed("Q", cutoff=day(5))])
    with pytest.raises(ValueError, match="found 2 cutoffs, expected listings of one"):
        voices(empty_tables(), both, LEXICON)


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_another_future_changes_nothing(mutation, data):
    tables = data.draw(worlds())
    cutoff = data.draw(st.sampled_from(cutoffs(tables)))
    asked = listed("P0", "P1", "P2", "P3", cutoff=cutoff)
    other = other_future(tables, cutoff, mutation, data.draw(st.integers(0, 99)))
    assert voices(other, asked, LEXICON).equals(voices(tables, asked, LEXICON))


def test_the_worlds_of_the_leak_test_say_something():
    told = voices(random_world(1), listed("P0", "P1", "P2", "P3", cutoff=day(30)), LEXICON)
    assert told["questions"].list.len().sum() > 0
    assert told["complaints"].list.len().sum() > 0
    assert told["units_an_order"].min() >= 1
