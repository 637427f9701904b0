"""What the fresh_retail source makes of FreshRetailNet-50K."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contracts import TABLES
from flows.adapt import adapt

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "configs" / "sources" / "fresh_retail"
REAL = ROOT.parent / "shared" / "data" / "fresh_retail"
DAY = date(2024, 6, 19)


def raw(folder: Path, hours: list[list[float]], out: list[list[int]], discount: float = 0.9) -> Path:
    """An export of one store on one day: 24 sales and 24 stock states for each product."""
    folder.mkdir(exist_ok=True)
    keys = pl.DataFrame({"store_id": [7] * len(hours), "product_id": range(len(hours)), "dt": [DAY] * len(hours)})
    keys = keys.cast({"store_id": pl.Int16, "product_id": pl.Int16})
    keys.with_columns(
        pl.lit(discount).alias("discount"),
        pl.Series("sale_amount", [sum(sales) for sales in hours], pl.Float64),
        *(pl.lit(n).alias(name) for n, name in enumerate(("management_group_id", "first_category_id"))),
        *(pl.lit(n).alias(name) for n, name in enumerate(("second_category_id", "third_category_id"), 2)),
    ).write_parquet(folder / "daily.parquet")
    keys.with_columns(
        pl.Series("hours_sale", hours, pl.List(pl.Float32)), pl.Series("hours_stock_status", out, pl.List(pl.UInt8))
    ).write_parquet(folder / "hourly_lists.parquet")
    return folder


def adapted(raw_dir: Path, landing: Path) -> dict[str, pl.DataFrame]:
    """The landing tables, each held against its contract's types and bounds."""
    tables = {table.table: pl.read_parquet(table.path) for table in adapt(SOURCE, raw_dir, landing)}
    for name, frame in tables.items():
        TABLES[name].schema.validate(pl.concat([TABLES[name].empty(), frame], how="diagonal"))
    return tables


def day(**amounts: float) -> list[float]:
    return [amounts.get(f"h{hour}", 0.0) for hour in range(24)]


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of the day in Shanghai, in UTC."""
    return datetime(2024, 6, 19, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute, seconds=second)


def test_hours_become_orders_that_are_known_when_the_hour_has_ended(tmp_path):
    hours = [day(h8=0.2, h9=0.15, h10=0.15, h23=0.1), day()]
    orders = adapted(raw(tmp_path / "raw", hours, [[0] * 24] * 2), tmp_path / "landing")["orders"].sort("ts")
    assert orders["ts"].to_list() == [at(hour, 59, 59) for hour in (8, 9, 10, 23)]
    assert orders["units"].to_list() == [2, 2, 1, 1]
    assert orders["unit_price"].to_list() == [9.0] * 4
    assert orders["session_id"].unique().to_list() == ["7-2024-06-19"]


def test_a_store_day_is_a_session_announced_with_its_prices_a_week_ahead(tmp_path):
    tables = adapted(raw(tmp_path / "raw", [day()], [[0] * 24], discount=0.0), tmp_path / "landing")
    week_ahead = at(0) - timedelta(days=7)
    plan = tables["sessions"].select("announced_at", "scheduled_at", "started_at", "ended_at")
    assert plan.row(0) == (week_ahead, at(6), at(6), at(22))
    assert tables["lineups"].row(0) == ("7-2024-06-19", "0", week_ahead, 0.0)
    assert tables["products"].row(0) == ("0", "group-0", "1/2/3", "product 0", 10.0)


def test_only_stock_states_in_opening_hours_become_events_and_a_shelf_empty_at_opening_sold_out_then(tmp_path):
    out = [[int(hour in {0, 1, 5, 6, 7, 20, 21, 22, 23}) for hour in range(24)], [1] * 6 + [0] * 16 + [1] * 2]
    events = adapted(raw(tmp_path / "raw", [day(), day()], out), tmp_path / "landing")["events"].sort("ts")
    assert events.select("product_id", "kind", "ts").rows() == [
        ("0", "sold_out", at(6)),
        ("0", "restock", at(8)),
        ("0", "sold_out", at(20)),
    ]


HOURS = st.lists(st.sampled_from([0.0, 0.0, 0.04, 0.05, 0.1, 0.15, 0.3, 1.2]), min_size=24, max_size=24)


@settings(max_examples=10, deadline=None)
@given(st.lists(HOURS, min_size=1, max_size=30))
def test_the_hours_of_a_day_add_up_to_the_days_rounded_amount(tmp_path_factory, hours):
    folder = tmp_path_factory.mktemp("rounding")
    orders = adapted(raw(folder / "raw", hours, [[0] * 24] * len(hours)), folder / "landing")["orders"]
    wanted = {str(n): int(round(sum(sales), 4) * 10 + 0.5 + 1e-9) for n, sales in enumerate(hours)}
    sold = dict(orders.group_by("product_id").agg(pl.col("units").sum()).rows())
    assert sold == {product: units for product, units in wanted.items() if units}
    assert orders["units"].min() is None or orders["units"].min() > 0


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if not REAL.is_dir():
        pytest.skip("../shared/data/fresh_retail is not there")
    return adapted(REAL, tmp_path_factory.mktemp("fresh_retail"))


def test_the_real_export_keeps_every_listing_unit_and_stock_out(real):
    daily = pl.read_parquet(REAL / "daily.parquet")
    assert {name: frame.height for name, frame in real.items()} == {
        "sessions": 60 * 90,
        "lineups": 298_980,
        "products": 496,
        "orders": 1_594_995,
        "events": 164_333,
    }
    assert real["orders"]["units"].sum() == (daily["sale_amount"].round(4) * 10 + 1e-9).round().sum() == 2_964_163
    assert real["orders"]["order_id"].is_unique().all()
    sold_out = real["events"].filter(kind="sold_out").select("session_id", "product_id").n_unique()
    assert sold_out == daily.filter(pl.col("stockout_hours_6_22") > 0).height == 132_786


def test_at_the_real_cutoff_the_next_three_days_are_announced(real):
    ahead = real["sessions"].filter(pl.col("scheduled_at").is_between(at(0), at(72)))
    assert ahead.height == 3 * 60
    assert ahead["announced_at"].max() < at(0)
