"""What is written down of servers is believed only where the very process runs; passwords are for their owner alone."""

import os
import stat
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from flows.environment import prepare
from flows.servers.credentials import Credentials
from flows.servers.reached import FOLDER, MLFLOW, PREFECT, reached
from flows.servers.record import Running, keep, kept
from flows.servers.server import PageError
from flows.site import Site
from flows.up import Wanted, down, up

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def process():
    started = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    started.stdout.readline()
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


def test_what_runs_lives_until_it_is_ended_with_all_that_it_started(process):
    running = Running.of("worker", process.pid)
    (child,) = psutil.Process(process.pid).children()
    assert running.lives()
    running.end(patience=5)
    assert not running.lives()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_what_a_killed_process_left_running_is_ended_too(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, start_new_session=True) as started:
        started.stdout.readline()
        running = Running.of("server", started.pid)
        (child,) = psutil.Process(started.pid).children()
        started.kill()
        started.wait()
    assert not running.lives()
    assert [one.pid for one in running.family()] == [child.pid]
    running.end(patience=5)
    assert running.family() == []


def test_another_process_under_the_same_id_is_not_the_one_that_was_started(process):
    other = replace(Running.of("worker", process.pid), born=time.time() - 1e6)
    assert not other.lives()
    other.end(patience=1)
    assert process.poll() is None


def test_the_record_is_read_as_it_was_kept(tmp_path, process):
    running = Running.of("MLflow", process.pid, 5000)
    assert kept(tmp_path) == []
    keep(tmp_path, [running])
    assert kept(tmp_path) == [running]


def test_passwords_are_made_once_for_their_owner_only_and_never_shown(tmp_path):
    made = Credentials.made(tmp_path)
    assert Credentials.made(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600
    assert made.mlflow_password not in repr(made)
    assert len({made.mlflow_password, made.mlflow_secret, made.prefect_password}) == 3


def test_only_while_both_servers_run_is_a_home_worked_on_with_them(tmp_path, process, monkeypatch):
    place = tmp_path / FOLDER
    place.mkdir()
    alive = [Running.of(name, process.pid, port) for name, port in ((MLFLOW, 5000), (PREFECT, 4200))]
    keep(place, alive[:1])
    assert reached(tmp_path) == {}
    keep(place, alive)
    told = reached(tmp_path)
    assert (told["MLFLOW_TRACKING_URI"], told["PREFECT_API_URL"]) == (
        "http://127.0.0.1:5000", "http://127.0.0.1:4200/api",
    )  # fmt: skip
    keep(place, [replace(one, born=1.0) for one in alive])
    assert reached(tmp_path) == {}


def test_servers_that_the_environment_names_come_first(tmp_path, process, monkeypatch):
    place = tmp_path / FOLDER
    place.mkdir()
    keep(place, [Running.of(name, process.pid, 1) for name in (MLFLOW, PREFECT)])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD", raising=False)
    prepare(tmp_path)
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://mlflow.example"
    assert "MLFLOW_TRACKING_PASSWORD" not in os.environ


def test_beside_servers_that_the_environment_names_none_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    with pytest.raises(PageError, match="MLFLOW_TRACKING_URI in the environment"):
        up(Site(home=tmp_path), Wanted(tmp_path, tmp_path, 5000, 4200))


def test_where_nothing_runs_nothing_is_ended(tmp_path):
    assert down(Site(home=tmp_path)).sentences() == ("nothing runs",)
