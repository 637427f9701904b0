"""What each group adds, on the small season that `ran` left behind."""

from datetime import timedelta

import polars as pl
import pytest

from features.catalog import GROUPS
from flows.ablate import Effort, ablate, lay_out
from flows.data import Stretch, read_data
from flows.registry import Registry
from flows.train import collect_lessons
from models.ablation import BASE, LEFT_OUT, ON_BASE, TooLittleTimeError
from models.contributions import COLUMNS, SILENT

EFFORT = Effort(rows=1_000, repeats=1)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(ran, week, tmp_path_factory):
    out = tmp_path_factory.mktemp("ablated") / "out"
    return ablate(ran[0], week, EFFORT, out)


@pytest.fixture(scope="module")
def rows(told):
    return pl.read_parquet(told.rows)


@pytest.fixture(scope="module")
def lessons(ran, week):
    site, _, _ = ran
    return collect_lessons(site, read_data(site), Stretch(week.as_of, week.horizon))


def test_every_group_of_the_catalog_is_told_of_in_its_order(rows):
    assert dict(rows.schema) == COLUMNS
    assert rows["group"].unique(maintain_order=True).to_list() == list(GROUPS)
    assert set(rows["metric"]) == {"ap", "pinball", "profit_share"}


def test_what_only_a_running_session_tells_says_nothing_before_it(rows):
    silent = set(rows.filter(verdict=SILENT)["group"])
    assert silent >= {"session engagement", "listing engagement"}
    assert rows.filter(pl.col("group").is_in(silent))["better_by"].null_count() == 3 * len(silent)


def test_groups_outside_the_base_are_also_added_to_it(rows):
    heard = rows.filter(pl.col("verdict") != SILENT)
    assert set(heard.filter(to=LEFT_OUT)["group"]) == set(heard["group"])
    assert set(heard.filter(to=ON_BASE)["group"]) == set(heard["group"]) - set(BASE)


def test_money_is_told_as_a_share_of_what_the_oracle_earns(rows):
    shares = rows.filter(metric="profit_share")["having"].drop_nulls()
    assert shares.len()
    assert shares.is_between(-5, 1).all()
    assert shares.n_unique() > 1


def test_the_page_says_what_the_numbers_rest_on_and_has_a_line_a_group(told, rows):
    page = told.page.read_text()
    assert "| judged on |" in page
    assert f"| {SILENT} | " in page
    for group in rows.filter(pl.col("tried").is_not_null())["group"].unique():
        assert f"\n| {group} | {len(GROUPS[group])} | " in page
    assert any(str(told.page) in sentence for sentence in told.sentences())


def test_the_records_hold_a_run_for_all_and_one_below_it_for_each_variant(ran, told, rows):
    registry = Registry(ran[0])
    run_id = told.run.partition(" ")[0]
    whole = registry.client.get_run(run_id)
    assert {"data_version", "git_revision", "lock_sha256", "as_of"} <= whole.data.tags.keys()
    assert whole.data.params["ablation.rows"] == "1000"
    assert {"ap", "pinball", "profit_share"} == whole.data.metrics.keys()
    assert {one.path for one in registry.client.list_artifacts(run_id)} == {"ablation.md", "ablation.parquet"}
    below = registry.client.search_runs([registry.experiment_id(7)], f"tags.mlflow.parentRunId = '{run_id}'")
    assert {one.info.run_name for one in below} == {*rows["tried"].drop_nulls(), "base"}
    (price,) = [one for one in below if one.info.run_name == "without price"]
    (added,) = rows.filter(group="price", metric="pinball", to=LEFT_OUT)["better_by"]
    assert price.data.metrics["pinball_added"] == pytest.approx(added)


def test_no_more_rows_are_used_than_said_and_money_is_known_of_all_that_judge(lessons):
    case = lay_out(lessons, EFFORT)
    assert 900 < case.lessons.dataset.rows.height <= 1_000
    assert case.judged["price"].null_count() == 0
    assert case.judged.height == case.split.later.rows.height
    assert (case.judged["product_id"] == case.split.later.rows["product_id"]).all()


def test_too_short_a_past_is_refused(ran, lessons, week):
    site, _, _ = ran
    early = Stretch(week.as_of - timedelta(days=400), week.horizon)
    with pytest.raises(TooLittleTimeError, match="longer past"):
        lay_out(collect_lessons(site, lessons.data, early), EFFORT)
