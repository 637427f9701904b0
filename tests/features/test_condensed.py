"""Events told shortly: what is kept of them, and that parts put together are the whole."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from random_world import worlds
from small_lexicon import LEXICON
from small_world import day, filled

from features.condensed import ACTED, IDS, SEEN, condense, condensed, joined, repeated
from features.contracts import TABLES, empty_tables

MANY = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
PLACE = ("session_id", "product_id", "minute")
FIRST_MINUTE = int(day(0).timestamp()) // 60


def event(name, kind, minutes, **more):
    row = {"event_id": name, "session_id": "S", "product_id": "P", "viewer_id": "V", "kind": kind}
    return row | {"ts": day(0) + timedelta(minutes=minutes)} | more


def told(*rows):
    return condense(filled("events", list(rows)), LEXICON)


def added(found):
    """What was done in each place, and who was there, whatever the order of the buckets."""
    acted = found[ACTED].group_by(PLACE).agg(pl.exclude(PLACE).sum()).sort(PLACE)
    seen = found[ACTED].select(PLACE)[found[SEEN]["bucket"]].hstack(found[SEEN].select("viewer_id"))
    return acted, seen.unique().sort(*PLACE, "viewer_id")


@MANY
@given(tables=worlds(), parts=st.integers(1, 4), seed=st.integers(0, 99))
def test_parts_put_together_count_what_the_whole_counts(tables, parts, seed):
    events = tables["events"].sample(fraction=1.0, shuffle=True, seed=seed)
    part = events["event_id"].hash(seed) % parts
    whole, pieces = condense(events, LEXICON), [condense(events.filter(part == n), LEXICON) for n in range(parts)]
    together = joined(pieces)
    for one, another in zip(added(whole), added(together), strict=True):
        assert_frame_equal(one, another)
    assert together[IDS].sort("id").equals(whole[IDS])
    assert repeated([piece[IDS]["id"] for piece in pieces]) == []


@MANY
@given(tables=worlds())
def test_no_text_and_no_viewer_stays_beside_single_events(tables):
    kept = condense(tables["events"], LEXICON)
    assert kept["events"].schema == TABLES["events"].dtypes
    assert kept["events"].select("viewer_id", "text").null_count().row(0) == (kept["events"].height,) * 2
    texts = {name for name, dtype in kept[ACTED].schema.items() if dtype == pl.String}
    assert texts == {"session_id", "product_id"}
    assert (kept[SEEN].columns, kept[IDS].columns) == (["viewer_id", "bucket"], ["id"])


def test_actions_are_counted_by_place_and_minute_and_a_comment_once_more_for_its_topic():
    found = told(
        event("A", "product_click", 0), event("B", "product_click", 0.9), event("C", "product_click", 1),
        event("D", "comment", 1, text="how much", viewer_id="W"),
        event("E", "enter", 1, product_id=None, viewer_id=None),
    )  # fmt: skip
    rows = found[ACTED].select(*PLACE, "clicks", "comments", "price_questions", "enters").sort(PLACE, nulls_last=True)
    assert rows.rows() == [
        ("S", "P", FIRST_MINUTE, 2, 0, 0, 0),
        ("S", "P", FIRST_MINUTE + 1, 1, 1, 1, 0),
        ("S", None, FIRST_MINUTE + 1, 0, 0, 0, 1),
    ]
    _, seen = added(found)
    assert seen.select("minute", "viewer_id").rows() == [
        (FIRST_MINUTE, "V"),
        (FIRST_MINUTE + 1, "V"),
        (FIRST_MINUTE + 1, "W"),
    ]


def test_kept_one_by_one_are_stock_carts_and_the_last_sign_of_life_of_a_minute():
    found = told(
        event("A", "sold_out", 0), event("B", "restock", 0.1), event("C", "add_to_cart", 0.2), event("D", "like", 0.3),
        event("E", "view", 0.4), event("F", "view", 7), event("G", "like", 0.35, session_id="T"),
    )  # fmt: skip
    assert sorted(found["events"]["event_id"]) == ["A", "B", "C", "E", "F", "G"]


def test_of_two_versions_of_an_event_only_the_one_known_first_is_counted():
    later = event("A", "product_click", 9, received_at=day(1))
    found = told(later, event("A", "add_to_cart", 3), later)
    assert found[ACTED].select("minute", "clicks", "carts").rows() == [(FIRST_MINUTE + 3, 0, 1)]


def test_parts_with_an_event_in_common_are_named():
    one, two, three = (told(*(event(name, "view", 0) for name in names)) for names in ("AB", "BC", "D"))
    assert repeated([part[IDS]["id"] for part in (one, two, three)]) == [0, 1]


@pytest.mark.parametrize("parts", [1, 3])
def test_nothing_condensed_is_nothing(parts):
    nothing = condense(empty_tables()["events"], LEXICON)
    assert [frame.height for frame in joined([nothing] * parts).values()] == [0] * 4
    assert repeated([nothing[IDS]["id"]] * parts) == []


def test_tables_condensed_once_stay_as_they_are():
    tables = condensed(dict(empty_tables()), LEXICON)
    assert condensed(tables, LEXICON) is tables
