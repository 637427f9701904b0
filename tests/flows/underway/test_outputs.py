import polars as pl
import pytest
from small_world import day

from flows.underway.outputs import KEPT, Outputs
from stocking.acts.situation import LISTING, NOWCAST

SCHEMA = NOWCAST | LISTING


def listings(sold):
    row = {"session_id": "../x", "product_id": "=cmd", "cutoff": day(0), "sold_units": sold, "stock_units": 9}
    return pl.DataFrame([{name: row.get(name) for name in SCHEMA}], schema=SCHEMA)


@pytest.fixture
def outputs(tmp_path):
    return Outputs(tmp_path / "live" / "outputs")


def test_what_was_told_at_a_tick_is_read_again(outputs):
    outputs.keep(1, listings(3))
    outputs.keep(2, listings(4))
    assert outputs.read(1).equals(listings(3).select(KEPT))
    assert outputs.read(2)["sold_units"].to_list() == [4]


def test_a_tick_is_there_once_it_was_kept(outputs):
    outputs.keep(3, listings(3))
    assert [outputs.has(tick) for tick in (2, 3, 4)] == [False, True, False]


def test_a_tick_that_is_worked_on_again_replaces_what_was_told(outputs):
    outputs.keep(1, listings(3))
    outputs.keep(1, listings(5))
    assert outputs.read(1)["sold_units"].to_list() == [5]


def test_a_tick_without_sessions_is_kept_as_nothing(outputs):
    """As the watch hands it over before any session is followed."""
    outputs.keep(1, pl.DataFrame())
    outputs.keep(2, listings(3).clear())
    assert [(outputs.has(tick), outputs.read(tick).height) for tick in (1, 2)] == [(True, 0), (True, 0)]


def test_ticks_up_to_one_are_forgotten(outputs):
    for tick in (1, 2, 10, 11):
        outputs.keep(tick, listings(tick))
    outputs.forget(10)
    assert [outputs.has(tick) for tick in (1, 2, 10, 11)] == [False, False, False, True]


def test_what_a_kill_left_unfinished_was_not_told_and_hurts_nobody(outputs, tmp_path):
    (tmp_path / "live" / "outputs" / "_000000000007.parquet").write_bytes(b"PAR1")
    assert not outputs.has(7)
    outputs.forget(9)
    outputs.keep(7, listings(7))
    assert outputs.read(7)["sold_units"].to_list() == [7]


def test_another_process_finds_what_was_kept(outputs, tmp_path):
    outputs.keep(1, listings(3))
    assert Outputs(tmp_path / "live" / "outputs").read(1).equals(outputs.read(1))
