"""The facts that servers, the disk and this installation tell when asked; nothing is changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from flows.checkup.exposure import Answer, is_loopback, listeners, plain
from flows.checkup.machine import named
from flows.checkup.schedules import Deployed, Run
from flows.registry import SERVER
from flows.servers.meant import PREFECT, asking

_PROBES = {
    PREFECT: ("Prefect", "/admin/version"),
    SERVER: ("MLflow", "/api/2.0/mlflow/experiments/search?max_results=1"),
}
_PORTS = {"http": 80, "https": 443}
_SOCKETS = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_NEWEST = 20


@dataclass(frozen=True)
class Probe:
    """A server's answer to somebody without credentials, and what its clock and ours showed then."""

    answer: Answer
    clock: datetime | None
    ours: datetime


def probes(environment: Mapping[str, str], seconds: float) -> list[Probe]:
    """Ask each server that the environment names, without credentials."""
    named_there = {name: environment[name] for name in _PROBES if environment.get(name, "").startswith("http")}
    return [_probe(*_PROBES[name], url, seconds) for name, url in named_there.items()]


def _probe(server: str, question: str, url: str, seconds: float) -> Probe:
    parts = urlsplit(url)
    listening = _listening(parts.port or _PORTS[parts.scheme]) if is_loopback(parts.hostname or "") else ()
    try:
        said = httpx.get(f"{plain(url)}{parts.path.rstrip('/')}{question}", timeout=seconds)
    except httpx.HTTPError:
        return Probe(Answer(server, url, None, listening), None, datetime.now(UTC))
    clock = parsedate_to_datetime(said.headers["date"]) if "date" in said.headers else None
    return Probe(Answer(server, url, said.status_code, listening), clock, datetime.now(UTC))


def _listening(port: int) -> tuple[str, ...]:
    """On which addresses of this machine a port is open; where the system does not tell, none."""
    tables = [path.read_text(encoding="ascii") for path in _SOCKETS if path.is_file()]
    return tuple(sorted({address for table in tables for address in listeners(table, port)}))


def deployed(environment: Mapping[str, str], now: datetime, seconds: float) -> list[Deployed]:
    """What of ours is deployed on the Prefect server, with its newest runs.

    Raises:
        httpx.HTTPError: the server does not answer, or not to us.
    """
    with asking(environment, seconds) as client:
        asked = _Asked(client)
        flows = {one["id"]: one["name"] for one in asked("flows/filter", {})}
        ours = [one for one in asked("deployments/filter", {}) if str(one["entrypoint"]).startswith("flows.")]
        return [_deployed(asked, f"{flows[one['flow_id']]}/{one['name']}", one, now) for one in ours]


@dataclass(frozen=True)
class _Asked:
    client: httpx.Client

    def __call__(self, path: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self.client.post(path, json=dict(body)).raise_for_status()
        return list(answer.json())


def _deployed(asked: _Asked, name: str, one: Mapping[str, Any], now: datetime) -> Deployed:
    moment = now.isoformat()
    wanted: list[dict[str, Any]] = [
        {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}},
        {"flow_runs": {"expected_start_time": {"before_": moment}}, "sort": "EXPECTED_START_TIME_DESC"},
        {
            "flow_runs": {"expected_start_time": {"after_": moment}, "state": {"type": {"any_": ["SCHEDULED"]}}},
            "sort": "EXPECTED_START_TIME_ASC",
        },
    ]
    theirs = {"deployments": {"id": {"any_": [one["id"]]}}, "limit": _NEWEST}
    found = {run["id"]: run for part in wanted for run in asked("flow_runs/filter", {**theirs, **part})}
    return Deployed(
        name=name,
        made=_instant(one["created"]),
        scheduled=any(schedule["active"] for schedule in one["schedules"]),
        paused=bool(one["paused"]),
        runs=tuple(map(_run, found.values())),
    )


def _run(told: Mapping[str, Any]) -> Run:
    since = told["start_time"]
    planned = told["expected_start_time"] or told["created"]
    return Run(told["name"], told["state_type"] or "", _instant(planned), _instant(since) if since else None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def installed() -> dict[str, str]:
    """The version of each library of this installation, by its name as a lock writes it."""
    return {named(one.metadata["Name"]): one.version for one in metadata.distributions()}


def needed() -> frozenset[str]:
    """The libraries that this program itself asks for; nothing where it is not installed."""
    try:
        asked = metadata.requires("baokuan") or []
    except metadata.PackageNotFoundError:
        asked = []
    plainly = [one for one in asked if "extra ==" not in one]
    return frozenset(named(re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0]) for one in plainly)
