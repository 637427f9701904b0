import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

from models.canary import CanaryError, repeat
from models.store import DamagedPredictorError, UnreadablePredictorError, load, load_with_canary, save
from models.train import fit


@pytest.fixture(scope="module")
def predictor(dataset, settings):
    return fit(dataset, settings, 0.1)


def test_a_loaded_predictor_forecasts_the_same(predictor, dataset, tmp_path):
    digest = save(predictor, tmp_path / "p", dataset.rows)
    assert load(tmp_path / "p", digest).forecast(dataset.rows).equals(predictor.forecast(dataset.rows))


def test_a_simple_predictor_is_kept_too(make_dataset, settings, dataset, tmp_path):
    simple = fit(make_dataset(20), settings, 0.1)
    digest = save(simple, tmp_path / "p", dataset.rows)
    assert load(tmp_path / "p", digest).forecast(dataset.rows).equals(simple.forecast(dataset.rows))


@pytest.mark.parametrize("name", ["hits.lgb", "middle.lgb", "predictor.json", "manifest.json", "canary.parquet"])
def test_an_edited_file_is_refused_before_lightgbm_sees_it(predictor, dataset, tmp_path, name):
    digest = save(predictor, tmp_path / "p", dataset.rows)
    path = tmp_path / "p" / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DamagedPredictorError, match=name):
        load(tmp_path / "p", digest)


def test_a_missing_file_is_refused(predictor, dataset, tmp_path):
    digest = save(predictor, tmp_path / "p", dataset.rows)
    (tmp_path / "p" / "low.lgb").unlink()
    with pytest.raises(DamagedPredictorError, match=r"low\.lgb"):
        load(tmp_path / "p", digest)


def test_a_manifest_of_another_predictor_is_refused(predictor, dataset, tmp_path):
    save(predictor, tmp_path / "p", dataset.rows)
    with pytest.raises(DamagedPredictorError, match=r"manifest\.json"):
        load(tmp_path / "p", "0" * 64)


def _saved_otherwise(folder, change):
    """The same predictor as another version of baokuan would have saved it; answers with its digest."""
    document = json.loads((folder / "predictor.json").read_text())
    change(document)
    (folder / "predictor.json").write_text(json.dumps(document))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["predictor.json"] = hashlib.sha256((folder / "predictor.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.update(format=1), "format 1, expected"),
        (lambda document: document.pop("format"), "format None, expected"),
        (lambda document: document["settings"].update(old_knob=1), "old_knob"),
        (lambda document: document.pop("prior"), "prior"),
    ],
)
def test_what_another_version_saved_is_told_apart_from_damage(predictor, dataset, tmp_path, change, said):
    save(predictor, tmp_path / "p", dataset.rows)
    digest = _saved_otherwise(tmp_path / "p", change)
    with pytest.raises(UnreadablePredictorError, match=said):
        load(tmp_path / "p", digest)
    command = [sys.executable, "-P", "-m", "models.canary", str(tmp_path / "p"), digest, "4000000000"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 5


def test_only_text_json_and_the_canarys_rows_are_written(predictor, dataset, tmp_path):
    save(predictor, tmp_path / "p", dataset.rows)
    files = {path.name for path in (tmp_path / "p").iterdir()}
    boosters = {f"{name}.lgb" for name in predictor.learnt.forest.boosters}
    assert {"hits.lgb", "middle.lgb"} <= boosters
    assert files == {"manifest.json", "predictor.json", "canary.parquet", *boosters}
    json.loads((tmp_path / "p" / "predictor.json").read_text())
    assert (tmp_path / "p" / "hits.lgb").read_text().startswith("tree\n")


def test_the_canary_repeats_what_the_predictor_said_when_it_was_saved(predictor, dataset, tmp_path):
    digest = save(predictor, tmp_path / "p", dataset.rows)
    loaded, kept = load_with_canary(tmp_path / "p", digest)
    assert kept["said_demand_p50"].equals(
        predictor.forecast(dataset.rows.tail(16))["demand_p50"].rename("said_demand_p50")
    )
    repeat(loaded, kept)


def test_a_predictor_without_a_row_to_ask_is_kept_too(predictor, dataset, tmp_path):
    digest = save(predictor, tmp_path / "p", dataset.rows.clear())
    repeat(*load_with_canary(tmp_path / "p", digest))


@pytest.mark.parametrize(
    "other",
    [
        pl.col("said_demand_p50") * (1 + 1e-8),
        pl.when(pl.int_range(pl.len()) > 0).then("said_p_hit").alias("said_p_hit"),
        pl.lit(0.5).alias("said_return_rate"),
    ],
)
def test_another_forecast_than_the_saved_one_is_told(predictor, dataset, tmp_path, other):
    loaded, kept = load_with_canary(tmp_path / "p", save(predictor, tmp_path / "p", dataset.rows))
    with pytest.raises(CanaryError, match="when it was saved"):
        repeat(loaded, kept.with_columns(other))


def test_a_difference_in_the_last_bits_is_none(predictor, dataset, tmp_path):
    loaded, kept = load_with_canary(tmp_path / "p", save(predictor, tmp_path / "p", dataset.rows))
    repeat(loaded, kept.with_columns(pl.col("said_demand_p50") * (1 + 1e-12)))


@pytest.mark.parametrize(("spoil", "status"), [(False, 0), (True, 3)])
def test_a_process_of_its_own_tells_by_its_status_whether_a_predictor_may_be_used(
    predictor, dataset, tmp_path, spoil, status
):
    digest = save(predictor, tmp_path / "p", dataset.rows)
    if spoil:
        (tmp_path / "p" / "middle.lgb").write_text("tree\n")
    command = [sys.executable, "-P", "-m", "models.canary", str(tmp_path / "p"), digest, "4000000000"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status


def test_category_columns_keep_the_order_in_which_the_boosters_read_them(dataset, settings, tmp_path):
    """Sorted by name, `a_shop` would come first, and each would be read as the other."""
    kinds = pl.col("category").alias("warehouse"), pl.Series("a_shop", ["near", "far"] * (dataset.rows.height // 2))
    two = replace(dataset, rows=dataset.rows.select(pl.exclude("category"), *kinds))
    predictor = fit(two, settings, 0.1)
    loaded = load(tmp_path / "p", save(predictor, tmp_path / "p", two.rows))
    assert predictor.learnt.forest.encoding.names[-2:] == ["warehouse", "a_shop"]
    assert loaded.learnt.forest.encoding.names == predictor.learnt.forest.encoding.names
    assert loaded.forecast(two.rows).equals(predictor.forecast(two.rows))
