import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import polars as pl
import pytest
import yaml

from flows.config import load
from flows.data import Data, Stretch
from flows.registry import Registry
from flows.search import named
from flows.site import Site
from flows.study import Study
from flows.tune import Effort, tune
from models.dataset import Dataset
from models.splits import windows
from models.tuning import NoRoomError, forecasts, stretches

HOUR = timedelta(hours=1)
TWO = Effort(trials=2, budget=HOUR)


@pytest.fixture(scope="module")
def site(ran, tmp_path_factory):
    """A copy of a home, with settings that leave two stretches to choose on and one locked."""
    folder = tmp_path_factory.mktemp("tuned")
    shutil.copytree(ran[0].home, folder / "home")
    overlay = folder / "quick.yaml"
    overlay.write_text(
        "models: {rounds: 20, patience: 5, plain_rounds: 5, folds: 3, dense_rows: 1, min_rows: 50, later_share: 0.8}"
    )
    return Site(home=folder / "home", config=(overlay,))


@pytest.fixture(scope="module")
def twice(site, week, tmp_path_factory):
    """What two calls of two trials each told, and where the best of them is."""
    out = tmp_path_factory.mktemp("best")
    first = tune(site, week, TWO, out)
    (kept,) = (site.home / "tuning").glob("*.parquet")
    written = kept.stat().st_mtime_ns
    return first, tune(site, week, TWO, out), written == kept.stat().st_mtime_ns


def below(site, told):
    registry = Registry(site)
    run_id = told.run.partition(" ")[0]
    found = registry.client.search_runs([registry.experiment_id(7)], f"tags.mlflow.parentRunId = '{run_id}'")
    return registry.client.get_run(run_id), found


def test_a_second_call_goes_on_in_the_same_study_on_the_same_rows(site, twice):
    first, second, same_rows = twice
    assert first.run == second.run
    assert first.words[0].startswith("2 settings tried")
    assert second.words[0].startswith("4 settings tried")
    assert same_rows


def test_each_trial_is_a_run_below_the_search_with_its_settings_and_metrics(site, twice):
    above, trials = below(site, twice[1])
    assert sorted(run.info.run_name for run in trials) == ["trial 0", "trial 1", "trial 2", "trial 3"]
    assert above.data.tags["stage"] == "tune"
    assert above.info.status == "FINISHED"
    drawn = {run.info.run_name: run.data.params["models.learning_rate"] for run in trials}
    assert len(set(drawn.values())) == 4
    assert all({"pinball_all", "ap_all", "folds/pinball_all"} <= run.data.metrics.keys() for run in trials)
    (default,) = [run for run in trials if run.data.tags["defaults"] == "true"]
    assert default.info.run_name == "trial 0"
    assert default.data.params["models.rounds"] == "20"


def test_the_best_is_a_file_that_the_configuration_takes(site, twice):
    path = twice[1].path
    chosen = yaml.safe_load(path.read_text())["models"]
    assert set(chosen) == {"learning_rate", "leaves", "min_data", "feature_share", "row_share", "rounds", "patience"}
    settings = load([*site.config, path]).models
    assert {name: getattr(settings, name) for name in chosen} == chosen
    above, trials = below(site, twice[1])
    losses = [run.data.metrics["pinball_all"] for run in trials if run.data.tags["state"] == "complete"]
    assert above.data.metrics["pinball_all"] == pytest.approx(min(losses))
    assert any(sentence.startswith("use them with: --config") for sentence in twice[1].sentences())


@pytest.fixture
def dataset(site, week, twice):
    """The rows that were kept for the study."""
    (path,) = (site.home / "tuning").glob("*.parquet")
    return Dataset(pl.read_parquet(path), week.as_of, week.horizon)


def test_nothing_of_the_locked_stretch_is_seen_by_a_trial(site, dataset):
    settings = site.settings().models
    locked = pl.col("scheduled_at") >= windows(dataset, settings)[-1].begin
    other = replace(
        dataset,
        rows=dataset.rows.with_columns(pl.when(locked).then(999.0).otherwise("demand_units").alias("demand_units")),
    )
    assert dataset.rows.filter(locked).height
    count = stretches(dataset, settings)
    seen = [pl.concat(islice(forecasts(one, settings), count)) for one in (dataset, other)]
    assert seen[0].equals(seen[1])
    assert not seen[0].join(dataset.rows.filter(locked), on=["session_id", "product_id"], how="semi").height


def test_a_killed_trial_is_ended_and_the_defaults_are_tried_again(home):
    settings = load().models
    killed = Study(home, "one", settings)
    assert killed.ask().is_default
    again = Study(home, "one", settings)
    tried = again.ask()
    assert (tried.number, tried.is_default) == (1, True)
    again.tell(tried, 3.0)
    assert not Study(home, "one", settings).ask().is_default
    assert again.default()[1] == 3.0


def test_a_trial_behind_the_others_is_given_up_and_never_the_best(home):
    study = Study(home, "one", load().models)
    for number in range(9):
        tried = study.ask()
        assert not study.hopeless(tried, 1.0, 1)
        study.tell(tried, 1.0 + number)
    late = study.ask()
    assert study.hopeless(late, 5.0, 1)
    study.tell(late, None)
    assert study.best()[0].is_default
    assert study.counts() == (10, 1)


def test_the_budget_ends_a_call_after_the_trial_under_way(site, week, tmp_path):
    told = tune(site, week, Effort(trials=50, budget=timedelta(microseconds=1)), tmp_path)
    assert told.words[0].startswith("5 settings tried")


def test_another_configuration_is_another_study(site, week):
    data, stretch = Data({}, "d" * 16, {}, {}), Stretch(week.as_of, week.horizon)
    plain = site.model_copy(update={"config": ()})
    assert named(site, data, stretch) == named(site, data, stretch)
    assert named(site, data, stretch) != named(plain, data, stretch)


def test_too_short_a_past_is_refused(site, dataset):
    with pytest.raises(NoRoomError, match="longer past"):
        stretches(replace(dataset, rows=dataset.rows.head(5)), site.settings().models)
