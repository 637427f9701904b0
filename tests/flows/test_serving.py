import hashlib
import json
import shutil

import polars as pl
import pytest

from flows.promote import ServiceError, put_back, put_into_service
from flows.registry import Registry
from flows.seal import signature
from flows.serving import BrokenPredictorError, serving, serving_if_any
from flows.site import Site
from flows.soundness import Fault, checked, examined, todays_features, told
from flows.stock import stock
from flows.train import standing
from models.promotion import Standing


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
    digest = hashlib.sha256((files / "manifest.json").read_bytes()).hexdigest()
    mark = signature(registry.copies.home, first.name, first.as_of, digest)
    told = {"as_of": first.as_of.isoformat(), "digest": digest, "signature": mark}
    made = registry.client.create_model_version(registry.name, folder.as_uri(), run_id=first.run_id, tags=told)
    version = registry.version(int(made.version))
    registry.promote(version)
    return version


def of_old(folder):
    """The document of a predictor as an earlier version of baokuan would have saved it."""
    return json.dumps({**json.loads((folder / "predictor.json").read_text()), "format": 1}).encode()


def of_another_catalog(folder):
    """The document of a predictor that reads a feature which is not made any more, and its canary."""
    document = json.loads((folder / "predictor.json").read_text())
    numbers = document["learnt"]["encoding"]["numbers"]
    rows = pl.read_parquet(folder / "canary.parquet").rename({numbers[0]: "gone"})
    numbers[0] = "gone"
    rows.write_parquet(folder / "other.parquet")
    return {
        "predictor.json": json.dumps(document).encode(),
        "canary.parquet": (folder / "other.parquet").read_bytes(),
    }


def hurried(site, tmp_path):
    """The same site on so slow a machine that no check ends in time."""
    overlay = tmp_path / "hurried.yaml"
    overlay.write_text("tracking: {check_seconds: 0.01}")
    return site.model_copy(update={"config": (*site.config, overlay)})


def other_canary(folder):
    rows = pl.read_parquet(folder / "canary.parquet").with_columns(pl.col("said_demand_p50") + 1)
    rows.write_parquet(folder / "other.parquet")
    return (folder / "other.parquet").read_bytes()


def test_a_champion_that_is_sound_serves(site, registry, tmp_path, week):
    version = champion(registry, tmp_path / "second")
    found = serving(site, week.as_of)
    assert found.version == version
    assert found.faults == ()


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
    assert [str(one) for one in found.faults] == [f"{version} is broken (its files are damaged)"]
    assert f"{version} is broken (its files are damaged): it is not used" in caplog.text
    assert {"ERROR"} == {one.levelname for one in caplog.records if one.name == "baokuan.serving"}


def test_files_that_are_gone_let_the_champion_before_serve(site, registry, tmp_path, week):
    champion(registry, tmp_path / "second")
    shutil.rmtree(tmp_path / "second")
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "cannot be fetched" in found.faults[0].said
    assert not found.faults[0].proven


def test_other_forecasts_than_at_registration_let_the_champion_before_serve(site, registry, tmp_path, week):
    spoilt = other_canary(registry.folder(registry.version(1)))
    champion(registry, tmp_path / "second", {"canary.parquet": spoilt})
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "not those it was registered with" in found.faults[0].said
    assert found.faults[0].proven


def test_the_features_of_today_are_those_that_a_table_is_made_with(registry):
    kept = pl.read_parquet(registry.folder(registry.version(1)) / "canary.parquet")
    assert kept.select(todays_features().columns).schema == todays_features().schema


def test_what_an_earlier_version_saved_is_told_apart_from_damage_and_not_fetched_anew(site, registry, tmp_path, week):
    content = of_old(registry.folder(registry.version(1)))
    version = champion(registry, tmp_path / "second", {"predictor.json": content})
    copied = registry.folder(version).stat().st_ino
    fault = examined(registry, version, site.settings().tracking)
    assert (fault.said, fault.proven) == (told(5, site.settings().tracking), True)
    assert "damaged" not in str(fault)
    assert registry.folder(version).stat().st_ino == copied
    assert serving(site, week.as_of).version.number == 1


def test_a_predictor_that_cannot_read_todays_features_makes_way(site, registry, tmp_path, week):
    changed = of_another_catalog(registry.folder(registry.version(1)))
    version = champion(registry, tmp_path / "second", changed)
    assert checked(registry.folder(version), version.digest, site.settings().tracking) == 0
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert [(one.version, one.proven) for one in found.faults] == [(version, True)]
    with pytest.raises(ServiceError, match="in service already"):
        put_into_service(site, version.number, "it did well")
    put_into_service(site, 1, "it can be read")
    with pytest.raises(ServiceError, match="features that are not made any more"):
        put_into_service(site, version.number, "it did well")


def test_a_model_that_kills_its_process_kills_only_the_check(site, registry, tmp_path, week):
    text = (registry.folder(registry.version(1)) / "middle.lgb").read_bytes()
    champion(registry, tmp_path / "second", {"middle.lgb": text[: len(text) // 2]})
    found = serving(site, week.as_of)
    assert found.version.number == 1
    assert "its check crashed" in found.faults[0].said
    assert not found.faults[0].proven


def test_a_check_that_takes_too_long_or_too_much_memory_is_ended(site, registry):
    limits, version = site.settings().tracking, registry.version(1)
    folder = registry.folder(version)
    short = limits.model_copy(update={"check_seconds": 0.01})
    cramped = limits.model_copy(update={"check_memory_bytes": 1_000_000})
    assert checked(folder, version.digest, short) is None
    assert told(None, short) == "its check did not end within 0.01 seconds"
    assert told(checked(folder, version.digest, cramped), cramped) == "its check crashed"
    assert checked(folder, version.digest, limits) == 0


def test_a_check_that_did_not_end_proves_nothing_and_fetches_nothing(site, registry, tmp_path, week):
    copied = registry.folder(registry.version(1)).stat().st_ino
    found, faults = serving_if_any(hurried(site, tmp_path), week.as_of)
    assert found is None
    assert [one.proven for one in faults] == [False]
    assert registry.folder(registry.version(1)).stat().st_ino == copied
    assert standing(faults, found=False, usable=False) is Standing.UNCHECKED
    with pytest.raises(BrokenPredictorError, match=r"could not be checked .* try again"):
        serving(hurried(site, tmp_path), week.as_of)


def test_where_none_works_that_is_said_and_training_goes_on_without(site, registry, tmp_path, week):
    spoilt = other_canary(registry.folder(registry.version(1)))
    version = champion(registry, tmp_path / "second", {"canary.parquet": spoilt})
    registry.client.delete_model_version_tag(registry.name, "1", "served")
    with pytest.raises(BrokenPredictorError, match=rf"{version} is broken .*; train anew: `baokuan train"):
        serving(site, week.as_of)
    found, faults = serving_if_any(site, week.as_of)
    assert found is None
    assert standing(faults, found=False, usable=False) is Standing.BROKEN


def test_a_damaged_copy_that_cannot_be_fetched_proves_nothing_against_what_was_registered(site, registry, tmp_path):
    version = champion(registry, tmp_path / "second")
    (registry.folder(version) / "middle.lgb").write_text("tree\n")
    shutil.rmtree(tmp_path / "second")
    fault = examined(registry, version, site.settings().tracking)
    assert (fault.said, fault.proven) == ("its files are damaged and cannot be fetched anew", False)


@pytest.mark.parametrize(
    ("proven", "found", "usable", "expected"),
    [
        ([], False, False, Standing.ABSENT),
        ([], True, True, Standing.SOUND),
        ([], True, False, Standing.BROKEN),
        ([True], False, False, Standing.BROKEN),
        ([True], True, True, Standing.SOUND),
        ([True, False], True, True, Standing.UNCHECKED),
        ([False], False, False, Standing.UNCHECKED),
    ],
)
def test_how_predictors_in_service_stand_follows_from_what_is_proven(registry, proven, found, usable, expected):
    faults = [Fault(registry.version(1), "something", proven=one) for one in proven]
    assert standing(faults, found=found, usable=usable) is expected


def test_the_list_says_which_predictor_forecast_instead_and_why(site, registry, tmp_path, week):
    version = champion(registry, tmp_path / "second")
    (tmp_path / "second" / "predictor" / "hits.lgb").write_text("tree\n")
    listed = stock(site, week, tmp_path / "out")
    lines = pl.read_parquet(tmp_path / "out" / "stocking_list.parquet")
    former = "demand-predictor-default/1"
    said = f"{version} is broken (its files are damaged): {former}, in service before it, forecast instead"
    assert lines["model_version"].unique().to_list() == [former]
    assert lines["notes"].list.contains(said).all()
    assert said in listed.notes


def test_a_broken_version_is_not_put_into_service_by_hand(site, registry, tmp_path):
    spoilt = other_canary(registry.folder(registry.version(1)))
    version = champion(registry, tmp_path / "second", {"canary.parquet": spoilt})
    put_back(site, "it is spoilt")
    with pytest.raises(ServiceError, match="registered with"):
        put_into_service(site, version.number, "it did well")
    assert registry.champion().number == 1
