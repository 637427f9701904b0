"""Runs that nobody works on any more, since who did ended without a word: told, and out of the way of others.

`python -m flows.servers.left_over POOL` does so before a worker of that pool starts, which must be its only one.
"""

import os
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil

from flows.servers.meant import asking

CRASHED, LEFT_OUT = "crashed", "left out"
_UNDER_WAY = ("RUNNING", "PENDING", "CANCELLING")
_SECONDS = 30.0
_WAITS_FOR_NOBODY = "CANCEL_NEW"


def cleared(told: Mapping[str, str], pools: Sequence[str]) -> Mapping[str, int]:
    """Say of every run of these pools what became of it; how many, by what that is.

    While their workers are not there, what is under way has crashed, unless its own process goes on; and of deployments
    that leave out a run that meets another one, what should have begun meanwhile is left out: one run makes up for all.

    Args:
        told: what the environment says to clients of the server.
        pools: their names.

    Raises:
        httpx.HTTPError: the server does not answer.
    """
    if not pools:  # Prefect takes no names for all of them
        return {}
    theirs = {"work_pools": {"name": {"any_": list(pools)}}}
    with asking(told, _SECONDS) as client:
        begun = _found(client, "flow_runs", {**theirs, "flow_runs": _in(*_UNDER_WAY)})
        going_on = _under_way()
        lost = [run for run in begun if run["id"] not in going_on]
        often = [one["id"] for one in _found(client, "deployments", theirs) if _leaves_out(one)]
        overdue = {**_in("SCHEDULED"), "expected_start_time": {"before_": datetime.now(UTC).isoformat()}}
        late = {"flow_runs": {**overdue, "deployment_id": {"any_": often}}}
        missed = _found(client, "flow_runs", late) if often else []
        for runs, kind, message in ((lost, "CRASHED", "its worker ended"), (missed, "CANCELLED", "nobody was there")):
            _say(client, runs, kind, message)
    return {became: len(runs) for became, runs in ((CRASHED, lost), (LEFT_OUT, missed)) if runs}


def crashed(told: Mapping[str, str]) -> int:
    """Say of every run that no worker began and that is under way that it has crashed; how many these are.

    Whoever calls knows that none of their processes is there any more.

    Args:
        told: what the environment says to clients of the server.

    Raises:
        httpx.HTTPError: the server does not answer.
    """
    by_hand = {**_in(*_UNDER_WAY), "deployment_id": {"is_null_": True}}
    with asking(told, _SECONDS) as client:
        lost = _found(client, "flow_runs", {"flow_runs": by_hand})
        _say(client, lost, "CRASHED", "its process ended")
    return len(lost)


def _say(client: httpx.Client, runs: Sequence[Mapping[str, Any]], kind: str, message: str) -> None:
    """Tell the server what became of these runs."""
    for run in runs:
        state = {"state": {"type": kind, "message": message}, "force": True}
        client.post(f"/flow_runs/{run['id']}/set_state", json=state).raise_for_status()


def _under_way() -> set[str]:
    """The ids of the runs that processes of this machine work on."""
    ids = set()
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            ids.add(one.environ().get("PREFECT__FLOW_RUN_ID", ""))
    return ids


def _in(*states: str) -> dict[str, Any]:
    return {"state": {"type": {"any_": list(states)}}}


def _leaves_out(deployment: Mapping[str, Any]) -> bool:
    return (deployment.get("concurrency_options") or {}).get("collision_strategy") == _WAITS_FOR_NOBODY


def _found(client: httpx.Client, what: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All that fits, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.post(f"/{what}/filter", json={**wanted, "offset": len(found)}).raise_for_status().json()
        found += page
        if not page:
            return found


def sentences(left_over: Mapping[str, int]) -> list[str]:
    """What to tell at a terminal."""
    return [f"{many} runs that nobody worked on: {became}" for became, many in left_over.items()]


def main() -> None:
    """Tell Prefect what became of runs that the last worker of a pool left."""
    from flows.terminal import say  # which itself tidies up

    parser = ArgumentParser(prog="python -m flows.servers.left_over", description=main.__doc__)
    parser.add_argument("pool", help="whose only worker is about to start")
    say(*sentences(cleared(os.environ, [parser.parse_args().pool])))


if __name__ == "__main__":
    main()
