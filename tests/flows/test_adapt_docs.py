"""The walk-through in docs/adapters.md does what it says."""

import re
from pathlib import Path

import polars as pl
import pytest

from features.contracts import TABLES
from flows.adapt import adapt
from flows.config import load

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adapters.md"
FILES = re.compile(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def mei(tmp_path, monkeypatch) -> dict[str, pl.DataFrame]:
    """The files of the page, adapted in a folder of their own; what is printed must be what the page shows."""
    page = PAGE.read_text(encoding="utf-8")
    for name, content in FILES.findall(page):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told = adapt(Path("configs/sources/mei"), Path("exports/mei"), Path("landing/mei"))
    assert PRINTED.findall(page) == ["".join(f"{one.table}: {one.rows:,} rows in {one.path}\n" for one in told)]
    return {table.table: pl.read_parquet(table.path) for table in told}


def test_the_walk_through_makes_every_required_table_as_the_contract_wants_it(mei):
    assert set(mei) == {name for name, table in TABLES.items() if table.required}
    for name, frame in mei.items():
        whole = pl.concat([TABLES[name].empty(), frame], how="diagonal")
        assert TABLES[name].schema.validate(whole, lazy=True).height == frame.height > 0


def test_the_walk_through_keeps_leading_zeros_and_turns_local_times_into_instants(mei):
    assert sorted(mei["products"]["product_id"]) == ["0042", "8801"]
    assert mei["orders"]["ts"].min().isoformat() == "2026-05-01T12:15:31+00:00"
    assert mei["orders"]["unit_price"].to_list() == [149.0, 59.9]
    assert mei["sessions"]["started_at"].null_count() == 1


@pytest.mark.parametrize("said", re.findall(r"configs/sources/(\w+/\w+\.\w+)", PAGE.read_text(encoding="utf-8")))
def test_every_file_that_the_page_points_to_is_there(said):
    assert said.startswith("mei/") or (ROOT / "configs" / "sources" / said).is_file()


@pytest.mark.parametrize(
    "overlay", sorted(ROOT.glob("configs/sources/*/config.yaml")), ids=lambda path: path.parent.name
)
def test_a_sources_configuration_lies_over_the_defaults(overlay):
    assert load([overlay]).market.name == overlay.parent.name


def test_the_configuration_of_the_walk_through_lies_over_the_defaults(mei):
    assert load([Path("configs/sources/mei/config.yaml")]).market.timezone == "Asia/Shanghai"
