"""What is kept of a run, where, and how it is found again."""

import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from recorded import FIRST, PREDICTIONS, SECOND, registered, training

from flows.registry import NoRunError, Registry
from flows.site import Site
from flows.tracking import record


def test_experiments_are_named_by_market_and_horizon(home):
    overlay = home / "market.yaml"
    overlay.write_text("market: {name: cn-live}")
    registry = Registry(Site(home=home, config=(overlay,)))
    names = [registry.client.get_experiment(registry.experiment_id(days)).name for days in (7, 1.5, 7)]
    assert names == ["baokuan/cn-live/7d", "baokuan/cn-live/1.5d", "baokuan/cn-live/7d"]


def test_markets_on_one_server_have_champions_of_their_own(home, saved, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}")
    sites = []
    for market in ("cn-live", "eu"):
        overlay = home / f"{market}.yaml"
        overlay.write_text(f"market: {{name: {market}}}")
        sites.append(Site(home=home / market, config=(overlay,)))
    cn, eu = (Registry(site) for site in sites)
    assert not cn.embedded
    for name in ("cn-live", "eu"):  # a server knows its own place; this one has none
        cn.client.create_experiment(f"baokuan/{name}/7d", artifact_location=(home / name / "artifacts").as_uri())
    version = registered(cn, saved, FIRST, served=True)
    assert str(version) == "demand-predictor-cn-live/1"
    assert eu.champion() is None
    assert registered(eu, saved, SECOND, served=True).number == 1
    assert (cn.champion().as_of, eu.champion().as_of) == (FIRST, SECOND)


def test_an_empty_address_of_a_server_is_none(home, saved, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    registry = Registry(Site(home=home))
    version = registered(registry, saved, FIRST, served=True)
    assert (registry.folder(version) / "predictor.json").is_relative_to(home)
    assert registry.client.get_experiment(registry.experiment_id(7)).artifact_location.startswith(home.as_uri())


def test_a_deleted_experiment_is_restored_when_a_run_needs_it(registry, saved):
    run_id, _ = record(registry, training(saved, FIRST), "predictor")
    registry.client.delete_experiment(registry.experiment_id(7))
    again, _ = record(registry, training(saved, SECOND), "predictor")
    found = registry.client.search_runs([registry.experiment_id(7)], "tags.git_revision = 'abc'")
    assert {one.info.run_id for one in found} == {run_id, again}


def test_a_run_is_found_by_the_beginning_of_its_id_or_by_its_versions_number(registry, saved):
    version = registered(registry, saved, FIRST, served=True)
    assert registry.run_of(version.run_id[:8]) == version.run_id
    assert registry.run_of("1") == version.run_id
    for word in ("zzzz", "", "%", version.run_id[:8] + "%"):
        with pytest.raises(NoRunError, match="names no run"):
            registry.run_of(word)


def test_a_beginning_that_several_runs_share_is_refused(registry):
    experiment = registry.experiment_id(7)
    first = [registry.client.create_run(experiment).info.run_id[0] for _ in range(60)]
    shared = next(one for one in first if one.isalpha() and first.count(one) > 1)  # a digit alone names a version
    with pytest.raises(NoRunError, match="more than one"):
        registry.run_of(shared)


def test_a_run_without_the_file_that_is_asked_for_is_told(registry, saved, tmp_path):
    version = registered(registry, saved, FIRST, served=True)
    assert pl.read_parquet(registry.fetched(version.run_id, "predictions.parquet", tmp_path)).equals(PREDICTIONS)
    with pytest.raises(NoRunError, match=r"has no nothing\.txt"):
        registry.fetched(version.run_id, "nothing.txt", tmp_path)


def test_a_run_records_inputs_settings_metrics_and_pictures(registry, saved):
    run_id, _ = record(registry, training(saved, FIRST), "predictor")
    run = registry.client.get_run(run_id)
    (dataset,) = [one.dataset for one in run.inputs.dataset_inputs]
    assert run.info.status == "FINISHED"
    assert run.data.params == {"labels.hit_share": "0.1", "models.seed": "7"}
    assert run.data.tags["git_revision"] == "abc"
    assert run.data.metrics["wape"] == 0.30
    assert (dataset.name, dataset.digest) == ("orders", "e" * 32)
    assert json.loads(dataset.source)["delta_table_version"] == 3
    folds = registry.client.get_metric_history(run_id, "folds/wape")
    assert [(one.step, one.value) for one in folds] == [(0, 0.28), (1, 0.32)]
    assert [one.path for one in registry.client.list_artifacts(run_id)] == [
        "model_card.md", "predictions.parquet", "reliability.png",
    ]  # fmt: skip


def test_each_baseline_stands_below_its_run_under_the_same_metric_names(registry, saved):
    run_id, _ = record(registry, training(saved, FIRST), "predictor")
    below = registry.client.search_runs([registry.experiment_id(7)], f"tags.mlflow.parentRunId = '{run_id}'")
    assert [(run.info.run_name, run.data.metrics["wape"]) for run in below] == [("last_session", 0.50)]


def test_the_model_has_a_signature_and_holds_nothing_that_can_run(registry, saved):
    version = registered(registry, saved, FIRST, served=True)
    source = Path(
        registry.client.get_model_version_download_uri(registry.name, str(version.number)).removeprefix("file://")
    )
    described = yaml.safe_load((source / "MLmodel").read_text())
    assert list(described["flavors"]) == ["baokuan"]
    inputs = json.loads(described["signature"]["inputs"])
    assert [(one["name"], one["type"]) for one in inputs] == [
        ("session_id", "string"), ("product_id", "string"), ("cutoff", "datetime"),
        ("price", "float"), ("category", "string"),
    ]  # fmt: skip
    assert sorted(path.name for path in source.rglob("*") if path.is_file()) == ["MLmodel", "predictor.json"]
