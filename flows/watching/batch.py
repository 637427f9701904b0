"""What one look at a source brought: good rows, bad ones, and where they came from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import polars as pl

from features.contracts import Tables
from features.quarantine import QUARANTINE


class SourceAwayError(ValueError):
    """A source that cannot be read just now; it is asked again later."""


Status = Literal["taken", "refused"]


@dataclass(frozen=True)
class TakenFile:
    """A file that was taken, or refused for good.

    Attributes:
        table: the landing table.
        name: path inside the landing zone.
        sha256: digest of its bytes.
        size: in bytes.
        changed: when it was last changed, in nanoseconds of its file system's clock.
        status: `refused` where nothing of it could be read.
    """

    table: str
    name: str
    sha256: str
    size: int
    changed: int
    status: Status = "taken"

    @property
    def source(self) -> str:
        """The name under which the file's bad rows are in quarantine, as `flows.outcome.Outcome` has it."""
        return f"{self.table}:{self.sha256}"


@dataclass(frozen=True)
class Cursor:
    """How far a database table has been read.

    Attributes:
        high: the highest number read; with a transaction column the last one read.
        transaction: the last transaction read, where there is a column of them.
        seen: first and last of each run of numbers read, as far down as is looked for.
    """

    high: int | None = None
    transaction: int | None = None
    seen: tuple[tuple[int, int], ...] = ()

    @property
    def digest(self) -> str:
        """A name for having read so far."""
        return hashlib.sha256(json.dumps(self.told()).encode()).hexdigest()

    def told(self) -> list[Any]:
        """As JSON takes it."""
        return [self.high, self.transaction, [list(run) for run in self.seen]]

    @classmethod
    def of(cls, told: list[Any]) -> "Cursor":
        """From what `told` gave."""
        high, transaction, seen = told
        return cls(high, transaction, tuple((first, last) for first, last in seen))


@dataclass(frozen=True, eq=False)
class Batch:
    """What belongs into one tick.

    Attributes:
        name: the stem of its files in a replay, else empty.
        tables: the good rows of each table that brought any, as its contract says.
        bad: the faults of the others, as quarantine keeps them.
        files: what was taken.
        cursors: how far each database table has been read after it.
    """

    name: str
    tables: Tables
    bad: pl.DataFrame
    files: tuple[TakenFile, ...] = ()
    cursors: Mapping[str, Cursor] = field(default_factory=dict)

    @classmethod
    def nothing(cls) -> "Batch":
        """No rows: time passes all the same, and a tick may tell so."""
        return cls("", {}, pl.DataFrame(schema=QUARANTINE))


class Source(Protocol):
    """Where rows come from."""

    def poll(self, now: float) -> Batch | None:
        """What is new, None where nothing is.

        Args:
            now: seconds on a clock that never goes back.

        Raises:
            SourceAwayError: the source cannot be read just now.
        """

    def waiting(self) -> int:
        """How much is there that was not taken yet; a replay ends when nothing is polled and nothing waits."""
