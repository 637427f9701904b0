"""The MLflow and Prefect pages of one home, on loopback, for as long as somebody looks."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from flows.environment import prepare
from flows.registry import Registry
from flows.servers.server import PageError, Server, end, free, mlflow_server, prefect_server, ready
from flows.site import Site
from flows.terminal import interruptible, say

if TYPE_CHECKING:
    import subprocess


def serve(site: Site, *, mlflow_port: int, prefect_port: int) -> None:
    """Serve both pages until Ctrl-C or a hang-up; the servers end with this process.

    Where the environment, or `baokuan up`, names a server, that one has the page, and none is started here.
    """
    home = site.made()
    prepare(home)
    registry = Registry(site)
    pages: list[Server] = [mlflow_server(registry, mlflow_port)] if registry.embedded else []
    pages += [prefect_server(prefect_port)] if "PREFECT_API_URL" not in os.environ else []
    for page in pages:
        free(page)
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


@contextmanager
def served(server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    """A running server; it and everything that it started end with the block."""
    process = server.started()
    try:
        yield process
    finally:
        end(process)
