"""What the online_retail source makes of UCI Online Retail."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from features.contracts import TABLES
from flows.adapt import adapt

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "configs" / "sources" / "online_retail"
REAL = ROOT.parent / "shared" / "data" / "online_retail"
LINES = {
    "InvoiceNo": pl.String,
    "StockCode": pl.String,
    "Description": pl.String,
    "Quantity": pl.Int32,
    "InvoiceDate": pl.String,
    "UnitPrice": pl.Float64,
    "CustomerID": pl.Int32,
}


def raw(folder: Path, *lines: tuple[object, ...]) -> Path:
    """An export of invoice lines: invoice, code, title, quantity, local time, price, customer."""
    folder.mkdir()
    pl.DataFrame(lines, schema=LINES, orient="row").with_columns(
        pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M")
    ).write_parquet(folder / "online_retail.parquet")
    return folder


def adapted(raw_dir: Path, landing: Path) -> dict[str, pl.DataFrame]:
    """The landing tables, each held against its contract's types and bounds."""
    tables = {table.table: pl.read_parquet(table.path) for table in adapt(SOURCE, raw_dir, landing)}
    for name, frame in tables.items():
        TABLES[name].schema.validate(pl.concat([TABLES[name].empty(), frame], how="diagonal"))
    return tables


def test_only_sales_of_products_become_orders_and_codes_have_one_spelling(tmp_path):
    export = raw(
        tmp_path / "raw",
        ("1", "85123a", "HEART HOLDER", 6, "2011-06-01 09:30", 2.55, 17),
        ("1", "POST", "POSTAGE", 1, "2011-06-01 09:30", 18.0, 17),
        ("2", "85123A", "damaged", -6, "2011-06-01 10:00", 0.0, None),
        ("3", "85123A", "HEART HOLDER", 1, "2011-06-01 10:00", 0.0, 17),
        ("C4", "D", "Discount", -1, "2011-06-01 11:00", 27.5, 17),
    )
    orders = adapted(export, tmp_path / "landing")["orders"]
    summer = datetime(2011, 6, 1, 8, 30, tzinfo=UTC)
    assert orders.rows() == [("1-85123A-1", "shop-2011-06-01", "85123A", "17", summer, 6, 2.55)]


def test_equal_lines_of_an_invoice_are_orders_of_their_own_with_keys_that_do_not_depend_on_row_order(tmp_path):
    lines = [("1", "20001", "MUG", units, "2011-06-01 09:30", 2.0, None) for units in (1, 3, 1)]
    tables = [
        adapted(raw(tmp_path / name, *chosen), tmp_path / f"{name}-landing")["orders"]
        for name, chosen in (("as-is", lines), ("shuffled", lines[::-1]))
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].select("order_id", "units").rows() == [("1-20001-1", 1), ("1-20001-2", 1), ("1-20001-3", 3)]


def test_a_cancellation_returns_the_latest_earlier_order_that_it_fits(tmp_path):
    export = raw(
        tmp_path / "raw",
        ("1", "20001", "MUG", 10, "2011-06-01 09:00", 2.0, 17),
        ("2", "20001", "MUG", 4, "2011-06-02 09:00", 2.0, 17),
        ("3", "20001", "MUG", 10, "2011-06-03 09:00", 2.0, 18),
        ("C4", "20001", "MUG", -5, "2011-06-06 09:00", 2.0, 17),
        ("C5", "20001", "MUG", -4, "2011-06-06 09:05", 2.0, 17),
        ("C6", "20001", "MUG", -4, "2011-06-06 09:10", 2.0, 17),
        ("C7", "20001", "MUG", -1, "2011-06-06 09:15", 2.0, None),
        ("8", "20001", "MUG", 9, "2011-06-07 09:00", 2.0, 17),
    )
    returns = adapted(export, tmp_path / "landing")["returns"]
    assert returns.select("return_id", "order_id", "units").rows() == [
        ("C4-20001-1", "1-20001-1", 5),
        ("C5-20001-1", "2-20001-1", 4),
    ]


def test_the_shop_plans_every_day_but_saturday_a_week_ahead_and_a_day_without_sales_never_starts(tmp_path):
    days = ("2011-06-02", "2011-06-05")
    lines = [(day, "20001", "MUG", 1, f"{day} 12:00", 2.0, None) for day in days]
    sessions = adapted(raw(tmp_path / "raw", *lines), tmp_path / "landing")["sessions"]
    planned = (2, 3, 5, 6, 7, 8, 9, 10, 12)
    assert sessions["scheduled_at"].to_list() == [datetime(2011, 6, day, 5, tzinfo=UTC) for day in planned]
    assert (sessions["scheduled_at"] - sessions["announced_at"]).dt.total_hours().unique().to_list() == [7 * 24 + 6]
    assert sessions.filter(pl.col("started_at").is_not_null())["session_id"].to_list() == [
        f"shop-{day}" for day in days
    ]
    assert sessions["ended_at"].drop_nulls().to_list() == [datetime(2011, 6, 2, 20, tzinfo=UTC)]


def test_a_line_up_holds_what_sold_in_the_four_weeks_before_it_was_announced_at_the_median_price_then(tmp_path):
    sold = [("2011-05-05", 9.0), ("2011-05-06", 2.0), ("2011-06-01", 3.0), ("2011-06-02", 5.0), ("2011-06-03", 1.0)]
    lines = [(day, "20001", "MUG", 1, f"{day} 12:00", price, None) for day, price in sold]
    lineups = adapted(raw(tmp_path / "raw", *lines), tmp_path / "landing")["lineups"]
    assert lineups.filter(session_id="shop-2011-06-10")["price"].to_list() == [3.0]
    assert lineups.filter(session_id="shop-2011-05-12").is_empty()
    assert lineups.filter(session_id="shop-2011-05-13")["price"].to_list() == [9.0]


def test_a_product_is_described_by_its_first_sale_alone(tmp_path):
    export = raw(
        tmp_path / "raw",
        ("1", "20001", "RED MUG", 1, "2011-06-01 09:00", 2.0, 17),
        ("2", "20002", "CHRISTMAS BAG ", 1, "2011-07-01 09:00", 3.0, 17),
        ("3", "20001", "RED MUG, SALE", 1, "2011-07-02 09:00", 1.0, 17),
    )
    launched = datetime(2011, 7, 1, 8, tzinfo=UTC)
    assert adapted(export, tmp_path / "landing")["products"].rows() == [
        ("20001", "shop", "gift-ware/mug", "RED MUG", 2.0, None),
        ("20002", "shop", "gift-ware/christmas", "CHRISTMAS BAG", 3.0, launched),
    ]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if not REAL.is_dir():
        pytest.skip("../shared/data/online_retail is not there")
    return adapted(REAL, tmp_path_factory.mktemp("online_retail"))


def test_the_real_export_keeps_every_product_sale_and_most_cancellations(real):
    lines = pl.read_parquet(REAL / "online_retail.parquet")
    products = lines.filter(pl.col("StockCode").str.to_uppercase().str.contains("^([0-9]{5}|DCGS)"))
    sales = products.filter(pl.col("Quantity") > 0, pl.col("UnitPrice") > 0)
    assert real["orders"].height == sales.height == 527_758
    assert real["orders"]["units"].sum() == sales["Quantity"].sum() == 5_577_100
    assert real["orders"]["order_id"].is_unique().all()
    assert products.filter(pl.col("InvoiceNo").str.starts_with("C")).height == 8_704
    assert real["returns"].height == 7_350
    assert real["returns"]["units"].top_k(2).to_list() == [80_995, 74_215]


def test_no_real_order_takes_back_more_than_it_sold_or_before_it_was_sold(real):
    orders = real["orders"].select("order_id", "units", "ts")
    back = real["returns"].join(orders, on="order_id", suffix="_sold", validate="m:1")
    assert back.height == real["returns"].height
    assert (back["ts"] > back["ts_sold"]).all()
    assert (back.group_by("order_id").agg(pl.col("units").sum() <= pl.col("units_sold").first())["units"]).all()


def test_at_the_real_cutoff_the_next_week_is_announced_from_earlier_sales_alone(real, tmp_path):
    cutoff = datetime(2011, 11, 1, tzinfo=UTC)
    lines = pl.read_parquet(REAL / "online_retail.parquet").filter(pl.col("InvoiceDate") < cutoff.replace(tzinfo=None))
    tmp_path.joinpath("raw").mkdir()
    lines.write_parquet(tmp_path / "raw" / "online_retail.parquet")
    known = adapted(tmp_path / "raw", tmp_path / "landing")
    assert known["lineups"].equals(real["lineups"].filter(pl.col("announced_at") < cutoff))
    ahead = known["sessions"].filter(pl.col("scheduled_at") > cutoff)["session_id"].to_list()
    assert ahead == [f"shop-2011-11-0{day}" for day in (1, 2, 3, 4, 6, 7)]
