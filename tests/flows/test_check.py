import hashlib
from datetime import timedelta

import polars as pl
import pytest
from small_landing import LISTING, MAY, PRODUCT, event, order, small_zone, write, write_text

from features.landing_files import LandingError
from flows.check import check
from flows.config import load


@pytest.fixture(scope="module")
def config():
    return load()


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]


def test_a_clean_landing_zone_is_clean_and_stays_as_it_was(tmp_path, config):
    zone = small_zone(tmp_path)
    before = digest(tmp_path)
    report = check(zone, config)
    assert report.clean
    assert digest(tmp_path) == before
    assert "orders: 1 file, 2 rows" in report.sentences()
    assert report.sentences()[-1] == "the landing zone keeps the contract"


def test_violations_are_counted_by_reason_with_an_example(tmp_path, config):
    rows = [order("O1"), order("O2", units=0), order("O3", units=-4), order("O4", unit_price=1.23456)]
    report = check(small_zone(tmp_path, orders=rows), config)
    assert not report.clean
    assert "orders: 1 file, 4 rows, 3 break the contract" in report.sentences()
    assert "  2 times units must lie between 1 and 1e+09, such as '-4'" in report.sentences()
    assert "  1 times unit_price has more than four decimals, such as '1.23456'" in report.sentences()
    assert report.sentences()[-1] == "the landing zone breaks the contract"


def test_missing_tables_are_named_and_break_the_contract(tmp_path, config):
    write(tmp_path, "products", [PRODUCT])
    report = check(tmp_path, config)
    assert not report.clean
    assert "orders: absent, and it must be there" in report.sentences()


def test_what_cannot_be_done_without_optional_tables_and_columns_is_said_and_breaks_nothing(tmp_path, config):
    report = check(small_zone(tmp_path), config)
    told = report.sentences()
    assert report.clean
    assert told[told.index("returns: absent") + 1].startswith("  without return behaviour")
    assert "  no column unit_cost: cost is a configured share of price" in told


def test_a_column_that_only_one_file_has_is_there(tmp_path, config):
    zone = small_zone(tmp_path)
    write(zone, "products", [PRODUCT | {"unit_cost": 4.0}], "b.csv")
    assert not any("no column unit_cost" in line for line in check(zone, config).sentences())


def test_a_file_that_cannot_be_read_is_named(tmp_path, config):
    zone = small_zone(tmp_path)
    write_text(zone, "orders", "", "b.csv")
    report = check(zone, config)
    assert not report.clean
    assert "  refused: orders/b.csv is empty: not even a header" in report.sentences()


def test_rows_that_name_something_unknown_are_told_and_break_nothing(tmp_path, config):
    zone = small_zone(tmp_path, lineups=[LISTING, LISTING | {"session_id": "S9"}])
    report = check(zone, config)
    assert report.dangling() == {("lineups", "session_id"): 1}
    assert report.clean


def test_counts_that_overlap_with_raw_events_break_the_contract(tmp_path, config):
    counts = [{"session_id": "S1", "minute": MAY, "kind": "like", "count": 2}]
    report = check(small_zone(tmp_path, events=[event("E1")], event_counts=counts), config)
    assert not report.clean
    assert "event_counts: 1 file, 1 rows, 1 overlap with events" in report.sentences()
    assert any("events has this session and kind already" in line for line in report.sentences())
    assert report.sentences()[-1] == "the landing zone breaks the contract"


def test_counts_known_before_the_first_raw_event_of_their_kind_break_nothing(tmp_path, config):
    counts = [{"session_id": "S1", "minute": MAY, "kind": "like", "count": 2}]
    late = [event("E1", received_at=MAY + timedelta(days=30)), event("E2", kind="view")]
    assert check(small_zone(tmp_path, events=late, event_counts=counts), config).clean


def test_instants_without_a_zone_are_told_and_break_nothing(tmp_path, config):
    naive = pl.DataFrame([order("O1")]).with_columns(pl.col("ts").dt.replace_time_zone(None))
    report = check(small_zone(tmp_path, orders=naive), config)
    assert report.clean
    assert "  column ts holds instants without a zone: taken as UTC" in report.sentences()


def test_strange_files_and_columns_are_named(tmp_path, config):
    zone = small_zone(tmp_path, products=[PRODUCT | {"colour": "red"}])
    write_text(zone, "weather", "x", "a.csv")
    told = check(zone, config).sentences()
    assert "  column colour is not in the contract: ignored" in told
    assert "weather/ is no landing table or file that we read: left alone" in told


def test_control_characters_in_names_cannot_paint_over_a_terminal(tmp_path, config):
    zone = small_zone(tmp_path, products=[PRODUCT | {"\x1b[31mred": 1}])
    assert not any("\x1b" in line for line in check(zone, config).sentences())


def test_a_landing_zone_that_is_not_there_is_an_error(tmp_path, config):
    with pytest.raises(LandingError, match="is no folder"):
        check(tmp_path / "nowhere", config)
