from datetime import UTC, datetime, timedelta

import polars as pl
from small_landing import MAY, order, small_zone

from features.contracts import TABLES
from flows.beside import oddities, previous_list, quality
from flows.data import Data, read_data
from flows.ingest import take_in
from flows.lake import Lake
from flows.site import Site
from stocking.stocking_list import STOCKING_LIST

CUTOFF = datetime(2024, 6, 19, tzinfo=UTC)


def data(**rows):
    tables = {name: pl.DataFrame(rows.get(name, []), schema=contract.dtypes) for name, contract in TABLES.items()}
    return Data(tables, "v", {}, {})


def stock(hours):
    return {"product_id": "P1", "as_of": CUTOFF - timedelta(hours=hours), "on_hand_units": 3, "inbound_units": 0}


def test_the_age_of_the_newest_row_that_counts_is_told():
    told = dict(quality(data(stock=[stock(5), stock(30), stock(-2)]), CUTOFF, ()).iter_rows())
    assert told["stock"] == "newest row 2024-06-18 19:00 UTC, 5 h before the cutoff"


def test_rows_that_come_later_count_for_nothing():
    told = dict(quality(data(stock=[stock(-2)]), CUTOFF, ()).iter_rows())
    assert told["stock"] == "nothing known before the cutoff"


def test_suppliers_without_a_date_are_no_stale_ones():
    supplier = {"supplier_id": "U1", "lead_time_days": 2.0, "min_order_units": 1, "pack_units": 1}
    told = dict(quality(data(suppliers=[supplier]), CUTOFF, ()).iter_rows())
    assert told["suppliers"] == "rows without a date: taken as always known"


def test_warnings_and_what_is_missing_come_first():
    told = quality(data(stock=[stock(5)]), CUTOFF, ["a baseline did better"])
    assert told["topic"].to_list()[:2] == ["forecast", "missing"]
    assert told["finding"][0] == "a baseline did better"
    assert {"no suppliers in the lake: defaults are used", "no returns in the lake: defaults are used"} <= {
        *told["finding"]
    }


def test_the_list_that_lies_there_is_the_previous_one(tmp_path):
    assert previous_list(tmp_path) is None

    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in STOCKING_LIST.columns.items()})
    empty.write_parquet(tmp_path / "stocking_list.parquet")
    assert previous_list(tmp_path).equals(empty)
    empty.drop("rank").write_parquet(tmp_path / "stocking_list.parquet")
    assert previous_list(tmp_path) is None


def test_of_a_robots_orders_a_bounded_number_counts_and_the_list_says_so(tmp_path):
    robots = [order(f"B{n}", viewer_id="robot", ts=MAY + timedelta(seconds=n)) for n in range(50)]
    site = Site(home=tmp_path / "home")
    take_in(site, small_zone(tmp_path / "zone", orders=robots))
    found = read_data(site)
    assert Lake(site.made()).rows("orders") == 50
    assert found.tables["orders"].height == 20
    cutoff = MAY + timedelta(days=1)
    odd = oddities(found, cutoff, site)
    assert odd == ["30 orders do not count: 1 viewers made more than 20 in a minute, for 1 listings"]
    assert odd[0] in quality(found, cutoff, odd)["finding"].to_list()
    assert oddities(found, MAY - timedelta(days=1), site) == []


def test_a_title_cannot_paint_over_the_terminal_by_what_is_said_of_it(tmp_path):
    named = [{"product_id": "P1", "merchant_id": name, "title": "\x1b[2J\nall is well"} for name in "MN"]
    assert oddities(data(products=named), CUTOFF, Site(home=tmp_path)) == [
        "1 product ids name another product than before: P1 (' [2J all is well'); its history counts for both"
    ]
