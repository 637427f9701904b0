"""A real Prefect server and a process worker, on free ports, for one test."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 300  # a busy machine takes minutes to import what a run needs


def unnamed():
    """This environment without what it says to Prefect and MLflow, so that a process has only what a home tells it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, patience=PATIENCE_SECONDS):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"{what}: not within {patience} s")


def answers(url):
    """Whether a server answers there that all is well."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def running(command, environment, log):
    """A process with all its children, ended together; what it says goes to a file."""
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        ended(process)


def ended(process):
    """A process and all that it started, ended, politely at first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


class Server:
    """A Prefect server of this test, spoken to over HTTP and by Prefect's own command line."""

    def __init__(self, folder, variables, database):
        port = free_port()
        self.folder, self.api = folder, f"http://127.0.0.1:{port}/api"
        self.start = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
        self.environment = {
            **unnamed(),
            **variables,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "DO_NOT_TRACK": "true",
        }
        (folder / "prefect").mkdir()
        shutil.copy(database, folder / "prefect" / "prefect.db")

    @contextmanager
    def serving(self):
        with running(self.start, self.environment, self.folder / "server.log"):
            until(self.healthy, "the server's health")
            yield self

    def healthy(self):
        try:
            return self.ask("health")
        except OSError:
            return None

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.api}/{path}", data=data, headers={"Content-Type": "application/json"})
        for _ in range(20):
            try:
                with urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except HTTPError as error:
                if error.code != 503:  # SQLite is busy with somebody else's writing
                    raise
                time.sleep(0.5)
        raise TimeoutError(f"{path}: the server is busy")

    def prefect(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def working(self, pool="baokuan", *options):
        start = ["worker", "start", "--pool", pool, "--limit", "1", *options]
        return running(start, self.environment, self.folder / f"{pool}.log")
