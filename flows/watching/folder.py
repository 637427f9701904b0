"""The files of a landing zone with size and change, fast enough to be asked every second."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from features.contracts import TABLES
from features.landing_files import SUFFIXES, LandingFile
from flows.watching.batch import SourceAwayError
from flows.watching.taken import Taken, Version


@dataclass(frozen=True)
class Found:
    """A file of a landing table as it lies there now.

    Attributes:
        table: the landing table.
        name: path inside the landing zone.
        version: its size, and when it was changed.
        path: where it is.
    """

    table: str
    name: str
    version: Version
    path: str

    @property
    def stem(self) -> str:
        """The name inside its table without suffix: files of one stem are of one moment."""
        return self.name.partition("/")[2].rpartition(".")[0]

    def landing(self) -> LandingFile:
        """The same for those who read it; its size and digest are looked up anew."""
        return LandingFile(TABLES[self.table], Path(self.path), self.name)

    def now(self) -> Version | None:
        """Its version at this moment, None if it is gone."""
        try:
            stat = Path(self.path).stat()
        except FileNotFoundError:
            return None
        return stat.st_size, stat.st_mtime_ns


def looked(landing: Path, taken: Taken, *, thoroughly: bool = True) -> list[Found]:
    """The new files of a landing zone, in order of table and name, by the rules of `features.landing_files.survey`.

    Args:
        landing: the landing zone.
        taken: files that are left out unless they have changed.
        thoroughly: look whether they have; that takes several times as long.

    Raises:
        SourceAwayError: there is no such folder.
    """
    if not landing.is_dir():
        raise SourceAwayError(f"{landing} is no folder; expected a landing zone with one sub-folder per table")
    skipped = {} if thoroughly else taken.versions
    found = (_new(table, landing / table, skipped, taken) for table in TABLES)
    return [one for of_table in found for one in sorted(of_table, key=attrgetter("name"))]


def _new(table: str, folder: Path, skipped: Container[str], taken: Taken) -> Iterator[Found]:
    for own, entry in _entries(table, folder, skipped):
        try:
            stat = entry.stat()
            version = stat.st_size, stat.st_mtime_ns
            if not taken.unchanged(own, version) and entry.is_file():
                yield Found(table, own, version, entry.path)
        except FileNotFoundError:  # moved away while we looked
            continue


def _entries(table: str, folder: Path, skipped: Container[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Name inside the landing zone and entry of each finished file below a table's folder."""
    waiting = [(str(folder), table)]
    while waiting:
        place, name = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    own = f"{name}/{entry.name}"
                    if own in skipped or entry.name.startswith((".", "_")):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, own))
                    elif entry.name.lower().endswith(SUFFIXES):
                        yield own, entry
        except FileNotFoundError:  # moved away, or a table without a folder
            continue
