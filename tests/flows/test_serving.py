import hashlib
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.promote import ServiceError, put_into_service
from flows.registry import Registry
from flows.serving import BrokenPredictorError, checked, serving, serving_if_any
from flows.site import Site
from flows.stock import stock


@pytest.fixture
def site(ran, tmp_path):
    """A copy of a home in which version 1 serves."""
    home = tmp_path / "home"
    shutil.copytree(ran[0].home, home)
    return Site(home=home, config=ran[0].config)


@pytest.fixture
def registry(site):
    return Registry(site)


def champion(registry, folder, changed=None):
    """A further version, in service, whose files are those of the first but for one; its digests are right."""
    first = registry.version(1)
    files = shutil.copytree(registry.folder(first), folder / "predictor")
    for name, content in (changed or {}).items():
        (files / name).write_bytes(content)
        manifest = json.loads((files / "manifest.json").read_text())
        manifest[name] = hashlib.sha256(content).hexdigest()
        (files / "manifest.json").write_text(json.dumps(manifest))
    told = {
        "as_of": first.as_of.isoformat(),
        "digest": hashlib.sha256((files / "manifest.json").read_bytes()).hexdigest(),
    }
    made = registry.client.create_model_version(registry.name, folder.as_uri(), run_id=first.run_id, tags=told)
    version = registry.version(int(made.version))
    registry.promote(version)
    return version


def other_canary(folder):
    rows = pl.read_parquet(folder / "canary.parquet").with_columns(pl.col("said_demand_p50") + 1)
    rows.write_parquet(folder / "other.parquet")
    return (folder / "other.parquet").read_bytes()


def test_a_champion_that_is_sound_serves(site, registry, tmp_path, week):
    version = champion(registry, tmp_path / "second")
    found = serving(site, week.as_of)
    assert found.version == version
    assert found.broken == ()


def test_a_damaged_copy_is_fetched_again(site, registry, tmp_path, week):
    version = champion(registry, tmp_path / "second")
    copied = registry.folder(version) / "middle.lgb"
    whole = copied.read_bytes()
    copied.write_bytes(whole[:-100])
    assert serving(site, week.as_of).version == version
    assert copied.read_bytes() == whole


def test_files_damaged_where_they_are_kept_let_the_champion_before_serve_loudly(site, registry, tmp_path, week, caplog):
    version = champion(registry, tmp_path / "second")
    (tmp_path / "second" / "predictor" / "middle.lgb").write_text("tree\n")
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert found.broken == (f"{version} is broken (its files are damaged)",)
    assert f"{version} is broken and is not used" in caplog.text
    assert {"ERROR"} == {one.levelname for one in caplog.records if one.name == "baokuan.serving"}


def test_files_that_are_gone_let_the_champion_before_serve(site, registry, tmp_path, week):
    champion(registry, tmp_path / "second")
    shutil.rmtree(tmp_path / "second")
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "cannot be fetched" in found.broken[0]


def test_other_forecasts_than_at_registration_let_the_champion_before_serve(site, registry, tmp_path, week):
    spoilt = other_canary(registry.folder(registry.version(1)))
    champion(registry, tmp_path / "second", {"canary.parquet": spoilt})
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "not those it was registered with" in found.broken[0]


def test_a_model_that_kills_its_process_kills_only_the_check(site, registry, tmp_path, week):
    text = (registry.folder(registry.version(1)) / "middle.lgb").read_bytes()
    champion(registry, tmp_path / "second", {"middle.lgb": text[: len(text) // 2]})
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "its check crashed" in found.broken[0]


def test_a_check_that_takes_too_long_or_too_much_memory_is_ended(site, registry):
    limits, version = site.settings().tracking, registry.version(1)
    folder = registry.folder(version)
    hurried = limits.model_copy(update={"check_seconds": 0.01})
    cramped = limits.model_copy(update={"check_memory_bytes": 1_000_000})
    assert "did not end within 0.01 seconds" in checked(folder, version.digest, hurried)
    assert checked(folder, version.digest, cramped) == "its check crashed"
    assert checked(folder, version.digest, limits) == ""


def test_where_none_works_that_is_said_and_training_goes_on_without(site, registry, week):
    for name in ("hits.lgb", "middle.lgb"):
        (registry.folder(registry.version(1)) / name).write_text("tree\n")
    registry.client.get_model_version_download_uri(registry.name, "1")
    kept = Path(registry.client.get_model_version(registry.name, "1").source.removeprefix("file://"))
    moved = kept.rename(kept.with_name("elsewhere"))
    try:
        with pytest.raises(BrokenPredictorError, match=r"demand-predictor/1 is broken .* train anew"):
            serving(site, week.as_of)
        found, broken = serving_if_any(site, week.as_of)
    finally:
        moved.rename(kept)
    assert found is None
    assert "demand-predictor/1 is broken" in broken[0]


def test_the_list_says_which_predictor_forecast_instead_and_why(site, registry, tmp_path, week):
    version = champion(registry, tmp_path / "second")
    (tmp_path / "second" / "predictor" / "hits.lgb").write_text("tree\n")
    listed = stock(site, week, tmp_path / "out")
    lines = pl.read_parquet(tmp_path / "out" / "stocking_list.parquet")
    said = f"{version} is broken (its files are damaged): demand-predictor/1, in service before it, forecast instead"
    assert lines["model_version"].unique().to_list() == ["demand-predictor/1"]
    assert lines["notes"].list.contains(said).all()
    assert said in listed.notes


def test_a_broken_version_is_not_put_into_service_by_hand(site, registry, tmp_path):
    spoilt = other_canary(registry.folder(registry.version(1)))
    version = champion(registry, tmp_path / "second", {"canary.parquet": spoilt})
    registry.rollback({})
    with pytest.raises(ServiceError, match="registered with"):
        put_into_service(site, version.number, "it did well")
    assert registry.champion().number == 1
