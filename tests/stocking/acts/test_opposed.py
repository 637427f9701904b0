from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocking.acts.advise import ALERTS, advise
from stocking.acts.opposed import unopposed

NOON = datetime(2024, 6, 24, 12, tzinfo=UTC)
REST = timedelta(minutes=10)


def advice(*pieces, minute=0):
    """Pieces: kind, session and product, value, and the session that gets the goods."""
    rows = [
        {"kind": kind, "session_id": at[0], "product_id": at[1], "value": value, "to_session_id": to,
         "to_product_id": at[1] if to else None, "cutoff": NOON + timedelta(minutes=minute)}
        for kind, at, value, to in pieces
    ]  # fmt: skip
    return pl.DataFrame([{name: row.get(name) for name in ALERTS} for row in rows], schema=ALERTS)


def kinds(frame):
    return frame.select("kind", "session_id").rows()


NONE = advice()
FASTER, SLOWER = ("speed_up", "SP", 60.0, None), ("slow_down", "SP", 50.0, None)
OTHER = ("swap", "SQ", 70.0, None)
MAKE, GIVE = ("convert", "SP", 60.0, None), ("reallocate", "SP", 90.0, "T")
BACK = ("reallocate", "TP", 80.0, "S")


@pytest.mark.parametrize(
    ("first", "second"),
    [(FASTER, SLOWER), (FASTER, ("swap", "SP", 50.0, None)), (GIVE, MAKE), (GIVE, BACK)],
)
def test_of_two_pieces_that_undo_each_other_the_one_worth_more_is_told(first, second):
    for pieces in ((first, second), (second, first)):
        assert kinds(unopposed(advice(*pieces), NONE, REST)) == [(first[0], first[1][0])]


@pytest.mark.parametrize(("first", "second"), [(SLOWER, FASTER), (FASTER, SLOWER), (MAKE, GIVE), (GIVE, MAKE),
                                               (GIVE, BACK), (BACK, GIVE)])  # fmt: skip
def test_what_would_undo_earlier_advice_waits_for_the_cool_down_whatever_it_is_worth(first, second):
    earlier, great = advice(first), (*second[:2], 9_999.0, second[3])
    assert unopposed(advice(great, minute=9), earlier, REST).is_empty()
    assert unopposed(advice(great, minute=10), earlier, REST).height == 1


def test_what_does_not_contradict_is_told_side_by_side():
    """Another listing's hint, a sell-out, goods for a listing that has some made, too."""
    told = advice(FASTER, OTHER, ("sell_out", "SP", 5.0, None), MAKE, ("reallocate", "TP", 80.0, "S"))
    assert unopposed(told, NONE, REST).equals(told)
    assert unopposed(told, told, REST).equals(told)


def test_goods_of_another_product_are_another_matter():
    told = advice(GIVE, ("convert", "SQ", 10.0, None), ("convert", "UP", 10.0, None))
    assert unopposed(told, NONE, REST).equals(told)


piece = st.tuples(
    st.sampled_from(["speed_up", "slow_down", "swap", "convert", "reallocate", "sell_out"]),
    st.sampled_from(["SP", "SQ", "TP", "TQ"]),
    st.sampled_from([1.0, 2.0, 3.0]),
).map(lambda one: (*one, {"S": "T", "T": "S"}[one[1][0]] if one[0] == "reallocate" else None))
ways = {
    "speed_up": ("attention", 1),
    "slow_down": ("attention", -1),
    "swap": ("attention", -1),
    "convert": ("goods", 1),
}


def contradictions(told):
    """Pairs within the rest that push a listing both ways, worked out row by row."""
    pushed = []
    for row in told.iter_rows(named=True):
        at, when = (row["session_id"], row["product_id"]), row["cutoff"]
        if row["kind"] in ways:
            pushed.append((at, when, *ways[row["kind"]]))
        elif row["kind"] == "reallocate":
            pushed.append((at, when, "goods", -1))
            pushed.append(((row["to_session_id"], row["to_product_id"]), when, "goods", 1))
    return [
        (one, other) for one in pushed for other in pushed
        if one[0] == other[0] and one[2] == other[2] and one[3] > other[3] and abs(one[1] - other[1]) < REST
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(ticks=st.lists(st.lists(piece, max_size=5, unique_by=lambda one: one[:2]), min_size=1, max_size=6))
def test_no_listing_is_pushed_both_ways_within_the_rest_and_not_everything_is_silenced(ticks):
    told = NONE
    for minute, pieces in enumerate(ticks):
        new = advice(*pieces, minute=4 * minute)
        kept = unopposed(new, told, REST)
        assert unopposed(new.reverse(), told, REST).reverse().equals(kept)
        assert kept.height > 0 or new.is_empty() or told.height > 0
        told = pl.concat([told, kept])
    assert contradictions(told) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=st.lists(
        st.lists(st.tuples(st.integers(20, 160), st.integers(21, 200), st.integers(0, 60)), min_size=4, max_size=4),
        min_size=2,
        max_size=8,
    )
)
def test_whatever_happens_nobody_is_told_the_contrary_within_the_cool_down(moment, nothing, acts, patient, even, ticks):
    """Two products in two sessions, whose stock, demand and reserve jump about; every four minutes a look."""
    told = nothing
    for number, states in enumerate(ticks, start=1):
        rows = [
            {"session_id": f"S{at % 2}", "product_id": f"P{at // 2}", "stock_units": stock, "reserve_units": reserve,
             "plan_demand_p50": 90.0, **even(20, high)}
            for at, (stock, high, reserve) in enumerate(states)
        ]  # fmt: skip
        told = pl.concat([told, advise(moment(4 * number, *rows), told, acts, patient)])
    assert contradictions(told) == []
