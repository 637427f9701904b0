"""Which Prefect servers are ended at the start of a command: those of this home whose process was killed."""

import os
import subprocess
import sys

import psutil
import pytest

from flows.servers.orphans import orphans_ended

SERVER = [sys.executable, "-c", "import time; time.sleep(300)", "prefect.server.api.server:create_app"]


def begun(place):
    """A process that passes for a server, of this process."""
    return psutil.Popen(SERVER, env={**os.environ, "PREFECT_HOME": str(place)})


def orphaned(place):
    """One whose own process has ended."""
    shell = ["sh", "-c", '"$@" >/dev/null 2>&1 & echo $!', "sh", *SERVER]
    environment = {**os.environ, "PREFECT_HOME": str(place)}
    said = subprocess.run(shell, env=environment, capture_output=True, text=True, check=True).stdout
    return psutil.Process(int(said))


@pytest.fixture
def processes(tmp_path):
    made = [orphaned(tmp_path / "ours"), orphaned(tmp_path / "other"), begun(tmp_path / "ours")]
    yield made
    for one in made:
        if one.is_running():
            one.kill()
        one.wait(10)


def test_only_those_of_this_home_whose_process_is_gone_are_ended(tmp_path, processes, monkeypatch):
    left, of_another_home, at_work = processes
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "ours"))
    assert orphans_ended() == 1
    assert not psutil.pid_exists(left.pid) or left.status() == psutil.STATUS_ZOMBIE
    assert of_another_home.is_running()
    assert at_work.is_running()
    assert orphans_ended() == 0
