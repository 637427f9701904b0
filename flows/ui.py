"""The MLflow and Prefect pages of one home, on loopback, for as long as somebody looks."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.checkup.exposure import plain
from flows.durable import folder
from flows.environment import prepare
from flows.registry import SERVER
from flows.servers.guarded import begin, guarded, login
from flows.servers.meant import PREFECT as PREFECT_SERVER
from flows.servers.reached import FOLDER, MLFLOW, PREFECT, reached
from flows.servers.server import PageError, Server, end, ready
from flows.site import Site, held
from flows.terminal import interruptible, say

if TYPE_CHECKING:
    import subprocess


def serve(site: Site, *, mlflow_port: int, prefect_port: int) -> None:
    """Serve both pages, behind the home's passwords, until Ctrl-C or a hang-up; the servers end with this process.

    Where the environment, or `baokuan up`, names a server, that one has the page, and none is started here.

    Raises:
        SiteError: there is no such home.
        PageError: a port is taken, or a server does not answer.
    """
    home = site.found()
    prepare(home)
    named = {MLFLOW: os.environ.get(SERVER), PREFECT: os.environ.get(PREFECT_SERVER)}
    with suppress(KeyboardInterrupt), ExitStack() as running, interruptible():
        with held(folder(home / FOLDER) / ".lock"):  # as `up` does: both make passwords
            both = () if all(named.values()) else guarded(site, mlflow_port, prefect_port)
            pages = [page for page in both if not named[page.name]]
            servers = _started(site, pages, running)
        say(*(f"{name}: {_page(url)}" for name, url in named.items() if url))
        say(*(f"{page.name}: {page.link}" for page in pages))
        if pages or named[PREFECT] == reached(home).get(PREFECT_SERVER, ""):
            say(login(site))
        if pages:
            say("Ctrl-C ends it.")
        while pages and all(server.poll() is None for server in servers):
            time.sleep(0.5)
        if pages:
            raise PageError("a server ended by itself")


def _started(site: Site, pages: Sequence[Server], running: ExitStack) -> "Sequence[subprocess.Popen[bytes]]":
    """Servers that answer, and that end with `running`."""
    for page in pages:
        begin(site, page)
    servers = [running.enter_context(served(page)) for page in pages]
    for page, server in zip(pages, servers, strict=True):
        ready(page, server)
    return servers


def _page(url: str) -> str:
    """Where people look at a server that the environment names by the address of its API."""
    return f"{plain(url)}{urlsplit(url).path.removesuffix('/api')}" if url.startswith("http") else "has no page"


@contextmanager
def served(server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    """A running server; it and everything that it started end with the block."""
    process = server.started()
    try:
        yield process
    finally:
        end(process)
