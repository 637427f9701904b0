"""The Prefect server of one process, where none is named: its start, and tidying up after those that were killed."""

import logging
import os
from collections.abc import Iterator

import psutil

from flows.servers.left_over import crashed
from flows.servers.meant import AUTH, PREFECT
from flows.servers.record import killed_if_left

LOG = logging.getLogger("baokuan")
_SERVER = "prefect.server.api.server:create_app"
_PATIENCE_SECONDS = 10.0


def start() -> None:
    """Connect to Prefect; whoever calls sees to it that no two start on one home at once.

    Where it starts a server for this process, servers whose processes were killed end, and if no other process has one
    on this home, the runs that were under way have crashed.
    """
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    named = PREFECT in os.environ or PREFECT_API_URL.value() is not None
    others = 0 if named else end_orphans()
    client = get_client(sync_client=True)
    if named or others:
        return
    told = {PREFECT: str(client.api_url), AUTH: os.environ.get(AUTH, "")}
    if many := crashed(told):
        LOG.info("flow runs of processes that are gone: %s crashed", many)


def end_orphans() -> int:
    """End the servers in our `PREFECT_HOME` whose process is gone; how many others there are."""
    there = list(_servers(os.environ["PREFECT_HOME"]))
    left = [server for server, is_left in there if is_left]
    for one in left:
        one.terminate()
    killed_if_left(left, _PATIENCE_SECONDS)
    if left:
        LOG.info("servers that killed runs had left: %s ended", len(left))
    return len(there) - len(left)


def _servers(place: str) -> Iterator[tuple[psutil.Process, bool]]:
    """Those of a `PREFECT_HOME`, and whether each is an orphan: a living one is a child of a Python like its own."""
    for one in psutil.process_iter(["cmdline"]):
        if _SERVER not in (one.info["cmdline"] or ()):
            continue
        try:
            if one.environ().get("PREFECT_HOME") == place:
                yield one, _program(one.parent()) != one.exe()
        except psutil.Error:  # it is somebody else's, or has ended
            continue


def _program(process: psutil.Process | None) -> str:
    """What a process runs; nothing where it is none of ours, as the one that adopts orphans."""
    try:
        return process.exe() if process else ""
    except psutil.Error:
        return ""
