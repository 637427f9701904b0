"""Real servers and a real worker on free ports of this machine, which can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 600
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Child = subprocess.Popen


@dataclass(eq=False)
class Servers:
    """MLflow, Prefect and a worker of one home.

    Attributes:
        place: where they say what they do.
        home: the home.
        where: variables that `prefect.yaml` reads.
    """

    place: Path
    home: Path
    where: Mapping[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {"mlflow": _free(), "prefect": _free()})
    children: dict[str, Child[bytes]] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    @property
    def api(self) -> str:
        """Where Prefect answers."""
        return f"http://127.0.0.1:{self.ports['prefect']}/api"

    @property
    def environment(self) -> dict[str, str]:
        """What all processes are told."""
        others = ("PREFECT_", "MLFLOW_", "PYTHONDONTWRITEBYTECODE")  # each run is a process: none compiles again
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return {
            **kept,
            **self.where,
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{self.ports['mlflow']}",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "DO_NOT_TRACK": "true",
            "OMP_WAIT_POLICY": "PASSIVE",
        }

    def commands(self) -> dict[str, list[str]]:
        """How each is started, in the order in which they need each other."""
        host = ["--host", "127.0.0.1", "--port"]
        store = ["--backend-store-uri", f"sqlite:///{self.home}/mlflow.db"]
        return {
            "mlflow": ["mlflow", "server", *host, str(self.ports["mlflow"]), "--workers", "1", *store,
                       "--default-artifact-root", (self.home / "artifacts").as_uri()],
            "prefect": ["prefect", "server", "start", *host, str(self.ports["prefect"])],
            "worker": ["prefect", "worker", "start", "--pool", "baokuan", "--type", "process", "--limit", "2"],
        }  # fmt: skip

    def start(self, *names: str) -> None:
        """Start what does not run, and wait until it answers."""
        for name in names or self.commands():
            if name not in self.children or self.children[name].poll() is not None:
                with (self.place / f"{name}.log").open("ab") as said:
                    self.children[name] = subprocess.Popen(
                        [sys.executable, "-m", *self.commands()[name]],
                        cwd=ROOT, env=self.environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
                    )  # fmt: skip
            if name != "worker":
                path = "/health" if name == "mlflow" else "/api/health"
                until(lambda name=name, path=path: _answers(f"http://127.0.0.1:{self.ports[name]}{path}"), name)

    def kill(self, *names: str) -> None:
        """`kill -9` for each and all that it started."""
        for name in names:
            for pid in [*_below(self.children[name].pid), self.children[name].pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.children[name].wait()

    def kill_runs(self) -> int:
        """`kill -9` for what the worker runs, not for the worker; how many processes that were."""
        runs = _below(self.children["worker"].pid)
        for pid in runs:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(runs)

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str = "POST") -> Any:
        """What Prefect answers, if anything; asked again while it is busy or starting."""

        def answer() -> tuple[Any] | None:
            with suppress(httpx.TransportError):
                got = self.client.request("GET" if body is None else method, f"{self.api}/{path}", json=body)
                if got.status_code < 400:  # noqa: PLR2004 - HTTP
                    return (got.json() if got.content else None,)
                if got.status_code < 500 and got.status_code != 429:  # noqa: PLR2004 - HTTP
                    raise RuntimeError(f"{path}: {got.text}")
            return None

        return until(answer, path)[0]

    def prefect(self, *arguments: str) -> None:
        """A command of Prefect."""
        full = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        done = subprocess.run(full, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")

    def pause(self, deployment: str) -> None:
        """Stop its schedule: time is the company's own."""
        self.ask(f"deployments/{deployment}", {"paused": True}, "PATCH")

    def begin(self, name: str, at: datetime, parameters: Mapping[str, Any]) -> str:
        """A run of a deployment, scheduled for a moment of the company's own time.

        Args:
            name: FLOW/DEPLOYMENT.
            at: the moment.
            parameters: beside those of the deployment.
        """
        deployed = self.ask(f"deployments/name/{name}")
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": at.isoformat()}}
        body = {"state": state, "parameters": {**deployed["parameters"], **parameters}}
        return str(self.ask(f"deployments/{deployed['id']}/create_flow_run", body)["id"])

    def state(self, run: str) -> str:
        """How a run does."""
        return str(self.ask(f"flow_runs/{run}")["state"]["type"])

    def ended(self, run: str) -> str:
        """How a run ended."""
        return until(lambda: state if (state := self.state(run)) in ENDED else None, f"the end of {run}")


def until(condition: Any, what: str) -> Any:
    """What a condition gives as soon as it gives anything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.3)
    raise TimeoutError(f"{what}: not within {PATIENCE_SECONDS} s")


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=5).status_code == httpx.codes.OK
    return False


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _below(pid: int) -> list[int]:
    """All processes that a process started, and theirs, the youngest generation first."""
    parents: dict[int, list[int]] = {}
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(one.read_text().rpartition(")")[2].split()[1]), []).append(int(one.parent.name))
    children = parents.get(pid, [])
    return [below for child in children for below in [*_below(child), child]]
