import json

import pytest

from models.store import DamagedPredictorError, load, save
from models.train import fit


@pytest.fixture(scope="module")
def predictor(dataset, settings):
    return fit(dataset, settings, 0.1)


def test_a_loaded_predictor_forecasts_the_same(predictor, dataset, tmp_path):
    digest = save(predictor, tmp_path / "p")
    assert load(tmp_path / "p", digest).forecast(dataset.rows).equals(predictor.forecast(dataset.rows))


def test_a_simple_predictor_is_kept_too(make_dataset, settings, dataset, tmp_path):
    simple = fit(make_dataset(20), settings, 0.1)
    digest = save(simple, tmp_path / "p")
    assert load(tmp_path / "p", digest).forecast(dataset.rows).equals(simple.forecast(dataset.rows))


@pytest.mark.parametrize("name", ["hits.lgb", "middle.lgb", "predictor.json", "manifest.json"])
def test_an_edited_file_is_refused_before_lightgbm_sees_it(predictor, tmp_path, name):
    digest = save(predictor, tmp_path / "p")
    path = tmp_path / "p" / name
    path.write_text(path.read_text()[:-40])
    with pytest.raises(DamagedPredictorError, match=name):
        load(tmp_path / "p", digest)


def test_a_missing_file_is_refused(predictor, tmp_path):
    digest = save(predictor, tmp_path / "p")
    (tmp_path / "p" / "low.lgb").unlink()
    with pytest.raises(DamagedPredictorError, match=r"low\.lgb"):
        load(tmp_path / "p", digest)


def test_a_manifest_of_another_predictor_is_refused(predictor, tmp_path):
    save(predictor, tmp_path / "p")
    with pytest.raises(DamagedPredictorError, match=r"manifest\.json"):
        load(tmp_path / "p", "0" * 64)


def test_only_text_and_json_are_written(predictor, tmp_path):
    save(predictor, tmp_path / "p")
    files = {path.name for path in (tmp_path / "p").iterdir()}
    assert files == {"manifest.json", "predictor.json", "hits.lgb", "low.lgb", "middle.lgb", "high.lgb"}
    json.loads((tmp_path / "p" / "predictor.json").read_text())
    assert (tmp_path / "p" / "hits.lgb").read_text().startswith("tree\n")
