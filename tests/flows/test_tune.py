import shutil
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
import yaml

from flows.config import load
from flows.data import Data, Stretch
from flows.lessons import Lessons
from flows.registry import Registry
from flows.search import Search, judged, named
from flows.site import Site
from flows.study import Study
from flows.trial_runs import Outcome, open_again, record_trial
from flows.tune import Effort, locked_in_words, tune
from models.dataset import TRUTH, Dataset
from models.splits import windows
from models.tuning import NoRoomError, stretches

HOUR = timedelta(hours=1)
TWO = Effort(trials=2, budget=HOUR)

pytestmark = pytest.mark.slow  # a search of whole trainings stands behind nearly all of them


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
    assert f"use them with: --config {site.config[0]} --config {path}" in twice[1].sentences()


@pytest.fixture
def dataset(site, week, twice):
    """The rows that were kept for the study."""
    (path,) = (site.home / "tuning").glob("*.parquet")
    return Dataset(pl.read_parquet(path), week.as_of, week.horizon)


def tried_defaults(site, dataset, home):
    """What came of trying the defaults on some rows."""
    home.mkdir()
    lessons = Lessons(site, Data({}, "d" * 16, {}, {}), dataset, site.settings().models)
    search = Search(lessons, Study(home, "one", lessons.settings), "")
    return judged(search, search.study.ask())


def test_nothing_of_the_locked_stretch_is_seen_by_a_trial(site, dataset, tmp_path):
    locked = pl.col("scheduled_at") >= windows(dataset, site.settings().models)[-1].begin
    other = {
        "over_known": pl.col("over_known") + timedelta(seconds=1),
        "is_new_product": ~pl.col("is_new_product"),
        "sales_units": pl.col("sales_units") + 7,
        "demand_units": pl.col("demand_units") + 999,
        "censored": ~pl.col("censored"),
        "available_share": pl.col("available_share") / 2,
        "returned_units": pl.col("returned_units") + 1,
        "return_matured": ~pl.col("return_matured"),
        "hit_bar_units": pl.col("hit_bar_units") / 2,
        "hit": ~pl.col("hit"),
    }
    assert set(other) == set(TRUTH) - {"scheduled_at"}  # which says what is locked
    changed = [pl.when(locked).then(value).otherwise(name).alias(name) for name, value in other.items()]
    worse = replace(dataset, rows=dataset.rows.with_columns(changed))
    assert [name for name in other if worse.rows[name].equals(dataset.rows[name])] == []
    assert worse.rows.schema == dataset.rows.schema
    first, second = (tried_defaults(site, one, tmp_path / str(one is worse)) for one in (dataset, worse))
    assert first.loss == second.loss
    assert first.scores.equals(second.scores)
    judging = stretches(dataset, site.settings().models)
    assert first.scores["fold"].drop_nulls().unique().sort().to_list() == list(range(1, judging + 1))


def test_a_trial_that_was_given_up_has_values_of_its_stretches_and_none_over_all(site, twice):
    registry, (above, _) = Registry(site), below(site, twice[1])
    scores = pl.DataFrame(
        [("challenger", None, "pinball_all", 9.0), ("challenger", 1, "pinball_all", 9.0)],
        schema=["predictor", "fold", "metric", "value"],
        orient="row",
    )
    assert open_again(registry, above.info.run_id)
    record_trial(registry, above.info.run_id, Outcome("given up", {}, scores, None, 1.0, is_default=False))
    registry.client.set_terminated(above.info.run_id)
    (run,) = [one for one in below(site, twice[1])[1] if one.info.run_name == "given up"]
    assert run.data.metrics == {"folds/pinball_all": 9.0, "seconds": 1.0}
    registry.client.delete_run(run.info.run_id)


def test_a_gain_on_the_locked_stretch_whose_bounds_cannot_be_told_is_told_without(site, dataset, home):
    lessons = Lessons(site, Data({}, "d" * 16, {}, {}), dataset, site.settings().models)
    search = Search(lessons, Study(home, "one", lessons.settings), "")
    default = search.study.ask()
    search.study.note("locked 1", [2.0, 1.5, None, None])
    best = replace(default, number=1, is_default=False)
    told = locked_in_words(search, best, default)
    assert told.endswith("1.5 against 2 of the defaults, better by 0.5 (how sure that is cannot be told)")


def test_a_trial_that_cannot_be_recorded_is_not_counted_and_the_budget_ends_a_call_after_the_trial_under_way(
    site, week, twice, tmp_path, monkeypatch
):
    def down(*_):
        raise ConnectionError("no server")

    monkeypatch.setattr("flows.tune.record_trial", down)
    with pytest.raises(ConnectionError):
        tune(site, week, Effort(trials=1, budget=HOUR), tmp_path)
    monkeypatch.undo()
    told = tune(site, week, Effort(trials=50, budget=timedelta(microseconds=1)), tmp_path)
    assert told.words[0].startswith("5 settings tried")


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


def test_another_configuration_is_another_study(site, week):
    data, stretch = Data({}, "d" * 16, {}, {}), Stretch(week.as_of, week.horizon)
    plain = site.model_copy(update={"config": ()})
    assert named(site, data, stretch) == named(site, data, stretch)
    assert named(site, data, stretch) != named(plain, data, stretch)


def test_other_code_of_learning_is_another_study(site, week, monkeypatch):
    data, stretch = Data({}, "d" * 16, {}, {}), Stretch(week.as_of, week.horizon)
    before = named(site, data, stretch)
    monkeypatch.setattr("flows.search.learning_code", lambda: "0" * 64)
    assert named(site, data, stretch) != before


def test_too_short_a_past_is_refused(site, dataset):
    with pytest.raises(NoRoomError, match="longer past"):
        stretches(replace(dataset, rows=dataset.rows.head(5)), site.settings().models)
