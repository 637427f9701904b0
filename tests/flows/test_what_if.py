import polars as pl
import pytest

from flows.what_if import Asked, what_if


@pytest.fixture(scope="module")
def compared(ran, week, tmp_path_factory):
    site, _, _ = ran
    return what_if(site, week, Asked(budgets=(2_000.0, 8_000.0)), tmp_path_factory.mktemp("what-if"))


def test_plans_stand_side_by_side_in_a_table_and_a_picture(compared):
    table = pl.read_parquet(compared.table)
    assert table["plan"].unique(maintain_order=True).to_list() == ["as configured", "budget 2,000", "budget 8,000"]
    assert pl.read_csv(compared.table.with_suffix(".csv")).height == table.height
    assert compared.picture.read_bytes().startswith(b"\x89PNG")


def test_more_money_fills_more_of_the_demand(compared):
    filled = pl.read_parquet(compared.table).filter(reserve="none")["fill_rate"].to_list()
    assert filled[-2] < filled[-1]


def test_the_terminal_tells_each_plan_in_money(compared):
    told = [line for line in compared.sentences() if line.startswith("budget 2,000")]
    assert len(told) == 3
    assert "by waiting" in told[0]


def test_a_plan_that_cannot_be_tells_the_first_of_its_reasons_and_the_table_has_all(ran, week, tmp_path):
    compared = what_if(ran[0], week, Asked(budgets=(1.0,), services=(0.9,)), tmp_path)
    whole = pl.read_parquet(compared.table)["infeasible"].drop_nulls()[-1]
    told = compared.lines[-1]
    assert whole.count("; ") > 0
    assert f"; {whole.count('; ')} limits more fall short, see the table" in told
    assert whole.split("; ")[0] in told
