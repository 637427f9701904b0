"""What a scheduled home needs on one machine: both servers, two workers, the deployments; started and ended."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from flows.durable import folder
from flows.environment import prepare
from flows.registry import SERVER
from flows.servers.guarded import begin, guarded, login
from flows.servers.left_over import cleared, sentences
from flows.servers.reached import FOLDER, clients
from flows.servers.record import Running, keep, kept
from flows.servers.server import ROOT, PageError, Server, end, link, ready
from flows.site import Site, held

POOLS = ("baokuan", "baokuan-live")
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Wanted:
    """What deployments work on, and where the servers are to listen."""

    landing: Path
    out: Path
    mlflow_port: int
    prefect_port: int


@dataclass(frozen=True)
class Up:
    """What runs now.

    Attributes:
        running: every server and worker.
        before: the names of those that ran already.
        left_over: runs that nobody worked on any more, by what became of them.
        login: how a person is let in.
    """

    running: tuple[Running, ...]
    before: frozenset[str]
    left_over: Mapping[str, int]
    login: str

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        linked = [f"{one.name}: {link(one.name, one.port)}" for one in self.running if one.port]
        return (
            *(f"{one.name} {'runs already' if one.name in self.before else 'started'}" for one in self.running),
            *sentences(self.left_over),
            *linked,
            self.login,
        )


@dataclass(frozen=True)
class Down:
    """What was ended."""

    names: tuple[str, ...]

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return tuple(f"{name} ended" for name in self.names) or ("nothing runs",)


def up(site: Site, wanted: Wanted) -> Up:
    """Start what does not run yet; where one of them cannot be started, none of the new ones stays.

    Raises:
        PageError: a port is taken, a server does not answer, or the environment names other servers.
    """
    home = site.made()
    if named := [name for name in (SERVER, "PREFECT_API_URL") if name in os.environ]:
        raise PageError(f"{' and '.join(named)} in the environment: there are servers already; unset them first")
    place = folder(home / FOLDER)
    with held(place / ".lock"):
        before = kept(place)
        living = {one.name: one for one in before if one.lives()}
        for one in before:
            if one.name not in living:
                one.end(PATIENCE_SECONDS)  # what it started may outlive it, and keep its port
        prepare(home)
        with ExitStack() as undone:
            started = _servers(site, wanted, dict(living), undone)
            told = clients(home, started)
            left_over = cleared(told, [pool for pool in POOLS if pool not in living])
            _deployed(site, wanted, told)
            for pool in POOLS:
                if pool not in started:
                    started[pool] = _begun(place, _worker(pool, told), undone)
                    keep(place, tuple(started.values()))
            undone.pop_all()
    return Up(tuple(started.values()), frozenset(living), left_over, login(site))


def down(site: Site) -> Down:
    """End all that was started here, workers first."""
    place = site.found() / FOLDER
    with held(folder(place) / ".lock"):
        living = [one for one in kept(place) if one.family()]
        for one in reversed(living):
            one.end(PATIENCE_SECONDS)
        keep(place, ())
    return Down(tuple(one.name for one in reversed(living)))


def _servers(site: Site, wanted: Wanted, started: dict[str, Running], undone: ExitStack) -> dict[str, Running]:
    """Both servers, those that ran already and those that are started here."""
    place = site.made() / FOLDER
    for server in guarded(site, wanted.mlflow_port, wanted.prefect_port):
        if server.name not in started:
            begin(site, server)
            started[server.name] = _begun(place, server, undone)
            keep(place, tuple(started.values()))
    return started


def _worker(pool: str, told: Mapping[str, str]) -> Server:
    command = ("prefect", "worker", "start", "--pool", pool, "--type", "process", "--limit", "1", "--name", pool)
    return Server(name=pool, command=command, environment=told)


def _begun(place: Path, server: Server, undone: ExitStack) -> Running:
    """A server that answers, or a worker; its end, should a later one fail, is left to `undone`."""
    with (place / f"{server.name}.log").open("ab") as said:
        process = server.started(said.fileno())
    undone.callback(end, process)
    if server.health:
        ready(server, process)
    return Running.of(server.name, process.pid, server.port)


def _deployed(site: Site, wanted: Wanted, told: Mapping[str, str]) -> None:
    """Pools and deployments, as `prefect.yaml` has them with this configuration; once more changes nothing.

    Raises:
        PageError: Prefect refused.
    """
    places = {"ROOT": ROOT, "HOME": site.made(), "LANDING": wanted.landing.resolve(), "OUT": wanted.out.resolve()}
    named = {f"BAOKUAN_{name}": str(path) for name, path in places.items()}
    named["BAOKUAN_CONFIG"] = os.pathsep.join(str(path.resolve()) for path in site.config)
    pools = [("work-pool", "create", pool, "--type", "process", "--overwrite") for pool in POOLS]
    for arguments in (*pools, ("deploy", "--all")):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=ROOT, env={**os.environ, **told, **named}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PageError(f"prefect {' '.join(arguments)}: {(done.stderr or done.stdout).strip()}")
