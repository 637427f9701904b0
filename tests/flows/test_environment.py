import os
import subprocess
import sys
from pathlib import Path

from deployed import unnamed

from flows.environment import prepare

ROOT = Path(__file__).parents[2]
AUTH = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")


def test_what_the_caller_said_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    prepare(tmp_path)
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_prefect_lives_in_the_home_unless_a_server_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    prepare(tmp_path)
    assert "PREFECT_HOME" not in os.environ
    monkeypatch.delenv("PREFECT_API_URL")
    prepare(tmp_path)
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert (tmp_path / "prefect").is_dir()


LET_IN = """
import sys, httpx
from pathlib import Path
from flows.terminal import at_work
with at_work(Path(sys.argv[1]), debug=False, flow=True):
    from prefect.client.orchestration import get_client
    client = get_client(sync_client=True)
    print(client.read_flows(), httpx.post(f"{client.api_url}/flows/filter", json={}).status_code)
"""


def test_the_server_of_one_process_lets_in_nobody_else(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LET_IN, tmp_path], env=unnamed(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["[]", "401"], done.stderr


def test_who_has_imported_prefect_already_is_given_no_password_that_it_would_not_know(tmp_path, monkeypatch):
    for name in ("PREFECT_API_URL", *AUTH):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "prefect", None)
    prepare(tmp_path)
    assert not set(AUTH) & os.environ.keys()
