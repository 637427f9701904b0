"""How an export becomes landing tables, whatever the export."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.adapt import AdapterError, adapt

STOCK = (
    "SELECT sku AS product_id, counted AT TIME ZONE 'Asia/Shanghai' AS as_of, n AS on_hand_units, 0 AS inbound_units"
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A shop's export of three counts, not in order, with an apostrophe in the folder's name."""
    raw = tmp_path / "mei's export"
    raw.mkdir()
    raw.joinpath("counts.csv").write_text(
        "sku,counted,n\n8801,2026-05-02 08:00:00,7\n0042,2026-05-02 08:00:00,3\n0042,2026-05-01 08:00:00,5\n"
    )
    return raw


def source(tmp_path: Path, **files: str) -> Path:
    """A source of the given SQL files."""
    folder = tmp_path / "source"
    folder.mkdir(exist_ok=True)
    for name, sql in files.items():
        folder.joinpath(f"{name}.sql").write_text(sql)
    return folder


def counts(select: str) -> str:
    return f"{select}\nFROM read_csv(raw('counts.csv'), types = {{'sku': 'VARCHAR'}})"


def test_a_select_becomes_a_table_with_the_types_of_the_contract_sorted_by_its_key(tmp_path, export):
    landing = tmp_path / "landing"
    told = adapt(source(tmp_path, stock=counts(STOCK)), export, landing)
    assert [(table.table, table.rows) for table in told] == [("stock", 3)]
    assert pl.read_parquet(landing / "stock" / "part-0.parquet").equals(
        pl.DataFrame(
            {
                "product_id": ["0042", "0042", "8801"],
                "as_of": [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 2)],
                "on_hand_units": [5, 3, 7],
                "inbound_units": [0, 0, 0],
            },
            schema_overrides={"as_of": pl.Datetime("us", "UTC")},
        )
    )


def test_the_same_export_gives_the_same_bytes_and_nothing_unfinished_stays(tmp_path, export):
    folder = source(tmp_path, stock=counts(STOCK))
    first, second = (adapt(folder, export, tmp_path / name)[0].path for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in tmp_path.joinpath("one").rglob("*")] == ["stock", "part-0.parquet"]


def test_what_several_tables_share_runs_first_and_is_no_table_of_its_own(tmp_path, export):
    folder = source(tmp_path, _shelf=counts("SELECT *"), stock=f"{STOCK} FROM shelf")
    assert [table.table for table in adapt(folder, export, tmp_path / "landing")] == ["stock"]


def test_a_column_written_as_null_is_as_good_as_one_left_out(tmp_path, export):
    folder = source(tmp_path, stock=counts(f"{STOCK}, NULL AS received_at"))
    landed = pl.read_parquet(adapt(folder, export, tmp_path / "landing")[0].path)
    assert landed["received_at"].to_list() == [None] * 3
    assert landed.schema["received_at"] == pl.Datetime("us", "UTC")


def test_required_tables_that_the_source_leaves_out_are_named_in_the_log(tmp_path, export, caplog):
    adapt(source(tmp_path, stock=counts(STOCK)), export, tmp_path / "landing")
    assert "not in this source, but required: products, sessions, lineups, orders" in caplog.messages


def test_a_failing_table_leaves_the_landing_zone_as_it_was(tmp_path, export):
    landing = tmp_path / "landing"
    adapt(source(tmp_path, stock=counts(STOCK)), export, landing)
    before = landing.joinpath("stock/part-0.parquet").read_bytes()
    export.joinpath("counts.csv").write_text("sku,counted,n\n1,2026-05-02 08:00:00,1\n")
    with pytest.raises(AdapterError):
        adapt(source(tmp_path, suppliers="SELECT 1 AS nonsense"), export, landing)
    assert landing.joinpath("stock/part-0.parquet").read_bytes() == before
    assert [path.name for path in landing.iterdir()] == ["stock"]
    with pytest.raises(AdapterError):
        adapt(source(tmp_path, suppliers="SELECT 1 AS nonsense"), export, tmp_path / "new")
    assert not (tmp_path / "new").exists()


WRONG = {
    "SELEC 1": "line 1: Parser Error: syntax error at or near",
    "": "found nothing; expected one SELECT",
    "SELECT 1; SELECT 2": "found SELECT, SELECT; expected one SELECT",
    "DROP TABLE stock": "found DROP; expected one SELECT",
    "COPY (SELECT 1) TO 'gone.csv'": "found COPY; expected one SELECT",
    "SELECT 1\nFROM nowhere": "line 2: Catalog Error: Table with name nowhere does not exist",
    "FROM read_csv(raw('gone.csv'))": "No files found that match the pattern",
    "FROM read_csv('/etc/passwd')": "raw files are reached by raw('NAME'), and no others can be",
    "FROM read_csv(raw('../source/stock.sql'))": "raw files are reached by raw('NAME'), and no others can be",
    counts(STOCK.replace("n AS", "sku.replace('0', 'O')::INTEGER AS")): "Conversion Error: Could not convert string",
    counts(
        STOCK.replace("sku AS", "'S' || sku AS").replace("0 AS", "0.5 AS")
    ): "inbound_units is DECIMAL(2,1), expected BIGINT",
    counts(
        STOCK.replace(" AT TIME ZONE 'Asia/Shanghai'", "")
    ): "as_of is TIMESTAMP, expected TIMESTAMPTZ: give a local time",
    counts(STOCK.replace(", 0 AS inbound_units", "")): "inbound_units not selected; stock cannot do without",
    counts(
        STOCK.replace("0 AS", "0 AS shelf, 0 AS")
    ): "no column of the contract is called shelf; stock has product_id, as_of",
}


@pytest.mark.parametrize(("sql", "told"), WRONG.items())
def test_sql_that_cannot_be_used_is_refused_in_one_line_that_names_the_file(tmp_path, export, sql, told):
    with pytest.raises(AdapterError) as refusal:
        adapt(source(tmp_path, stock=sql), export, tmp_path / "landing")
    assert str(refusal.value).startswith(str(tmp_path / "source" / "stock.sql:"))
    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_named_after_no_landing_table_is_refused_with_the_names_there_are(tmp_path, export):
    with pytest.raises(AdapterError, match=r"no landing table is called stocks; expected one of .*stock"):
        adapt(source(tmp_path, stocks=counts(STOCK)), export, tmp_path / "landing")


def test_a_torn_raw_file_is_refused_and_not_half_read(tmp_path, export):
    export.joinpath("counts.parquet").write_bytes(b"PAR1 and then the disk was full")
    with pytest.raises(AdapterError, match=r"stock\.sql: .*counts\.parquet"):
        adapt(source(tmp_path, stock="FROM read_parquet(raw('counts.parquet'))"), export, tmp_path / "landing")


@pytest.mark.parametrize(("gone", "told"), [("source", "one SQL file for each"), ("raw", "folder of the raw export")])
def test_a_missing_folder_is_named(tmp_path, gone, told):
    for name in {"source", "raw"} - {gone}:
        tmp_path.joinpath(name).mkdir()
    source(tmp_path, stock="SELECT 1") if gone == "raw" else None
    with pytest.raises(AdapterError, match=f"{gone}: no such folder; expected .*{told}"):
        adapt(tmp_path / "source", tmp_path / "raw", tmp_path / "landing")


def test_a_source_without_sql_and_a_landing_zone_that_cannot_be_made_are_refused(tmp_path, export):
    with pytest.raises(AdapterError, match="no SQL files; expected one for each landing table"):
        adapt(source(tmp_path), export, tmp_path / "landing")
    tmp_path.joinpath("landing").write_text("a file")
    with pytest.raises(AdapterError, match="landing: cannot be written"):
        adapt(source(tmp_path, stock=counts(STOCK)), export, tmp_path / "landing")
