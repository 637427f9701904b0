"""Any landing zone that keeps the contract gives a list, however little it holds."""

import polars as pl
import pytest

from features.season.simulate import Season
from features.season.write import write_landing
from flows.data import Stretch, read_data
from flows.ingest import accept, take_in
from flows.site import Site
from flows.stock import Paperwork, decide_units, forecast_listings, prepare, told, write_papers
from flows.train import collect_lessons, learn_and_judge, register
from stocking.stocking_list import STOCKING_LIST

BY_SESSION = ("sessions", "lineups", "events", "event_counts", "orders")
REQUIRED = ("sessions", "lineups", "products", "orders")


def without(season, *names):
    return {name: frame.clear() if name in names else frame for name, frame in season.tables.items()}


def of_sessions(season, sessions):
    kept = {name: season.tables[name].join(sessions, on="session_id", how="semi") for name in BY_SESSION}
    returns = season.tables["returns"].join(kept["orders"], on="order_id", how="semi")
    return {**season.tables, **kept, "returns": returns}


def nothing_but_the_required(season):
    return without(season, "events", "event_counts", "suppliers", "stock", "returns")


def one_room_with_null_costs(season):
    sessions = season.tables["sessions"]
    unknown = {name: pl.lit(None, pl.Float64) for name in ("unit_cost", "salvage_value", "unit_volume_l")}
    tables = of_sessions(season, sessions.filter(room_id=sessions["room_id"][0]))
    return {**tables, "products": tables["products"].with_columns(**unknown)}


def fifty_listings(season):
    return of_sessions(season, season.tables["sessions"].sort("scheduled_at").tail(4))


def no_orders(season):
    return without(season, "orders", "returns")


def nothing(season):
    return without(season, *season.tables)


ZONES = [
    nothing_but_the_required, pytest.param(one_room_with_null_costs, marks=pytest.mark.slow), fifty_listings,
    pytest.param(no_orders, marks=pytest.mark.slow),
    nothing,
]  # fmt: skip


def delivered(tables, season, folder):
    write_landing(Season(tables, season.truth, season.as_of), folder)
    for name in REQUIRED:
        if not tables[name].height:
            (folder / name).mkdir(parents=True)
            tables[name].drop("received_at").write_parquet(folder / name / "empty.parquet")
    return folder


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.__name__)
def test_every_listing_ahead_gets_a_line(zone, season, week, quick, home, tmp_path):
    tables = zone(season)
    site, stretch = Site(home=home, config=(quick,)), Stretch(week.as_of, week.horizon)
    accept(site, take_in(site, delivered(tables, season, tmp_path / "landing")))
    job = trained(site, stretch)
    plan = decide_units(job, stretch, forecast_listings(job, stretch))
    files = write_papers(job, stretch, plan, Paperwork(tmp_path / "out"))
    ahead = tables["sessions"].filter(
        pl.col("scheduled_at") >= stretch.cutoff, pl.col("scheduled_at") < stretch.cutoff + stretch.horizon
    )
    expected = tables["lineups"].join(ahead, on="session_id", how="semi").select("session_id", "product_id").unique()
    STOCKING_LIST.validate(pl.read_parquet(files.stocking_list))
    assert plan.lines.height == expected.height
    assert told(job, plan, files).listings == expected.height


def trained(site, stretch):
    lessons = collect_lessons(site, read_data(site), stretch)
    register(lessons, learn_and_judge(lessons))
    return prepare(site, stretch)
