"""One server: how it is started, where it answers, and how it is ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from flows.registry import Registry
from flows.servers.reached import LOOPBACK, MLFLOW, PREFECT

PATIENCE_SECONDS = 120
ROOT = Path(__file__).parents[2]
_PAGES = {MLFLOW: "/#/experiments?workflowType=machine_learning", PREFECT: "/runs"}


class PageError(RuntimeError):
    """A page that cannot be served."""


@dataclass(frozen=True)
class Server:
    """One process that goes on.

    Attributes:
        name: as people call it.
        command: a module of this Python and its arguments; no secret among them.
        port: on which it listens; None for a worker, which only asks.
        health: answers once it is ready; empty for a worker.
        link: for people.
        environment: what it is told beside our own; secrets stand here only.
    """

    name: str
    command: tuple[str, ...]
    port: int | None = None
    health: str = ""
    link: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def started(self, said: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        """The server as a process, with a group of its own; what it says goes to an open file."""
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *self.command],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def link(name: str, port: int) -> str:
    """The page of a server that people begin with."""
    return f"http://{LOOPBACK}:{port}{_PAGES[name]}"


def mlflow_server(registry: Registry, port: int) -> Server:
    """Training runs and registered predictors."""
    base = f"http://{LOOPBACK}:{port}"
    return Server(
        name=MLFLOW,
        port=port,
        command=("mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"),
        health=f"{base}/health",
        link=link(MLFLOW, port),
        environment={
            "MLFLOW_BACKEND_STORE_URI": registry.uri,
            "MLFLOW_DEFAULT_ARTIFACT_ROOT": registry.artifacts.as_uri(),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else ten processes for jobs that we have not
        },
    )


def prefect_server(port: int) -> Server:
    """Flow runs, their logs and their summaries."""
    base = f"http://{LOOPBACK}:{port}"
    return Server(
        name=PREFECT,
        port=port,
        command=("prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)),
        health=f"{base}/api/health",
        link=link(PREFECT, port),
        # its default lets any web page that the same browser shows ask this server
        environment={"PREFECT_UI_API_URL": f"{base}/api", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": base},
    )


def free(server: Server) -> None:
    """Make sure that nobody else answers at a server's port.

    Raises:
        PageError: somebody does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, server.port))
        except OSError:
            name = server.name.lower()
            raise PageError(f"port {server.port} is taken: choose another with --{name}-port") from None


def ready(server: Server, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers.

    Raises:
        PageError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PageError(f"{server.name} ended at once: run `python -m {' '.join(server.command)}` to see why")
        try:
            with urlopen(server.health, timeout=2):  # noqa: S310 - loopback, our own port
                return
        except (URLError, OSError):
            time.sleep(0.3)
    raise PageError(f"{server.name} did not answer within {PATIENCE_SECONDS} s")


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a child's whole process group, first politely."""
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
