"""`baokuan up` on a real machine: what runs, who is let in, what a kill leaves, and that `down` leaves nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from deployed import free_port, unnamed, until
from small_landing import LISTING, PRODUCT, SESSION, order, write

from flows.servers.meant import asking
from flows.site import Site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("up")
    landing = place / "landing"
    for table, row in (("sessions", SESSION), ("lineups", LISTING), ("products", PRODUCT), ("orders", order("one"))):
        write(landing, table, [row])
    yield place
    baokuan("down", place)


@pytest.fixture(scope="module")
def ports():
    return free_port(), free_port()


def baokuan(command, place, *options):
    done = subprocess.run(
        [Path(sys.executable).with_name("baokuan"), command, "--home", place / "home", *options],
        env=unnamed(), cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(place, ports):
    (place / "ours.yaml").write_text("maintain: {keep_days: 44}")
    where = ("--landing", place / "landing", "--out", place / "out", "--config", place / "ours.yaml")
    return baokuan("up", place, *where, "--mlflow-port", str(ports[0]), "--prefect-port", str(ports[1]))


@pytest.fixture(scope="module")
def first(place, ports):
    return started(place, ports)


@pytest.fixture(scope="module")
def client(place, ports, first):
    secret = json.loads((place / "home" / "servers" / "credentials.json").read_text())["prefect_password"]
    told = {"PREFECT_API_URL": f"http://127.0.0.1:{ports[1]}/api", "PREFECT_API_AUTH_STRING": f"admin:{secret}"}
    with asking(told, 60) as client:
        yield client


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def running(place):
    return {one["name"]: one["pid"] for one in json.loads((place / "home" / "servers" / "running.json").read_text())}


def test_both_servers_and_both_workers_run_and_once_more_starts_nothing(place, ports, first):
    names = ("MLflow", "Prefect", "baokuan", "baokuan-live")
    before = running(place)
    assert all(f"{name} started" in first for name in names)
    again = started(place, ports)
    assert all(f"{name} runs already" in again for name in names)
    assert running(place) == before


def test_what_is_deployed_works_by_the_configuration_that_was_named(place, client):
    deployed = client.get("deployments/name/maintain/weekly").raise_for_status().json()
    assert Site.model_validate(deployed["parameters"]["site"]).config[1:] == (place / "ours.yaml",)


def test_who_has_no_password_or_comes_from_a_foreign_page_is_refused(place, ports, client):
    mlflow = f"http://127.0.0.1:{ports[0]}/api/2.0/mlflow/experiments/search?max_results=1"
    secret = json.loads((place / "home" / "servers" / "credentials.json").read_text())["mlflow_password"]
    known = ("admin", secret)
    assert httpx.get(mlflow).status_code == 401
    assert httpx.get(mlflow, auth=known).status_code == 200
    assert httpx.get(mlflow, auth=known, headers={"Host": "elsewhere.example"}).status_code == 403
    made = {"url": mlflow.replace("search?max_results=1", "create"), "auth": known, "json": {"name": "forged"}}
    assert httpx.post(**made, headers={"Origin": "http://elsewhere.example"}).status_code == 403
    assert httpx.get(f"{client.base_url}admin/version").status_code == 401
    foreign = client.get("admin/version", headers={"Origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in foreign.headers


def test_no_secret_stands_on_a_command_line(place, first):
    secrets = json.loads((place / "home" / "servers" / "credentials.json").read_text()).values()
    lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if any(secret in line for secret in secrets)]


def test_a_command_on_the_home_is_recorded_on_its_server(place, client):
    told = baokuan("ingest", place, "--landing", place / "landing")
    assert "data version" in told
    assert "ingest" in {one["name"] for one in client.post("flows/filter", json={}).json()}


def test_the_pages_are_those_that_run_already(place, ports, first):
    mlflow, prefect, login = baokuan("ui", place).splitlines()
    assert (mlflow, prefect) == (f"MLflow: http://127.0.0.1:{ports[0]}", f"Prefect: http://127.0.0.1:{ports[1]}")
    assert str(place / "home" / "servers" / "credentials.json") in login


def test_what_a_killed_worker_left_is_cleared_by_the_next_start(place, ports, client):
    deployed = client.get("deployments/name/ingest/by-hand").raise_for_status().json()
    asked = {"parameters": {**deployed["parameters"], "landing": str(place / "landing")}}
    os.kill(running(place)["baokuan"], signal.SIGKILL)
    until(lambda: not alive(running(place)["baokuan"]), "the worker's end")
    run = client.post(f"deployments/{deployed['id']}/create_flow_run", json=asked).raise_for_status().json()["id"]
    state = {"state": {"type": "RUNNING"}, "force": True}
    client.post(f"flow_runs/{run}/set_state", json=state).raise_for_status()
    told = started(place, ports)
    assert "baokuan started" in told
    assert "that nobody worked on: crashed" in told
    assert client.get(f"flow_runs/{run}").json()["state"]["type"] == "CRASHED"


def test_down_ends_all_of_it(place, client):
    pids = running(place)
    told = baokuan("down", place)
    ended = [line.removesuffix(" ended") for line in told.splitlines()]
    assert (sorted(ended[:2]), ended[2:]) == (["baokuan", "baokuan-live"], ["Prefect", "MLflow"])
    assert not [pid for pid in pids.values() if alive(pid)]
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(place) in " ".join(one.info["cmdline"] or ())]
    assert baokuan("down", place).splitlines() == ["nothing runs"]
