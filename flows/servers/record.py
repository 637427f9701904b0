"""Which servers and workers of a home run: kept in a file, believed only where the process is still the same one."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from flows.durable import text

FILE = "running.json"


@dataclass(frozen=True)
class Running:
    """One process that was started.

    Attributes:
        name: of the server or worker.
        pid: its id.
        born: the instant of its start, in seconds since 1970: no later process of the same id has it.
        port: on which it listens, if it does.
    """

    name: str
    pid: int
    born: float
    port: int | None = None

    @classmethod
    def of(cls, name: str, pid: int, port: int | None = None) -> "Running":
        """A process that was just started."""
        return cls(name, pid, psutil.Process(pid).create_time(), port)

    def lives(self) -> bool:
        """Whether the process is there still, and no other one under its id."""
        return self._process() is not None

    def end(self, patience: float) -> None:
        """End it with all that it started, politely at first.

        Args:
            patience: seconds until what is left is killed.
        """
        family = self.family()
        for one in family[:1] if self.lives() else family:
            one.terminate()
        killed_if_left(family, patience)

    def family(self) -> list[psutil.Process]:
        """Itself, if it lives, then all that it started and that still runs, also where it was killed itself."""
        leader = self._process()
        mine = [leader, *leader.children(recursive=True)] if leader else []
        group = [one for one in psutil.process_iter() if one not in mine and self._has(one)]
        return [*mine, *group]

    def _has(self, process: psutil.Process) -> bool:
        """Whether a process is of the group that was begun with it, not of a later one of the same id."""
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            running = process.status() != psutil.STATUS_ZOMBIE
            return running and os.getpgid(process.pid) == self.pid and process.create_time() >= self.born
        return False

    def _process(self) -> psutil.Process | None:
        try:
            found = psutil.Process(self.pid)
            alive = found.create_time() == self.born and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if alive else None


def killed_if_left(processes: Sequence[psutil.Process], patience: float) -> None:
    """Wait for processes that were told to end, so many seconds, then kill those that are left."""
    _, left = psutil.wait_procs(processes, timeout=patience)
    for one in left:
        one.kill()
    psutil.wait_procs(left, timeout=patience)


def kept(folder: Path) -> list[Running]:
    """What was started, whether it lives or not; nothing where there is no record."""
    path = folder / FILE
    return [Running(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []


def keep(folder: Path, running: Sequence[Running]) -> None:
    """Write down what runs, in the order in which it was started."""
    text(folder / FILE, json.dumps([asdict(one) for one in running]))
