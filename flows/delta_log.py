"""Delta's log as files: what each commit says, and whether it still says what it said when it was made.

Delta writes its commits without seeing them onto the disk, and takes an empty or cut one for a commit of nothing. So
each of ours carries a seal: a digest of all that matters in it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flows.places import Place, size_of

LOG, POINTER = "_delta_log", "_last_checkpoint"
FILES, DIGESTS, SEAL = "files", "digests", "seal"
_DIGITS = 20
_PIECE_BYTES = 2**20
_RUNBOOK = "docs/runbook.md#lake-damaged"


class LakeDamagedError(RuntimeError):
    """A table of the lake does not say what it said when it was written; names the file."""

    def __init__(self, path: Place, found: str) -> None:
        super().__init__(f"{path}: {found}; nothing was read or changed: see {_RUNBOOK}")


@dataclass(frozen=True)
class Added:
    """A data file that a commit shows.

    Attributes:
        path: below the table.
        size: in bytes.
        days: the day that it holds, by the name of the column; empty where the table is not laid out by day.
        told: what Delta is told of its rows.
    """

    path: str
    size: int
    days: Mapping[str, str | None]
    told: str


@dataclass(frozen=True)
class Commit:
    """One commit, as its file has it.

    Attributes:
        added: data files that it shows.
        removed: paths of those that it hides.
        transactions: by name, what it was known by.
        about: what was told with it, by name.
        describes: whether it says what the table is: its columns and what a reader must know.
    """

    added: tuple[Added, ...]
    removed: tuple[str, ...]
    transactions: Mapping[str, int]
    about: Mapping[str, Any]
    describes: bool

    @property
    def digests(self) -> Mapping[str, str]:
        """The sha256 of each data file that it shows, as far as it was kept."""
        return dict(json.loads(self.about.get(DIGESTS, "{}")))

    def seal(self) -> str:
        """The digest of all that matters in it: of files shown and hidden, of transactions and sources."""
        told = {name: self.about.get(name, "{}") for name in (FILES, DIGESTS)}
        shown = sorted([one.path, one.size, dict(one.days), one.told] for one in self.added)
        content = [shown, sorted(self.removed), dict(self.transactions), told]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


UNCHANGED = {SEAL: Commit((), (), {}, {}, describes=False).seal()}
"""What is told with a commit that changes no row."""


def path_of(log: Place, version: int) -> Place:
    """Where a commit lies."""
    return log / f"{version:0{_DIGITS}d}.json"


def read(path: Place) -> Commit:
    """A commit's content.

    Raises:
        LakeDamagedError: it is empty, cut, or not what was sealed.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        commit = _commit([(kind, content) for line in lines for kind, content in line.items()])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise LakeDamagedError(path, "no commit of Delta's any more: it is cut or altered") from None
    if not lines:
        raise LakeDamagedError(path, "an empty file, expected a commit of Delta's")
    sealed = commit.about.get(SEAL)
    if sealed not in {None, commit.seal()}:
        raise LakeDamagedError(path, "a commit that is not what it was when it was made: it is cut or altered")
    if not sealed and not (commit.added or commit.removed or commit.transactions or commit.describes):
        raise LakeDamagedError(path, "a commit of nothing: it is cut")
    return commit


def missing(table: Place, added: Iterable[Added]) -> list[tuple[Place, str]]:
    """The data files that are not there, or not of their size, each with what was found."""
    faults = []
    for one in added:
        path = table / one.path
        size = size_of(path)
        if size != one.size:
            found = "missing, though a commit shows it" if size is None else f"{size} bytes, expected {one.size}"
            faults.append((path, found))
    return faults


def check_last(table: Place, version: int) -> None:
    """Look at the commit that a table ends with, which a power cut may have left half done.

    Raises:
        LakeDamagedError: it, or a data file that it shows, is not what it was.
    """
    path = path_of(table / LOG, version)
    if not path.exists():  # cleared away after a checkpoint
        return
    for place, found in missing(table, read(path).added):
        raise LakeDamagedError(place, found)


def digest_of(path: Place) -> str:
    """The sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _commit(actions: Sequence[tuple[str, Mapping[str, Any]]]) -> Commit:
    of = {kind: [content for name, content in actions if name == kind] for kind in ("add", "remove", "txn")}
    about = [dict(content) for kind, content in actions if kind == "commitInfo"]
    return Commit(
        added=tuple(
            Added(unquote(one["path"]), int(one["size"]), dict(one["partitionValues"]), one["stats"] or "")
            for one in of["add"]
        ),
        removed=tuple(unquote(one["path"]) for one in of["remove"]),
        transactions={one["appId"]: int(one["version"]) for one in of["txn"]},
        about=about[0] if about else {},
        describes={"protocol", "metaData"} <= {kind for kind, _ in actions},
    )
