"""A lake of an earlier release, with fewer columns, is refused until it is upgraded; then nothing of it is lost."""

from datetime import date

import polars as pl
import pytest
from deltalake import DeltaTable
from small_landing import small_zone

from features.contracts import TABLES
from flows.appending import Append
from flows.ingest import take_in
from flows.lake import Lake
from flows.once import add_once
from flows.own_tables import OWN
from flows.site import Site
from flows.upgrade import upgrade
from flows.widening import LakeOutdatedError
from stocking.acts.advise import ALERTS


@pytest.fixture
def site(tmp_path):
    return Site(home=tmp_path / "home")


@pytest.fixture
def released(monkeypatch):
    """An earlier release, in which a table of ours had a column less, until it is left."""

    def begin(table, column):
        monkeypatch.setitem(OWN, table, pl.Schema({name: kind for name, kind in OWN[table].items() if name != column}))

    yield begin, monkeypatch.undo
    monkeypatch.undo()


def row(table, **more):
    return pl.DataFrame([{name: more.get(name) for name in OWN[table]}], schema=OWN[table])


def test_rows_of_a_table_with_a_column_less_are_all_there_after_an_upgrade_in_their_order(site, released):
    earlier, now = released
    lake = Lake(site.made())
    earlier("forgotten", "tombstone")
    earlier("monitor", "since")
    for number in (3, 1, 2):
        assert add_once(lake, "monitor", row("monitor", value=float(number)), (f"digest{number}", "told"))
    now()
    with pytest.raises(LakeOutdatedError, match="monitor is of an earlier release and lacks since: run `baokuan upg"):
        lake.scan("monitor")
    assert upgrade(site).sentences() == ["monitor: since added, 3 files written anew"]
    files = [path for paths in lake.parts("monitor").values() for path in paths]
    assert [pl.read_parquet(path)["value"].item() for path in files] == [3.0, 1.0, 2.0]
    assert not add_once(lake, "monitor", row("monitor", value=1.0), ("digest1", "told"))
    assert add_once(lake, "monitor", row("monitor", value=4.0, since=date(2025, 1, 1)), ("digest4", "told"))
    assert lake.scan("monitor").collect().sort("value")["since"].to_list() == [None, None, None, date(2025, 1, 1)]
    assert "since" in {field.name for field in DeltaTable(lake.root / "monitor").schema().fields}
    assert upgrade(site).sentences() == ["every table of the lake has today's columns"]


def test_a_table_that_grows_by_steps_keeps_them(site, released):
    earlier, now = released
    lake, gone = Lake(site.made()), list(ALERTS)[-1]
    earlier("alerts", gone)
    growing = lake.growing("alerts")
    assert [growing.add(step, row("alerts")) for step in (1, 2, 5)] == [True, True, True]
    now()
    upgrade(site)
    assert lake.growing("alerts").last() == 5
    assert lake.grown("alerts", 1).collect().height == 2
    assert not lake.growing("alerts").add(5, row("alerts"))


def test_a_landing_table_keeps_its_days_its_sources_and_its_version(site, tmp_path, monkeypatch):
    contract = TABLES["orders"]
    small_zone(tmp_path / "landing")
    take_in(site, tmp_path / "landing")
    lake = Lake(site.made())
    before, version = lake.tables(), lake.data_version()
    wider = type("Wider", (), {**{name: getattr(contract, name) for name in ("day_of", "key", "columns")}})()
    wider.dtypes = pl.Schema({**contract.dtypes, "coupon": pl.String})
    wider.columns = {**contract.columns, "coupon": None}
    monkeypatch.setattr("flows.lake.TABLES", {**TABLES, "orders": wider})
    with pytest.raises(LakeOutdatedError, match="orders"):
        lake.tables()
    upgrade(site)
    assert lake.data_version() == version
    after = lake.tables()
    assert after["orders"].drop("coupon").equals(before["orders"])
    assert after["orders"]["coupon"].null_count() == after["orders"].height > 0
    assert take_in(site, tmp_path / "landing").new_rows == 0


def test_an_upgrade_that_died_before_the_table_said_so_is_begun_anew(site, released):
    earlier, now = released
    lake = Lake(site.made())
    earlier("monitor", "since")
    add_once(lake, "monitor", row("monitor", value=1.0), ("digest", "told"))
    now()
    table = lake._opened("monitor")
    alone = pl.DataFrame(schema={"since": pl.Date})
    append = Append(table, lake.root / "monitor", "", [None])
    path = next(iter(lake.root.glob("monitor/*.parquet")))
    append.add(pl.read_parquet(path).with_columns(pl.lit(None, pl.Date).alias(*alone.columns)), None, "again.parquet")
    append.commit((), {})
    with pytest.raises(LakeOutdatedError):
        lake.scan("monitor")
    upgrade(site)
    assert lake.scan("monitor").collect()["value"].to_list() == [1.0]
