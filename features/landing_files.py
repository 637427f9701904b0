"""Which files a landing zone holds, and what in it is nothing of ours."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from features.contract import TableContract
from features.contracts import TABLES

SUFFIXES = (".parquet", ".csv", ".ndjson", ".jsonl")


class LandingError(ValueError):
    """A landing zone that cannot be used as a whole; the message says what was found and what to do."""


@dataclass(frozen=True)
class LandingFile:
    """One file of one landing table; `name` is its path inside the landing zone."""

    contract: TableContract
    path: Path
    name: str

    @cached_property
    def sha256(self) -> str:
        """The digest of the file's bytes, by which a second delivery is known."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.path.stat().st_size


@dataclass(frozen=True)
class Survey:
    """What lies in a landing zone: the files of each table in order of name, and what is left unread."""

    files: Mapping[str, tuple[LandingFile, ...]]
    unread: tuple[str, ...]


def survey(landing: Path) -> Survey:
    """Look what a landing zone holds without reading any of it.

    Raises:
        LandingError: there is no such folder.
    """
    if not landing.is_dir():
        raise LandingError(f"{landing} is no folder; expected a landing zone with one sub-folder per table")
    visible = sorted(path for path in landing.iterdir() if not _unfinished(path))
    unknown = tuple(path.name + "/" * path.is_dir() for path in visible if path.name not in TABLES or path.is_file())
    found = {name: sorted(_visible_files(landing / name)) for name in TABLES}
    files = {
        name: tuple(LandingFile(TABLES[name], path, _name(path, landing)) for path in paths if _ours(path))
        for name, paths in found.items()
    }
    strange = tuple(_name(path, landing) for paths in found.values() for path in paths if not _ours(path))
    return Survey(files, unknown + strange)


def _visible_files(folder: Path) -> Iterator[Path]:
    """All files below a folder, in sub-folders too, such as `day=2024-05-01` of a partitioned export."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _unfinished(path):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _visible_files(path)
        else:
            yield path


def _unfinished(path: Path) -> bool:
    return path.name.startswith((".", "_"))


def _ours(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES


def _name(path: Path, landing: Path) -> str:
    return path.relative_to(landing).as_posix()
