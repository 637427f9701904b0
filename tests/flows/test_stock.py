"""A list goes out, is answered, and the next one keeps to the answer."""

import io
import shutil
from datetime import timedelta

import polars as pl
import pytest
from openpyxl import load_workbook

from flows.decide import decide
from flows.stock import stock

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


def opened(path):
    return load_workbook(io.BytesIO(path.read_bytes()))


@pytest.fixture(scope="module")
def answered(ran, week, tmp_path_factory):
    """The first line of a merchant's workbook gets twice the units, the second is declined; the list is made again."""
    site, out, _ = ran
    place = tmp_path_factory.mktemp("answered")
    shutil.copytree(site.home, place / "home")
    shutil.copytree(out, place / "list")
    papers = pl.read_csv(place / "list" / "papers.csv").filter(audience="merchant", format="xlsx")
    book = opened(place / "list" / papers.sort("listings")["file"][-1])
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[2]}
    ordered = [row for row in range(3, sheet.max_row + 1) if sheet.cell(row, at["recommended_units"]).value > 0]
    first, second = (
        {name: sheet.cell(row, at[name]).value for name in ("session_id", "product_id", "recommended_units")}
        for row in ordered[:2]
    )
    more = 2 * first["recommended_units"]
    sheet.cell(ordered[0], at["approved_units"]).value = more
    sheet.cell(ordered[0], at["note"]).value = "trust me"
    sheet.cell(ordered[1], at["approved_units"]).value = 0
    book.save(place / "back.xlsx")
    ours = site.model_copy(update={"home": place / "home"})
    decide(ours, place / "back.xlsx", week.as_of - timedelta(hours=1))
    stock(ours, week, place / "list", "zh-CN")
    return place / "list", (first, more), (second, 0)


def line(folder, asked):
    lines = pl.read_parquet(folder / "stocking_list.parquet")
    return lines.filter(session_id=asked["session_id"], product_id=asked["product_id"]).row(0, named=True)


def test_the_next_list_keeps_to_what_the_merchant_approved_and_says_so(answered):
    folder, *answers = answered
    for asked, units in answers:
        kept = line(folder, asked)
        assert kept["recommended_units"] == units
        assert f"the merchant decided: {units} units" in kept["notes"]
    assert "the merchant's note: trust me" in line(folder, answers[0][0])["notes"]


def test_a_declined_line_reserves_nothing(answered):
    folder, _, (declined, _) = answered
    assert line(folder, declined)["reserve_units"] == 0


def test_the_merchant_is_told_what_changed_in_its_own_language(answered):
    folder, (first, more), _ = answered
    papers = pl.read_csv(folder / "papers.csv").filter(audience="merchant", format="xlsx")
    book = opened(folder / papers.sort("listings")["file"][-1])
    assert book.sheetnames[0] == "清单"
    rows = [[cell.value for cell in row] for row in book.worksheets[1].iter_rows()]
    assert any(first["product_id"] in row and more in row for row in rows)
