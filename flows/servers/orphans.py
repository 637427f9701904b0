"""Prefect servers of single processes that outlived them: after a kill nobody else ends them."""

import os
from collections.abc import Iterator

import psutil

_SERVER = "prefect.server.api.server:create_app"
_PATIENCE_SECONDS = 10.0


def orphans_ended() -> int:
    """End those that work in our `PREFECT_HOME` and whose process is gone; how many there were."""
    left = list(_orphans(os.environ["PREFECT_HOME"]))
    for one in left:
        one.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=_PATIENCE_SECONDS)
    for one in stubborn:
        one.kill()
    return len(left)


def _orphans(place: str) -> Iterator[psutil.Process]:
    for one in psutil.process_iter(["cmdline"]):
        if _SERVER not in (one.info["cmdline"] or ()):
            continue
        try:
            if one.environ().get("PREFECT_HOME") == place and _program(one.parent()) != one.exe():
                yield one
        except psutil.Error:  # it is somebody else's, or has ended
            continue


def _program(process: psutil.Process | None) -> str:
    """What a process runs; nothing where it is none of ours, as the one that adopts orphans."""
    try:
        return process.exe() if process else ""
    except psutil.Error:
        return ""
