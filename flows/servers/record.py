"""Which servers and workers of a home run: kept in a file, believed only where the process is still the same one."""

import json
from collections.abc import Sequence
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
        if (process := self._process()) is None:
            return
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, left = psutil.wait_procs(family, timeout=patience)
        for one in left:
            one.kill()
        psutil.wait_procs(left, timeout=patience)

    def _process(self) -> psutil.Process | None:
        try:
            found = psutil.Process(self.pid)
            alive = found.create_time() == self.born and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if alive else None


def kept(folder: Path) -> list[Running]:
    """What was started, whether it lives or not; nothing where there is no record."""
    path = folder / FILE
    return [Running(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []


def keep(folder: Path, running: Sequence[Running]) -> None:
    """Write down what runs, in the order in which it was started."""
    text(folder / FILE, json.dumps([asdict(one) for one in running]))
