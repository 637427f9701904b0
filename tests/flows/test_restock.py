"""A list is due before each session, once for each span, however often and however late is asked."""

from datetime import timedelta

import polars as pl
import pytest
from small_landing import LISTING, MAY, PRODUCT, SESSION, order, write

from flows.data import Stretch
from flows.ingest import take_in
from flows.kept_lists import keep_list
from flows.moments import Ahead
from flows.restock import Near, sessions_due
from flows.site import Site
from flows.standing import standing_list
from stocking.exports import LIST_FILE
from stocking.stocking_list import LISTS, STOCKING_LIST

HOUR = timedelta(hours=1)
NEAR = Near(horizon=timedelta(days=7))


@pytest.fixture
def site(tmp_path):
    """A home that knows of one session, with one listing, and of one without any."""
    landing = tmp_path / "landing"
    write(landing, "sessions", [SESSION, SESSION | {"session_id": "bare"}])
    write(landing, "lineups", [LISTING])
    write(landing, "products", [PRODUCT])
    write(landing, "orders", [order("one")])
    site = Site(home=tmp_path / "home")
    take_in(site, landing)
    return site


def listed(site, cutoff):
    told = {"session_id": "S1", "product_id": "P1", "cutoff": cutoff}
    rows = pl.DataFrame([{name: told.get(name) for name in LISTS}], schema=LISTS).drop("list_sha256")
    assert keep_list(site, rows, f"{cutoff.timestamp():.0f}")


def due(site, hours):
    return sessions_due(site, NEAR, MAY - hours * HOUR)


def test_a_session_is_due_from_a_day_before_its_start_until_it_starts(site):
    assert [due(site, hours) for hours in (24.1, 24, 3, 0, -0.1)] == [[], ["S1"], ["S1"], ["S1"], []]


def test_a_list_made_since_is_enough_and_two_hours_before_the_next_is_due(site):
    listed(site, MAY - 30 * HOUR)
    assert due(site, 23) == ["S1"]
    listed(site, MAY - 23 * HOUR)
    assert [due(site, hours) for hours in (23, 2.1, 2, 1)] == [[], [], ["S1"], ["S1"]]
    listed(site, MAY - 1.5 * HOUR)
    assert [due(site, hours) for hours in (2, 1, 0)] == [[], [], []]


def test_a_late_look_does_nothing_where_a_later_list_has_gone_out(site):
    listed(site, MAY - HOUR)
    assert due(site, 20) == []


def test_how_long_before_is_asked_for(site):
    asked = Near(horizon=timedelta(days=7), before=("90m",))
    assert [sessions_due(site, asked, MAY - hours * HOUR) for hours in (1.6, 1.5)] == [[], ["S1"]]


def standing(tmp_path, cutoff):
    columns = {name: column.dtype.type for name, column in STOCKING_LIST.columns.items()}
    row = {name: cutoff if name == "cutoff" else None for name in columns}
    pl.DataFrame([row], schema=columns).write_parquet(tmp_path / LIST_FILE)


def asked(tmp_path, moment, as_of=None):
    return standing_list(Ahead(horizon=HOUR, as_of=as_of), Stretch(moment, HOUR), tmp_path)


def test_a_scheduled_list_is_not_made_again_nor_put_in_the_place_of_a_later_one(tmp_path):
    assert asked(tmp_path, MAY) is None
    standing(tmp_path, MAY)
    assert asked(tmp_path, MAY + HOUR) is None
    assert asked(tmp_path, MAY).cutoff == MAY
    assert asked(tmp_path, MAY - HOUR).cutoff == MAY


def test_who_names_the_moment_gets_its_list_all_the_same(tmp_path):
    standing(tmp_path, MAY)
    assert asked(tmp_path, MAY - HOUR, as_of=MAY - HOUR) is None
