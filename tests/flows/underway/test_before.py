"""What is known before an instant is what a lake holds that was filled only with what was known then."""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from random_world import Size, random_world
from small_world import day, filled

from features.condensed import ACTED, IDS
from features.contracts import TABLES, empty_tables
from features.known import known_at, stock_known
from features.ledger import minute_of
from features.live import LIVE
from features.table import compute
from flows.config import load
from flows.data import read_data
from flows.underway.before import known_before

SENSING = load().sensing()
MINUTE = timedelta(minutes=1)


def known(tables, instant):
    by_then = {name: known_at(name) < instant if name != "stock" else stock_known(instant) for name in TABLES}
    return {name: frame.filter(by_then[name]) for name, frame in tables.items()}


def asked(tables, instant):
    rows = tables["lineups"].select("session_id", "product_id").unique().sort(pl.all())
    return rows.with_columns(cutoff=pl.lit(instant, pl.Datetime("us", "UTC")))


def same(found, expected, tables, instant):
    for name in TABLES:
        if name != "events":
            assert_frame_equal(found[name].unique(), expected[name].unique(), check_row_order=False, check_exact=True)
    assert set(found[IDS]["id"]) == set(expected[IDS]["id"])
    assert found[ACTED].filter(pl.col("minute") >= pl.lit(instant).pipe(minute_of)).is_empty()
    rows = asked(tables, instant)
    assert_frame_equal(compute(found, rows, SENSING, LIVE), compute(expected, rows, SENSING, LIVE), check_exact=True)


@pytest.mark.parametrize("seed", [0, 3])
def test_it_equals_a_lake_that_was_filled_only_with_what_was_known_then(make_site, seed):
    """Files hold rows from before and after; some rows are only handed over, some are in the lake and handed over."""
    tables = random_world(seed, Size(sessions=5, orders=40, events=150, counts=10, returns=10))
    instant = day(Random(seed).uniform(5, 9)).replace(second=0, microsecond=0)
    in_both, apart = ({n: f.filter(_picked(f, seed, share)) for n, f in tables.items()} for share in (0.3, 0.2))
    lake = {name: frame.join(apart[name], on=frame.columns, how="anti", nulls_equal=True)
            for name, frame in tables.items()}  # fmt: skip
    more = {name: pl.concat([in_both[name], apart[name]]).unique() for name in tables}
    found = known_before(make_site("all", lake, 2), instant, more)
    expected = read_data(make_site("then", known(tables, instant))).tables
    assert expected[ACTED].height > 20
    same(found, expected, tables, instant)


def _picked(frame, seed, share):
    told = [Random(f"{seed} {share} {row!r}").random() < share for row in frame.iter_rows()]
    return pl.Series(told, dtype=pl.Boolean)


def click(name, minute, **more):
    return {"event_id": name, "session_id": "S", "product_id": "P", "kind": "product_click", "viewer_id": "v",
            "ts": day(0) + minute * MINUTE} | more  # fmt: skip


def clicks(found):
    first = int(day(0).timestamp()) // 60
    rows = found[ACTED].filter(pl.col("clicks") > 0).select(pl.col("minute") - first, "clicks")
    return sorted(rows.rows())


def world(*events):
    return dict(empty_tables()) | {"events": filled("events", list(events))}


def test_the_minute_of_the_instant_is_left_out_also_of_a_file_that_holds_what_came_before(make_site):
    site = make_site("home", world(click("A", 1), click("B", 4), click("C", 5), click("D", 9)))
    assert clicks(known_before(site, day(0) + 5 * MINUTE, {})) == [(1, 1), (4, 1)]


def test_what_the_lake_has_and_what_is_handed_over_count_once(make_site):
    site = make_site("home", world(click("A", 1), click("B", 2)))
    more = {"events": filled("events", [click("B", 2), click("C", 3)])}
    assert clicks(known_before(site, day(0) + 5 * MINUTE, more)) == [(1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize("others", [[], [click("Z", 30)]], ids=["handed over", "in a file with later rows"])
def test_of_two_versions_of_an_event_the_one_known_first_counts_wherever_it_lies(make_site, fill, others):
    site = make_site("home", world(click("A", 3), click("B", 3)))
    earlier = filled("events", [click("A", 1), *others])
    if others:
        fill(site, {"events": earlier}, "later")
    more = {} if others else {"events": earlier}
    assert clicks(known_before(site, day(0) + 5 * MINUTE, more)) == [(1, 1), (3, 1)]


def test_a_version_known_later_changes_nothing(make_site):
    site = make_site("home", world(click("A", 1)))
    more = {"events": filled("events", [click("A", 3)])}
    assert clicks(known_before(site, day(0) + 5 * MINUTE, more)) == [(1, 1)]


def test_stock_counted_at_the_instant_itself_counts(make_site):
    counts = [
        {"product_id": "P", "as_of": day(number), "on_hand_units": number, "inbound_units": 0} for number in (1, 2)
    ]
    site = make_site("home", dict(empty_tables()) | {"stock": filled("stock", counts)})
    assert known_before(site, day(2), {})["stock"]["on_hand_units"].to_list() == [1, 2]
    assert known_before(site, day(2) - MINUTE, {})["stock"]["on_hand_units"].to_list() == [1]


def test_an_empty_home_knows_only_what_is_handed_over(make_site):
    found = known_before(make_site("home", {}), day(0) + 5 * MINUTE, {"events": filled("events", [click("A", 1)])})
    assert clicks(found) == [(1, 1)]
    assert found["orders"].is_empty()
