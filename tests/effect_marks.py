"""Every effect that a process has, counted as it comes: the process may die by SIGKILL just before the n-th.

Effects are: a file opened for writing, renamed or removed, a folder made or removed, a sync, a Parquet file, a
commit to a Delta table, and a commit to the records' database. No product code knows of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NAMES = {"os.rename": "rename", "os.remove": "remove", "os.rmdir": "remove folder", "os.mkdir": "make folder"}


class Marks:
    """The effects of this process so far, a line each in a file."""

    def __init__(self, home: Path, told: Path, last: int) -> None:
        self._home, self._last, self._seen, self._lock = str(home.resolve()), last, 0, Lock()
        self._told = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def passed(self, name: str) -> None:
        """Count an effect that is about to happen; die instead of the last one."""
        with self._lock:
            self._seen += 1
            os.write(self._told, f"{name}\n".encode())
            if self._seen == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """See to it that every effect is counted from now on."""
        import polars as pl
        from deltalake import DeltaTable
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        sys.addaudithook(self._heard)
        for owner, name in ((os, "fsync"), (pl.DataFrame, "write_parquet"), (DeltaTable, "create_write_transaction")):
            setattr(owner, name, self._counted(name, getattr(owner, name)))
        event.listen(Engine, "commit", lambda _: self.passed("record"))

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.passed(name)
            return function(*args, **kwargs)

        return counted

    def _heard(self, what: str, told: tuple[Any, ...]) -> None:
        if what == "open" and isinstance(told[2], int) and told[2] & _WRITING and self._ours(told[0]):
            self.passed(f"open {_kind(told[0])}")
        elif what in _NAMES and self._ours(told[0]):
            self.passed(f"{_NAMES[what]} {_kind(told[1] if what == 'os.rename' else told[0])}")

    def _ours(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and str(path).startswith(self._home)


def _kind(path: Any) -> str:
    """The last of a path's names, without what differs from run to run."""
    name = Path(str(path)).name
    return name if name in {"stocking_list.parquet", "papers.csv", "serving.json"} else Path(name).suffix or "folder"
