"""Work for a cluster that says who did it, and a client in a process of its own."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import flows.spread as spreading
from flows.condensing import Condensing
from flows.config import load


def mark(folder: Path, piece: int) -> None:
    """Leave a file with the number of the process that did the work."""
    (folder / f"{piece}.txt").write_text(str(os.getpid()))


def mark_after_a_kill(folder: Path, piece: int) -> None:
    """The same, but the first process to be asked dies of it."""
    if piece == 0 and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    mark(folder, piece)


def client(what: str, folder: Path) -> None:
    """Do one of the things above for six pieces, or condense all files of a folder."""
    spreading._ANSWER_SECONDS = 5
    if what == "condense":
        Condensing(folder / "home", load().comments).events(sorted((folder / "events").glob("*.parquet")))
    else:
        spreading.spread(partial(globals()[what], folder), range(6))
        sys.stdout.write(str(os.getpid()))


if __name__ == "__main__":
    client(sys.argv[1], Path(sys.argv[2]))
