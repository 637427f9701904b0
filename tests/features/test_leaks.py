"""Nothing that was not yet known at a cutoff may move a feature."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_world import day, filled, listing, order, product, session

from features.contracts import empty_tables
from features.known import known_at
from features.listings import upcoming
from features.table import compute

INSTANTS = st.integers(0, 6 * 24 * 60).map(lambda minute: day(0) + timedelta(minutes=minute, seconds=minute % 60))
MAYBE = st.none() | INSTANTS


@st.composite
def worlds(draw):
    """A week of up to four sessions of three products, with late, early and missing news of everything."""
    names = [f"S{n}" for n in range(draw(st.integers(1, 4)))]
    things = ["P", "Q", "W"]
    places = st.tuples(st.sampled_from(names), st.sampled_from(things))
    sessions = [
        session(name, draw(st.integers(0, 6)), received_at=draw(MAYBE), started_at=draw(MAYBE), ended_at=draw(MAYBE))
        for name in names
        for _ in range(draw(st.integers(1, 2)))
    ]
    lineups = [
        listing(
            s, p, draw(st.integers(0, 6)), received_at=draw(MAYBE), units_offered=draw(st.none() | st.integers(1, 5))
        )
        for s, p in draw(st.lists(places, min_size=2, max_size=8))
    ]
    products = [product(p, received_at=draw(MAYBE), category=draw(st.sampled_from(["a/b", "a/c"]))) for p in things]
    orders = [
        order(s, p, draw(INSTANTS), draw(st.integers(1, 9)), received_at=draw(MAYBE), order_id=f"O{n}")
        for n, (s, p) in enumerate(draw(st.lists(places, max_size=12)))
    ]
    kinds = st.sampled_from(["enter", "product_click", "add_to_cart", "sold_out", "restock", "comment"])
    events = [
        {"event_id": f"E{n}", "session_id": s, "product_id": p, "kind": draw(kinds), "ts": draw(INSTANTS),
         "received_at": draw(MAYBE)}
        for n, (s, p) in enumerate(draw(st.lists(places, max_size=15)))
    ]  # fmt: skip
    counts = [
        {"session_id": s, "product_id": p, "kind": draw(kinds), "minute": draw(INSTANTS).replace(second=0),
         "count": draw(st.integers(1, 9)), "received_at": draw(MAYBE)}
        for s, p in draw(st.lists(places, max_size=5))
    ]  # fmt: skip
    returns = [
        {"return_id": f"B{n}", "order_id": o["order_id"], "ts": draw(INSTANTS), "units": 1, "received_at": draw(MAYBE)}
        for n, o in enumerate(orders[:5])
    ]
    rows = {"sessions": sessions, "lineups": lineups, "products": products, "orders": orders, "events": events,
            "returns": returns, "event_counts": counts}  # fmt: skip
    return dict(empty_tables()) | {name: filled(name, some) for name, some in rows.items()}


def cutoffs(tables):
    """The data's own instants, one microsecond to each side."""
    columns = [
        (t, c) for t, frame in tables.items() for c, kind in frame.schema.items() if kind == pl.Datetime("us", "UTC")
    ]
    instants = sorted({value for t, c in columns for value in tables[t][c].drop_nulls()})
    return [i + timedelta(microseconds=shift) for i in instants for shift in (-1, 0, 1)]


def unknown(name, cutoff):
    return known_at(name) >= cutoff


def deleted(name, frame, cutoff):
    return frame.filter(~unknown(name, cutoff))


def doubled(name, frame, cutoff):
    return pl.concat([frame, frame.filter(unknown(name, cutoff))])


def changed(name, frame, cutoff):
    numbers = [c for c, kind in frame.schema.items() if kind.is_numeric()]
    return frame.with_columns(
        pl.when(unknown(name, cutoff)).then(pl.col(c) * 3 + 1).otherwise(pl.col(c)).alias(c) for c in numbers
    )


def moved(name, frame, cutoff):
    own = {"orders": "ts", "events": "ts", "returns": "ts", "sessions": "announced_at", "lineups": "announced_at"}.get(
        name
    )
    column = own or "received_at"
    return frame.with_columns(
        pl.when(unknown(name, cutoff)).then(pl.col(column) + timedelta(days=2)).otherwise(pl.col(column)).alias(column)
    )


def facts_to_come(name, frame, cutoff):
    """Starts and ends that lie ahead are not known either, whatever row states them."""
    if name != "sessions":
        return frame
    return frame.with_columns(
        pl.when(pl.col(c) >= cutoff).then(None).otherwise(pl.col(c)).alias(c) for c in ("started_at", "ended_at")
    )


@pytest.mark.parametrize("mutate", [deleted, doubled, changed, moved, facts_to_come])
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_feature_moves_with_what_was_unknown(mutate, data, sensing):
    tables = data.draw(worlds())
    cutoff = data.draw(st.sampled_from(cutoffs(tables)))
    other = {name: mutate(name, frame, cutoff) for name, frame in tables.items()}
    asked = tables["lineups"].select("session_id", "product_id").unique().sort("session_id", "product_id")
    asked = asked.with_columns(cutoff=pl.lit(cutoff).cast(pl.Datetime("us", "UTC")))
    assert_frame_equal(compute(tables, asked, sensing), compute(other, asked, sensing), check_exact=True)
    ahead = timedelta(days=7)
    assert_frame_equal(upcoming(tables, cutoff, ahead), upcoming(other, cutoff, ahead))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=worlds(), seed=st.integers(0, 99))
def test_order_and_repetition_of_rows_do_not_matter(tables, seed, sensing):
    shuffled = {
        name: pl.concat([frame, frame.sample(fraction=0.5, seed=seed)]).sample(fraction=1.0, shuffle=True, seed=seed)
        for name, frame in tables.items()
    }
    asked = tables["lineups"].select("session_id", "product_id").unique().sort("session_id", "product_id")
    asked = asked.with_columns(cutoff=pl.lit(day(5)).cast(pl.Datetime("us", "UTC")))
    assert_frame_equal(compute(tables, asked, sensing), compute(shuffled, asked, sensing), check_exact=True)


def test_what_was_known_does_move_features(three_evenings, sensing):
    asked = pl.DataFrame({"session_id": ["S4"], "product_id": ["P"], "cutoff": [datetime(2025, 3, 6, 12, tzinfo=UTC)]})
    asked = asked.with_columns(pl.col("cutoff").cast(pl.Datetime("us", "UTC")))
    more = dict(three_evenings) | {"orders": three_evenings["orders"].with_columns(pl.col("units") * 2)}
    before, after = compute(three_evenings, asked, sensing), compute(more, asked, sensing)
    assert after["units_28d"].item() == 2 * before["units_28d"].item()
