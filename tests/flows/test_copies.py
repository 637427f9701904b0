"""Where a predictor's files lie, and how they are had again."""

from pathlib import Path

import pytest
from recorded import FIRST, registered

from flows.registry import FetchError, Registry
from flows.site import Site


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
