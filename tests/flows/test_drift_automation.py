"""With a real server: an alarm starts a training, one of the feed does not."""

import subprocess
import sys
import time

import pytest
from deployed import ROOT, Server, until

SAID = """
from datetime import date, datetime, UTC
from prefect import flow
from flows.drift_alarms import tell
from flows.version import Version
from models.drift.alarms import Alarm

version = Version("demand-predictor-default", 3, datetime(2025, 3, 1, tzinfo=UTC), "d" * 64)

@flow(name="alarmed")
def alarmed(kind: str):
    tell(Alarm(kind, date(2025, 4, 1), 99.0, ("outside",)), version, datetime(2025, 4, 2, tzinfo=UTC))

if __name__ == "__main__":
    import sys
    alarmed(sys.argv[1])
"""


@pytest.fixture(scope="module")
def server(prefect_api, tmp_path_factory):
    place = tmp_path_factory.mktemp("automation")
    where = {"BAOKUAN_ROOT": str(ROOT), "BAOKUAN_HOME": str(place / "home"), "BAOKUAN_LANDING": str(place / "landing")}
    with Server(place, {**where, "BAOKUAN_OUT": str(place / "out")}, prefect_api).serving() as serving:
        for pool in ("baokuan", "baokuan-live"):
            serving.prefect("work-pool", "create", pool, "--type", "process")
        serving.prefect("deploy", "--all")
        yield serving


def alarm(server, kind):
    script = server.folder / "alarmed.py"
    script.write_text(SAID)
    done = subprocess.run(
        [sys.executable, str(script), kind], cwd=ROOT, env={**server.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def trainings(server):
    """Runs of training that an automation asked for, not a schedule."""
    runs = server.ask("flow_runs/filter", {"sort": "EXPECTED_START_TIME_DESC", "limit": 200})
    deployed = {one["id"] for one in server.ask("deployments/filter", {}) if one["entrypoint"] == "flows.train:train"}
    return [run for run in runs if run["deployment_id"] in deployed and not run["auto_scheduled"]]


@pytest.mark.slow
def test_an_alarm_starts_a_training_and_one_of_the_feed_does_not(server):
    alarm(server, "feed")
    time.sleep(20)
    assert trainings(server) == []
    alarm(server, "coverage")
    (run,) = until(lambda: trainings(server), "a training", 90)
    assert run["parameters"]["ahead"] == {"horizon": "7d"}
