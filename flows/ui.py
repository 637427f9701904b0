"""The MLflow and Prefect pages of one home, on loopback, for as long as somebody looks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import urlopen

from flows.environment import prepare
from flows.registry import Registry
from flows.site import Site
from flows.terminal import interruptible, say

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 120


class PageError(RuntimeError):
    """A page that cannot be served."""


@dataclass(frozen=True)
class Page:
    """One server: how it is started and where it answers once it is ready."""

    name: str
    port: int
    command: tuple[str, ...]
    health: str
    link: str
    environment: Mapping[str, str] = field(default_factory=dict)


def serve(site: Site, *, mlflow_port: int, prefect_port: int) -> None:
    """Serve both pages until Ctrl-C or a hang-up; the servers end with this process.

    Where the environment names a server of the company's, that one has the page, and none is started here.
    """
    home = site.made()
    prepare(home)
    registry = Registry(site)
    pages = [mlflow_page(registry, mlflow_port)] if registry.embedded else []
    pages += [prefect_page(prefect_port)] if "PREFECT_API_URL" not in os.environ else []
    for page in pages:
        free(page.name, page.port)
    with suppress(KeyboardInterrupt), ExitStack() as running, interruptible():
        servers = [running.enter_context(served(page)) for page in pages]
        for page, server in zip(pages, servers, strict=True):
            ready(page, server)
            say(f"{page.name}: {page.link}")
        say("Ctrl-C ends it." if pages else "both pages are on the servers that the environment names")
        while pages and all(server.poll() is None for server in servers):
            time.sleep(0.5)
        if pages:
            raise PageError("a server ended by itself")


def mlflow_page(registry: Registry, port: int) -> Page:
    """Training runs and registered predictors."""
    base = f"http://{LOOPBACK}:{port}"
    return Page(
        name="MLflow",
        port=port,
        command=(
            *("mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", registry.uri, "--default-artifact-root", registry.artifacts.as_uri()),
        ),
        health=f"{base}/health",
        link=f"{base}/#/experiments?workflowType=machine_learning",
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},  # else ten processes for jobs that we have not
    )


def prefect_page(port: int) -> Page:
    """Flow runs, their logs and their summaries."""
    base = f"http://{LOOPBACK}:{port}"
    return Page(
        name="Prefect",
        port=port,
        command=("prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)),
        health=f"{base}/api/health",
        link=f"{base}/runs",
        # its default lets any web page that the same browser shows ask this server
        environment={"PREFECT_UI_API_URL": f"{base}/api", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": base},
    )


def free(name: str, port: int) -> None:
    """Make sure that nobody else answers at a port.

    Raises:
        PageError: somebody does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise PageError(f"port {port} is taken: choose another with --{name.lower()}-port") from None


@contextmanager
def served(page: Page) -> Iterator["subprocess.Popen[bytes]"]:
    """A running server; it and everything that it started end with the block."""
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *page.command],
        env={**os.environ, **page.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        end(server)


def end(server: "subprocess.Popen[bytes]") -> None:
    """End a server's whole process group, first politely."""
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(server.pid, number)
            server.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def ready(page: Page, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers.

    Raises:
        PageError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise PageError(f"{page.name} ended at once: run `python -m {' '.join(page.command)}` to see why")
        try:
            with urlopen(page.health, timeout=2):  # noqa: S310 - loopback, our own port
                return
        except (URLError, OSError):
            time.sleep(0.3)
    raise PageError(f"{page.name} did not answer within {PATIENCE_SECONDS} s")
