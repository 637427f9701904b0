import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from matplotlib.figure import Figure

from flows.registry import Registry
from flows.site import Site
from flows.tracking import Input, Record, record

FIRST, SECOND, THIRD = (datetime(2024, 6, day, tzinfo=UTC) for day in (1, 8, 15))
SCORES = pl.DataFrame(
    [
        ("predictor", None, "wape", 0.30),
        ("predictor", 0, "wape", 0.28),
        ("predictor", 1, "wape", 0.32),
        ("last_session", None, "wape", 0.50),
        ("last_session", 1, "wape", 0.55),
    ],
    schema=["predictor", "fold", "metric", "value"],
    orient="row",
)


@pytest.fixture
def registry(home):
    return Registry(Site(home=home))


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "predictor.json").write_text(json.dumps({"levels": [0.5]}))
    return folder


def training(saved: Path, as_of: datetime) -> Record:
    return Record(
        as_of=as_of,
        params={"labels.hit_share": "0.1", "models.seed": "7"},
        tags={"git_revision": "abc", "data_version": "d" * 16},
        inputs=(Input("orders", pl.DataFrame({"units": [1, 2]}), "e" * 64, saved.parent / "lake" / "orders", 3),),
        scores=SCORES,
        pictures={"reliability.png": Figure()},
        folder=saved,
        digest=hashlib.sha256(as_of.isoformat().encode()).hexdigest(),
        columns={"price": "number", "category": "category"},
        forecast=("p_hit", "demand_p50"),
    )


def registered(registry, saved, as_of, *, served):
    run_id, model_id = record(registry, training(saved, as_of), "predictor")
    told = {"as_of": as_of.isoformat(), "digest": training(saved, as_of).digest}
    version = registry.register(model_id, run_id, told)
    if served:
        registry.promote(version)
    return version


def test_before_anything_was_trained_nothing_is_in_service(registry):
    assert registry.champion() is None
    assert registry.pick(THIRD) is None


def test_a_challenger_is_not_in_service(registry, saved):
    registered(registry, saved, FIRST, served=False)
    assert registry.pick(THIRD) is None


def test_the_champion_serves_cutoffs_from_its_own_on_and_none_before(registry, saved):
    version = registered(registry, saved, SECOND, served=True)
    assert registry.champion() == version
    assert registry.pick(SECOND) == version
    assert registry.pick(THIRD) == version
    assert registry.pick(FIRST) is None


def test_an_earlier_cutoff_is_served_by_the_champion_of_its_time(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, THIRD, served=True)
    assert registry.pick(SECOND) == old
    assert registry.pick(THIRD) == new


def test_a_predictor_for_an_earlier_cutoff_does_not_take_over_from_a_newer_one(registry, saved):
    new = registered(registry, saved, THIRD, served=True)
    old = registered(registry, saved, FIRST, served=True)
    assert registry.champion() == new
    assert registry.pick(SECOND) == old


def test_a_beaten_challenger_never_serves_even_if_it_is_newer(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=False)
    assert registry.pick(THIRD) == old


def test_the_files_come_back_as_they_were_saved(registry, saved):
    version = registered(registry, saved, FIRST, served=True)
    folder = registry.folder(version)
    assert (folder / "predictor.json").read_text() == (saved / "predictor.json").read_text()
    assert registry.folder(version) == folder


def test_a_kept_copy_needs_no_artifacts(registry, saved, home):
    version = registered(registry, saved, FIRST, served=True)
    registry.keep(version, saved)
    (home / "artifacts").rename(home / "elsewhere")
    assert (registry.folder(version) / "predictor.json").exists()


def test_two_homes_do_not_mix(registry, saved, tmp_path, mlflow_database):
    registered(registry, saved, FIRST, served=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "mlflow.db").write_bytes(mlflow_database.read_bytes())
    assert Registry(Site(home=other)).champion() is None


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
    assert [one.path for one in registry.client.list_artifacts(run_id)] == ["reliability.png"]


def test_each_baseline_stands_below_its_run_under_the_same_metric_names(registry, saved):
    run_id, _ = record(registry, training(saved, FIRST), "predictor")
    below = registry.client.search_runs([registry.experiment_id()], f"tags.mlflow.parentRunId = '{run_id}'")
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
