"""The whole path, once, on a small simulated season; what follows looks at what it left behind."""

import shutil
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.moments import Ahead
from flows.registry import NoPredictorError, Registry
from flows.run import run
from flows.site import Site
from flows.stock import stock
from flows.train import train
from stocking.stocking_list import STOCKING_LIST


def listed(folder):
    return pl.read_parquet(folder / "stocking_list.parquet")


def test_it_ends_with_a_stocking_list_that_keeps_its_contract(ran, week):
    _, out, _ = ran
    lines = listed(out)
    STOCKING_LIST.validate(lines)
    assert lines.height > 100
    assert lines["rank"].to_list() == list(range(1, lines.height + 1))
    assert lines["scheduled_at"].is_between(week.as_of, week.as_of + week.horizon, closed="left").all()
    assert lines["cutoff"].unique().to_list() == [week.as_of]
    assert lines["reasons"].list.len().max() == 3


def test_the_list_names_the_predictor_and_the_data_that_it_was_made_from(ran):
    _, out, told = ran
    lines = listed(out)
    assert lines["model_version"].unique().to_list() == ["demand-predictor-default/1"]
    assert len(lines["data_version"].unique().to_list()[0]) == 16
    assert any("stocking_list.parquet" in sentence for sentence in told.sentences())


def test_the_first_predictor_is_champion_and_what_it_lost_to_is_noted_on_the_list(ran):
    site, out, _ = ran
    champion = Registry(site).champion()
    assert champion.number == 1
    noted = [note for note in listed(out)["notes"].explode().unique() if note.startswith("on past sessions")]
    assert sorted(noted) == sorted(f"on past sessions the baseline {name} forecast better" for name in champion.lost_to)


def test_the_training_run_holds_what_a_data_scientist_looks_for(ran):
    site, _, _ = ran
    registry = Registry(site)
    (run_id,) = (registry.client.search_model_versions(f"name = '{registry.name}'")[0].run_id,)
    kept = registry.client.get_run(run_id)
    assert kept.data.params["models.rounds"] == "20"
    assert {"data_version", "git_revision", "lock_sha256", "as_of", "verdict", "promoted"} <= kept.data.tags.keys()
    assert [kept.data.tags[name] for name in ("stage", "market", "horizon_days")] == ["train", "default", "7"]
    assert kept.data.tags["rule.beats_last_session"].startswith(
        ("beats last_session: ", "does not beat last_session: ")
    )
    assert {one.dataset.name for one in kept.inputs.dataset_inputs} >= {"orders", "lineups", "lessons"}
    assert {"wape", "ap", "coverage80", "folds/wape"} <= kept.data.metrics.keys()
    assert {one.path for one in registry.client.list_artifacts(run_id)} == {
        "reliability.png", "gain.png", "coverage.png", "residuals.png", "segments.png", "importance.png",
        "contributions.png", "model_card.md", "predictions.parquet", "config.yaml",
    }  # fmt: skip
    below = registry.client.search_runs([registry.experiment_id(7)], f"tags.mlflow.parentRunId = '{run_id}'")
    names = {one.info.run_name for one in below}
    assert names == {
        "last_session", "category_mean", "anchor_category_mean", "exponential_mean", "days_of_cover",
        "newsvendor_normal", "plain_lightgbm", "plain_lightgbm_all",
    }  # fmt: skip


def test_a_second_run_trains_nothing_and_writes_the_same_bytes(ran, landing, week, tmp_path):
    site, out, _ = ran
    again = run(site, landing, week, tmp_path)
    assert not any("learnt from" in sentence for sentence in again.sentences())
    assert (tmp_path / "stocking_list.parquet").read_bytes() == (out / "stocking_list.parquet").read_bytes()


@pytest.mark.slow
def test_another_home_writes_the_same_bytes(ran, landing, quick, week, tmp_path, home):
    _, out, _ = ran
    run(Site(home=home, config=(quick,)), landing, week, tmp_path / "out")
    assert (tmp_path / "out" / "stocking_list.parquet").read_bytes() == (out / "stocking_list.parquet").read_bytes()


def test_no_listings_ahead_is_an_empty_list_with_all_columns(ran, week, tmp_path):
    site, out, _ = ran
    late = Ahead(as_of=week.as_of + timedelta(days=400), horizon=timedelta(days=7))
    assert stock(site, late, tmp_path).listings == 0
    assert_frame_equal(listed(tmp_path), listed(out).clear())


def test_a_cutoff_before_anything_was_learnt_is_refused(ran, week, tmp_path):
    site, _, _ = ran
    with pytest.raises(NoPredictorError, match="baokuan train --as-of"):
        stock(site, Ahead(as_of=week.as_of - timedelta(days=1), horizon=week.horizon), tmp_path)


@pytest.mark.slow
def test_a_run_as_of_an_earlier_moment_trains_its_own_predictor_and_leaves_the_champion(ran, landing, week, tmp_path):
    site = Site(home=tmp_path / "home", config=ran[0].config)
    shutil.copytree(ran[0].home, site.home)
    told = run(site, landing, Ahead(as_of=week.as_of - timedelta(days=10), horizon=week.horizon), tmp_path / "out")
    assert any(sentence.startswith("demand-predictor-default/2 (champion)") for sentence in told.sentences())
    assert listed(tmp_path / "out")["model_version"].unique().to_list() == ["demand-predictor-default/2"]
    assert Registry(site).pick(week.as_of).number == 1


@pytest.mark.slow
def test_without_a_cutoff_training_learns_up_to_the_newest_row(ran, week):
    site, _, _ = ran
    trained = train(site, Ahead(horizon=week.horizon))
    assert week.as_of - timedelta(days=1) < trained.version.as_of <= week.as_of
    assert not trained.promoted


def test_prefect_names_each_run_by_its_flow_and_moment_and_says_what_its_parameters_mean(ran, week):
    from prefect.client.orchestration import get_client
    from prefect.utilities.callables import parameter_schema

    with get_client(sync_client=True) as client:
        names = {one.name for one in client.read_flow_runs()}
    assert {f"{name} {week.as_of:%Y-%m-%d %H:%M}" for name in ("run", "train", "stock")} <= names
    told = parameter_schema(stock.fn).properties
    assert all("description" in told[name] for name in ("site", "ahead", "out", "language"))
