"""What `configs/systemd` starts is what `docs/operator.md` says, and stands on PostgreSQL."""

import re
import shutil
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from deployed import ROOT, answers, until
from production import BINARIES, UNITS, commands, prepared, unit, variables
from small_landing import small_zone

from flows.lake import Lake
from flows.servers.meant import meant

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
LIMITS = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "PrivateDevices": "yes", "RestrictSUIDSGID": "yes", "CapabilityBoundingSet": "",
}  # fmt: skip
FOREIGN = "http://evil.example"


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_starts_what_is_installed_without_secrets_and_with_few_rights(name):
    service = unit(name)["Service"]
    keys = [key for key in service if key.startswith("ExecStart")]
    for command in commands(name, *keys):
        assert Path(command[0]).parent == ROOT / ".venv" / "bin"
        assert Path(command[0]).stat().st_mode & stat.S_IXUSR
        assert not re.search("password|secret|CHANGE|auth-string|://", " ".join(command))
    assert {key: service[key] for key in LIMITS} == LIMITS
    assert service["User"] == "baokuan"
    assert (UNITS / Path(service["EnvironmentFile"]).name).is_file()
    assert service.get("Restart", "on-failure" if "RuntimeMaxSec" in service else None) in {"on-failure", "always"}


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    for name in SERVICES:
        text = (UNITS / name).read_text(encoding="utf-8").replace("/opt/baokuan", str(ROOT))
        (tmp_path / name.replace("@", "@train")).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "baokuan" in line]
    assert (done.returncode, ours) == (0, [])


def test_a_password_of_the_examples_must_be_changed_and_workers_know_none_of_a_database():
    told = {path.stem: variables(path.read_text(encoding="utf-8")) for path in UNITS.glob("*.env")}
    hidden = {
        name: value for one in told.values() for name, value in one.items() if re.search("PASSW|KEY|AUTH_STR", name)
    }
    assert len(hidden) == 7
    assert all("CHANGE-ME" in value for value in hidden.values())
    assert "PGPASSWORD" not in told["work"]
    addresses = [value for one in told.values() for value in one.values() if "postgresql" in value]
    assert [one for one in addresses if re.search("//[^@/]*:[^@/]*@", one)] == []


def test_the_operators_page_has_the_commands_that_these_tests_run():
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    assert [name for name in [*SERVICES, "databases.sql"] if name.removesuffix(".service") not in page] == []
    assert [command for command in DEPLOYING if " ".join(command) not in page] == []


DEPLOYING = (
    ("prefect", "work-pool", "create", "baokuan", "--type", "process", "--overwrite"),
    ("prefect", "work-pool", "create", "baokuan-live", "--type", "process", "--overwrite"),
    ("prefect", "--no-prompt", "deploy", "--all"),
)


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """Both servers on PostgreSQL, as the units start them, with everything deployed."""
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 in {BINARIES}")
    folder = tmp_path_factory.mktemp("production")
    with prepared(folder) as (installed, stack):
        for name in ("srv/landing", "var/lib/baokuan-mlflow"):
            (folder / name).mkdir(parents=True)
        small_zone(folder / "srv" / "landing")
        for name in ("mlflow", "prefect"):
            installed.started(stack, f"baokuan-{name}", name)
        work = installed.told["work"]
        until(lambda: answers(f"{work['MLFLOW_TRACKING_URI']}/health"), "MLflow's health")
        until(lambda: answers(f"{work['PREFECT_API_URL']}/health"), "Prefect's health")
        for command in DEPLOYING:
            installed.did(*command)
        yield installed, stack


@contextmanager
def asked(work, **more):
    """A client of Prefect's that has its password and its token."""
    user, password = work["PREFECT_API_AUTH_STRING"].split(":", 1)
    with httpx.Client(base_url=work["PREFECT_API_URL"], auth=(user, password), timeout=60, **more) as client:
        yield meant(client)


@pytest.mark.slow
def test_a_run_of_a_worker_is_recorded_on_postgresql(production):
    installed, stack = production
    work = installed.told["work"]
    installed.started(stack, "baokuan-worker", "work")
    with asked(work) as client:
        one = client.get("/deployments/name/ingest/incoming").raise_for_status().json()
        begun = client.post(f"/deployments/{one['id']}/create_flow_run", json={}).raise_for_status().json()["id"]

        def over():
            state = client.get(f"/flow_runs/{begun}").json()["state"]
            return state if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None

        state = until(over, "the run's end", 500)
    assert state["type"] == "COMPLETED", (state, (installed.folder / "baokuan-worker.log").read_text())
    assert Lake(Path(work["BAOKUAN_HOME"])).tables(["orders"])["orders"].height == 2


@pytest.mark.slow
def test_what_a_killed_watch_left_has_crashed_once_its_unit_starts_again(production):
    installed, _ = production
    with asked(installed.told["work"]) as client:
        one = client.get("/deployments/name/watch/watch").raise_for_status().json()
        begun = client.post(f"/deployments/{one['id']}/create_flow_run", json={}).raise_for_status().json()["id"]
        running = {"state": {"type": "RUNNING"}, "force": True}
        client.post(f"/flow_runs/{begun}/set_state", json=running).raise_for_status()
        first, _ = commands("baokuan-watch.service", "ExecStartPre")
        assert installed.did(*first).splitlines() == ["1 runs that nobody worked on: crashed"]
        assert client.get(f"/flow_runs/{begun}").json()["state"]["type"] == "CRASHED"
        assert installed.did(*first) == ""


@pytest.mark.slow
def test_who_has_no_password_or_comes_from_a_foreign_page_is_refused(production):
    work = production[0].told["work"]
    mlflow, prefect = work["MLFLOW_TRACKING_URI"], work["PREFECT_API_URL"]
    search, flows = f"{mlflow}/api/2.0/mlflow/experiments/search", f"{prefect}/flows/filter"
    login = ("admin", work["MLFLOW_TRACKING_PASSWORD"])
    assert httpx.post(search, json={"max_results": 1}).status_code == 401
    assert httpx.post(search, json={"max_results": 1}, auth=login).status_code == 200
    assert httpx.post(search, json={"max_results": 1}, auth=login, headers={"Origin": FOREIGN}).status_code == 403
    assert httpx.post(search, json={"max_results": 1}, auth=login, headers={"Host": "evil.example"}).status_code == 403
    assert httpx.get(f"{prefect}/admin/version").status_code == 401
    assert httpx.post(flows, json={}, headers={"Origin": FOREIGN}).status_code == 403
    foreign = httpx.get(f"{prefect}/admin/version", headers={"Origin": FOREIGN})
    assert foreign.status_code == 401
    assert "access-control-allow-origin" not in foreign.headers
    user, password = work["PREFECT_API_AUTH_STRING"].split(":", 1)
    assert httpx.post(flows, json={}, auth=(user, password)).status_code == 403  # no token against forged requests
    with asked(work, headers={"Origin": FOREIGN}) as client:
        assert "access-control-allow-origin" not in client.post("/flows/filter", json={}).headers


@pytest.mark.slow
def test_no_secret_stands_on_a_command_line_or_in_a_log(production):
    installed, _ = production
    lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    said = [path.read_text(errors="replace") for path in installed.folder.glob("*.log")]
    assert any("basic-auth" in line for line in lines)
    assert [name for name, secret in installed.secrets.items() if secret in "\n".join([*lines, *said])] == []
