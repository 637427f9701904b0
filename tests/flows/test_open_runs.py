"""MLflow runs that a kill left open are ended by the next run of the same home, and by no other home."""

import pytest

from flows import open_runs
from flows.open_runs import HOME, opened, sweep


@pytest.fixture
def shelf(registry):
    return registry.experiment_id(7)


def status(registry, run_id):
    return registry.client.get_run(run_id).info.status


def test_in_a_homes_own_database_all_that_is_open_is_ended_and_what_has_ended_stays(registry, shelf):
    left = opened(registry, shelf, "left", {"stage": "train"})
    of_before = registry.client.create_run(shelf).info.run_id  # by a release that did not say whose it is
    done = opened(registry, shelf, "done", {})
    registry.client.set_terminated(done)
    sweep(registry, shelf)
    assert [status(registry, one) for one in (left, of_before, done)] == ["KILLED", "KILLED", "FINISHED"]
    assert registry.client.get_run(left).data.tags["stage"] == "train"


def test_on_a_server_runs_of_other_homes_and_machines_go_on(registry, shelf, monkeypatch):
    left = opened(registry, shelf, "left", {})
    monkeypatch.setattr(open_runs.platform, "node", lambda: "elsewhere")
    theirs = opened(registry, shelf, "theirs", {})
    monkeypatch.undo()
    unnamed = registry.client.create_run(shelf).info.run_id
    monkeypatch.setattr(registry, "embedded", False)
    sweep(registry, shelf)
    assert [status(registry, one) for one in (left, theirs, unnamed)] == ["KILLED", "RUNNING", "RUNNING"]
    assert registry.client.get_run(theirs).data.tags[HOME] == f"elsewhere:{registry.home}"


def test_runs_of_other_experiments_are_not_looked_at(registry, shelf):
    other = opened(registry, registry.experiment_id(1), "other", {})
    sweep(registry, shelf)
    assert status(registry, other) == "RUNNING"
