import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from matplotlib.figure import Figure

from flows.registry import FetchError, NoPredictorError, NoRunError, Registry
from flows.site import Site
from flows.tracking import Input, Record, record
from flows.train import into_service

FIRST, SECOND, THIRD, FOURTH = (datetime(2024, 6, day, tzinfo=UTC) for day in (1, 8, 15, 22))
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
PREDICTIONS = pl.DataFrame({"predictor": ["challenger"], "p_hit": [0.5]})


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
        stage="train",
        horizon_days=7,
        as_of=as_of,
        params={"labels.hit_share": "0.1", "models.seed": "7"},
        tags={"git_revision": "abc", "data_version": "d" * 16},
        inputs=(Input("orders", pl.DataFrame({"units": [1, 2]}), "e" * 64, saved.parent / "lake" / "orders", 3),),
        scores=SCORES,
        pictures={"reliability.png": Figure()},
        texts={"model_card.md": "# What it is"},
        predictions=PREDICTIONS,
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


def test_an_earlier_cutoff_is_served_by_who_served_last_even_if_another_had_seen_more(registry, saved):
    older, newer, newest = (registered(registry, saved, as_of, served=True) for as_of in (FIRST, SECOND, FOURTH))
    registry.appoint(older, {"promoted_because": "the others are too low"})
    registry.appoint(newest, {"promoted_because": "it is not"})
    assert registry.fitting(FOURTH) == [newest, older, newer]
    assert registry.fitting(THIRD) == [older, newer]


def test_what_was_trained_for_an_earlier_cutoff_serves_it_after_those_that_took_over(registry, saved):
    first, _ = registered(registry, saved, FIRST, served=True), registered(registry, saved, FOURTH, served=True)
    backdated = [registered(registry, saved, as_of, served=True) for as_of in (SECOND, THIRD)]
    assert registry.fitting(THIRD) == [first, backdated[1], backdated[0]]


def test_a_version_for_an_earlier_cutoff_is_called_champion_only_if_it_serves_that(registry, saved):
    registered(registry, saved, SECOND, served=True)
    registered(registry, saved, FOURTH, served=True)
    serves, why = into_service(registry, registered(registry, saved, THIRD, served=False))
    assert (serves, len(why)) == (False, 1)
    assert into_service(registry, registered(registry, saved, FIRST, served=False)) == (True, ())


def test_a_beaten_challenger_never_serves_even_if_it_is_newer(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=False)
    assert registry.pick(THIRD) == old


def rolled_back(registry, told=None):
    """The champion withdrawn, and the one before it that took over."""
    champion, formers = registry.formers()
    registry.go_back(champion, formers[0], told or {})
    return champion, formers[0]


def test_rolling_back_returns_to_the_champion_before_and_again_to_the_one_before_that(registry, saved):
    one, two, three = (registered(registry, saved, as_of, served=True) for as_of in (FIRST, SECOND, THIRD))
    assert rolled_back(registry, {"withdrawn_because": "too low"}) == (three, two)
    assert registry.champion() == two
    assert rolled_back(registry) == (two, one)
    assert registry.champion() == one
    assert registry.pick(THIRD) == one
    with pytest.raises(NoPredictorError, match="the first"):
        rolled_back(registry)
    assert registry.champion() == one


def test_a_withdrawn_version_serves_no_cutoff_not_even_one_of_its_own_time(registry, saved):
    for as_of in (FIRST, SECOND, THIRD):
        registered(registry, saved, as_of, served=True)
    rolled_back(registry)
    rolled_back(registry)
    assert [one.number for one in registry.fitting(THIRD)] == [1]
    tags = registry.client.get_model_version(registry.name, "3").tags
    assert tags["served"] == "withdrawn"


def test_who_withdrew_a_version_and_why_is_kept_with_it(registry, saved):
    registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=True)
    rolled_back(registry, {"withdrawn_by": "ana", "withdrawn_because": "too low"})
    tags = registry.client.get_model_version(registry.name, "2").tags
    assert (tags["withdrawn_by"], tags["withdrawn_because"]) == ("ana", "too low")


def test_by_hand_an_older_version_takes_over_and_rolling_back_returns_to_who_served_then(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, THIRD, served=True)
    registry.appoint(old, {"promoted_because": "the new one is too low"})
    assert registry.champion() == old
    assert registry.pick(THIRD) == old
    assert rolled_back(registry) == (old, new)
    assert registry.champion() == new
    with pytest.raises(NoPredictorError):
        rolled_back(registry)


def test_a_withdrawn_version_serves_again_once_it_is_put_into_service_by_hand(registry, saved):
    old, new = registered(registry, saved, FIRST, served=True), registered(registry, saved, SECOND, served=True)
    rolled_back(registry, {"withdrawn_by": "ana", "withdrawn_because": "too low"})
    registry.appoint(new, {})
    assert registry.pick(SECOND) == new
    tags = registry.client.get_model_version(registry.name, str(new.number)).tags
    assert [name for name in tags if name.startswith("withdrawn_")] == []
    assert rolled_back(registry) == (new, old)


def test_a_challenger_put_into_service_by_hand_can_be_rolled_back(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    beaten = registered(registry, saved, SECOND, served=False)
    registry.appoint(beaten, {})
    assert registry.pick(THIRD) == beaten
    assert rolled_back(registry) == (beaten, old)


def test_a_predictor_for_an_earlier_cutoff_was_never_the_champion_to_go_back_to(registry, saved):
    middle, new = registered(registry, saved, SECOND, served=True), registered(registry, saved, THIRD, served=True)
    registered(registry, saved, FIRST, served=True)
    assert rolled_back(registry) == (new, middle)


def test_a_predictor_for_an_earlier_cutoff_does_not_become_the_champion_of_today_by_a_rollback(registry, saved):
    champion = registered(registry, saved, SECOND, served=True)
    registered(registry, saved, FIRST, served=True)
    with pytest.raises(NoPredictorError, match=f"{champion} is the first"):
        registry.formers()


def test_records_of_old_without_turns_go_back_by_cutoff(registry, saved):
    versions = [registered(registry, saved, as_of, served=True) for as_of in (SECOND, FIRST, THIRD)]
    for one in versions:
        registry.client.set_model_version_tag(registry.name, str(one.number), "turn", "0")
    assert registry.formers() == (versions[2], [versions[0], versions[1]])


def test_after_a_rollback_a_newly_trained_version_takes_over_as_usual(registry, saved):
    old = registered(registry, saved, FIRST, served=True)
    registered(registry, saved, SECOND, served=True)
    rolled_back(registry)
    new = registered(registry, saved, THIRD, served=True)
    assert registry.champion() == new
    assert rolled_back(registry) == (new, old)


def test_a_version_that_is_not_there_is_told(registry, saved):
    with pytest.raises(NoPredictorError, match="none is registered"):
        registry.version(1)
    registered(registry, saved, FIRST, served=True)
    with pytest.raises(NoPredictorError, match="the newest is 1"):
        registry.version(7)


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


def test_the_files_come_back_as_they_were_saved(registry, saved):
    version = registered(registry, saved, FIRST, served=True)
    folder = registry.folder(version)
    assert (folder / "predictor.json").read_text() == (saved / "predictor.json").read_text()
    assert registry.folder(version) == folder


def test_a_kept_copy_needs_no_artifacts(registry, saved, home):
    version = registered(registry, saved, FIRST, served=True)
    registry.copies.keep(version, saved)
    (home / "artifacts").rename(home / "elsewhere")
    assert (registry.folder(version) / "predictor.json").exists()


def test_a_copy_stays_where_fetching_it_anew_fails(registry, saved, home):
    version = registered(registry, saved, FIRST, served=True)
    copy = registry.folder(version)
    source = Path(registry.client.get_model_version_download_uri(registry.name, "1").removeprefix("file://"))
    for spoil in (lambda: (source / "predictor").rename(source / "other"), lambda: source.rename(home / "elsewhere")):
        spoil()
        with pytest.raises(FetchError, match="cannot be fetched"):
            registry.folder(version, anew=True)
        assert (copy / "predictor.json").read_text() == (saved / "predictor.json").read_text()
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]


def test_a_copy_fetched_anew_replaces_the_one_before_and_leaves_nothing_else(registry, saved):
    version = registered(registry, saved, FIRST, served=True)
    copy = registry.folder(version)
    (copy / "predictor.json").write_text("spoilt")
    assert registry.folder(version, anew=True) == copy
    assert (copy / "predictor.json").read_text() == (saved / "predictor.json").read_text()
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]


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
