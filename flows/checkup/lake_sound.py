"""Whether the lake is what was written: no commit missing or altered, every data file there, whole and readable."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from flows.checkup.finding import Finding, Kind
from flows.delta_log import LOG, POINTER, Added, Commit, LakeDamagedError, digest_of, missing, read
from flows.places import Place, read_rows, scan_rows, unreadable


@dataclass(frozen=True, eq=False)
class TableLog:
    """A table's folder, read without Delta.

    Attributes:
        place: the folder.
        commits: those that can be read, by version.
        findings: what is wrong with the others.
    """

    place: Place
    commits: dict[int, Commit]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, place: Place) -> "TableLog":
        """Read every commit."""
        commits: dict[int, Commit] = {}
        findings = []
        for path in sorted((place / LOG).glob("[0-9]*.json")):
            try:
                commits[int(path.stem)] = read(path)
            except LakeDamagedError as error:
                findings.append(_damaged(str(error).partition(";")[0]))
        return cls(place, commits, tuple(findings))

    def shown(self) -> dict[str, Added]:
        """The data files that the last version shows, by path, as far as commits are kept."""
        files: dict[str, Added] = {}
        for _, commit in sorted(self.commits.items()):
            files |= {one.path: one for one in commit.added}
            files = {path: one for path, one in files.items() if path not in commit.removed}
        return files

    def digests(self) -> dict[str, str]:
        """The sha256 of data files, as far as kept."""
        return {path: sha256 for commit in self.commits.values() for path, sha256 in commit.digests.items()}


def table_findings(place: Place, schema: pl.Schema, *, deep: bool) -> list[Finding]:
    """What is wrong with one table, looking at every commit and every data file.

    Args:
        place: the table's folder.
        schema: its columns as they should be.
        deep: whether every data file is read and compared with its digest.
    """
    log = TableLog.of(place)
    wrong = [*log.findings, *_gaps(log), *_checkpoints(place)]
    shown = log.shown()
    faults = missing(place, shown.values())
    wrong += [_damaged(f"{path}: {found}") for path, found in faults]
    whole = [one for one in shown.values() if place / one.path not in {path for path, _ in faults}]
    wrong += [_damaged(f"{place / one.path}: {found}") for one in whole for found in _content(place, one, schema)]
    return [*wrong, *(_altered(log, whole) if deep else [])]


def state_findings(place: Place, read_by_delta: set[Place]) -> Iterator[Finding]:
    """Where Delta, which begins with a checkpoint, reads other files than the whole log shows."""
    log = TableLog.of(place)
    shown = {place / path for path in log.shown()}
    if 0 in log.commits and not log.findings and shown != read_by_delta:
        told = f"{place / LOG}: the last checkpoint says otherwise than the log on {len(shown ^ read_by_delta)} files"
        yield Finding(Kind.CHECKPOINT_DAMAGED, told)


def _gaps(log: TableLog) -> Iterator[Finding]:
    """Versions that should be there; a table may begin later only where a checkpoint holds what came before."""
    paths = sorted((log.place / LOG).glob("[0-9]*.json"))
    there = {int(path.stem) for path in paths}
    if not there:
        yield _damaged(f"{log.place}: data without any commit")
        return
    held = [int(path.name.partition(".")[0]) for path in (log.place / LOG).glob("*.checkpoint*.parquet")]
    first = min(there)
    if first and not any(version >= first - 1 for version in held):
        yield _damaged(f"{log.place / LOG}: begins with version {first}, and no checkpoint holds what came before")
    if gone := sorted(set(range(first, max(there))) - there):
        yield _damaged(f"{log.place / LOG}: {len(gone)} commits are missing, the first of version {gone[0]}")


def _checkpoints(place: Place) -> Iterator[Finding]:
    for path in sorted((place / LOG).glob("*.checkpoint*.parquet")):
        try:
            read_rows([path])
        except unreadable(place):
            yield Finding(Kind.CHECKPOINT_DAMAGED, f"{path}: cannot be read")
    pointer = place / LOG / POINTER
    if pointer.is_file() and not pointer.stat().st_size:
        yield Finding(Kind.CHECKPOINT_DAMAGED, f"{pointer}: empty", bad=False)


def _content(place: Place, one: Added, schema: pl.Schema) -> Iterator[str]:
    """What a file's own footer says otherwise."""
    rows = scan_rows([place / one.path])
    try:
        found = rows.collect_schema()
        rows.select(pl.len()).collect()
    except unreadable(place):
        yield "no readable Parquet file"
        return
    if lacking := [name for name, dtype in schema.items() if found.get(name) != dtype]:
        yield f"other columns than the table's: {', '.join(lacking)}"


def _altered(log: TableLog, files: list[Added]) -> Iterator[Finding]:
    known = log.digests()
    for one in files:
        if one.path in known and digest_of(log.place / one.path) != known[one.path]:
            yield _damaged(f"{log.place / one.path}: not the bytes that were written")
    if unknown := [one.path for one in files if one.path not in known]:
        told = f"{log.place}: {len(unknown)} data files without a digest, from before digests were kept"
        yield Finding(Kind.LAKE_DAMAGED, told, bad=False)


def _damaged(what: str) -> Finding:
    return Finding(Kind.LAKE_DAMAGED, what)
