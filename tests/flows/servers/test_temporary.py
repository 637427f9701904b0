"""What a command tidies up when it starts: servers and flow runs of this home whose process was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from deployed import unnamed

from flows.servers.temporary import end_orphans

ROOT = Path(__file__).parents[3]
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
    assert end_orphans() == 1
    assert not psutil.pid_exists(left.pid) or left.status() == psutil.STATUS_ZOMBIE
    assert of_another_home.is_running()
    assert at_work.is_running()
    assert end_orphans() == 1


KILLED = """
import sys
from pathlib import Path
from flows.terminal import at_work
with at_work(Path(sys.argv[1]), debug=False, flow=True):
    from prefect import flow
    import os, signal
    flow(name="killed")(lambda: os.kill(os.getpid(), signal.SIGKILL))()
"""
AGAIN = """
import sys
from pathlib import Path
from flows.terminal import at_work
with at_work(Path(sys.argv[1]), debug=False, flow=True):
    from prefect.client.orchestration import get_client
    print(*(f"{run.state_type.value}: {run.state.message}" for run in get_client(sync_client=True).read_flow_runs()))
"""


def test_a_run_that_was_killed_has_crashed_once_another_command_starts(tmp_path):
    (tmp_path / "home").mkdir()
    statuses, said = [], tmp_path / "said"  # a file, since the server that outlives the first would hold a pipe
    for program in (KILLED, AGAIN):
        with said.open("w") as told:
            command = [sys.executable, "-c", program, tmp_path / "home"]
            done = subprocess.run(command, env=unnamed(), cwd=ROOT, stdout=told, stderr=told, timeout=300, check=False)
        statuses.append(done.returncode)
    assert statuses == [-signal.SIGKILL, 0], said.read_text()
    assert "CRASHED: its process ended" in said.read_text().splitlines()
