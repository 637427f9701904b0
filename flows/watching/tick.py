"""One tick as it is kept: rows, sources and what was known after it, in a folder that is there wholly or not at all."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import polars as pl

from features.contracts import TABLES, Tables
from features.feed.arrival import Clock
from features.feed.memory import Memory
from features.quarantine import QUARANTINE
from flows.durable import folder, settle
from flows.watching.batch import Cursor, TakenFile

FORMAT = 1
_TOLD, _BAD, _TOO_LATE = "tick.json", "bad", "too_late"
_DIGITS = 12


class JournalError(ValueError):
    """A journal that cannot be read, or a tick that does not follow the last one."""


@dataclass(frozen=True)
class Head:
    """What is told of a tick besides its rows.

    Attributes:
        number: 1, 2, 3, …
        cutoff: what was known before it counts in this tick's results.
        arrived: when its rows came in, on its clock.
        clock: whose time counts.
        name: stem of its files in a replay.
        files: which files it took.
        cursors: how far each database table was read after it; tables that were not read are absent.
        memory: what was known of the feed after it.
        notes: whatever else is to be found again with it, as JSON takes it.
    """

    number: int
    cutoff: datetime
    arrived: datetime
    clock: Clock
    name: str = ""
    files: tuple[TakenFile, ...] = ()
    cursors: Mapping[str, Cursor] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory.nothing)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "format": FORMAT,
            "number": self.number,
            "cutoff": self.cutoff.isoformat(),
            "arrived": self.arrived.isoformat(),
            "clock": self.clock,
            "name": self.name,
            "files": [list(vars(one).values()) for one in self.files],
            "cursors": {table: cursor.told() for table, cursor in self.cursors.items()},
            "memory": self.memory.told(),
            "notes": dict(self.notes),
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Head":
        """From what `told` gave.

        Raises:
            JournalError: it was written by another version.
        """
        if told.get("format") != FORMAT or told["clock"] not in get_args(Clock):
            raise JournalError(f"a tick of format {told.get('format')}, expected {FORMAT}: written by another version?")
        return cls(
            number=told["number"],
            cutoff=datetime.fromisoformat(told["cutoff"]),
            arrived=datetime.fromisoformat(told["arrived"]),
            clock=told["clock"],
            name=told["name"],
            files=tuple(TakenFile(*one) for one in told["files"]),
            cursors={table: Cursor.of(one) for table, one in told["cursors"].items()},
            memory=Memory.of(told["memory"]),
            notes=told["notes"],
        )


@dataclass(frozen=True, eq=False)
class Tick:
    """One micro-batch.

    Attributes:
        head: what is told of it.
        tables: the rows that count, of each table that has any; types and order of columns as the contract says.
        too_late: events that came too late to count, for the lake.
        bad: what was wrong with other rows, as quarantine keeps it.
    """

    head: Head
    tables: Tables
    too_late: pl.DataFrame
    bad: pl.DataFrame

    def table(self, name: str) -> pl.DataFrame:
        """The rows of a table, none where it brought none."""
        return self.tables.get(name, TABLES[name].empty())


def place_of(journal: Path, number: int) -> Path:
    """The folder of a tick."""
    return journal / f"{number:0{_DIGITS}d}"


def numbers(journal: Path) -> list[int]:
    """The ticks that are kept, ascending."""
    return sorted(int(path.name) for path in journal.iterdir() if path.name.isdecimal()) if journal.is_dir() else []


def unfinished(journal: Path) -> list[Path]:
    """What a kill left of ticks that were being written."""
    return [path for path in journal.iterdir() if path.name.startswith("_") and path.is_dir()]


def write(tick: Tick, journal: Path) -> Head:
    """Keep a tick: when this returns what is told of it, it survives a power cut; before that nothing of it is seen."""
    final = place_of(journal, tick.head.number)
    aside = folder(journal) / f"_{final.name}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for name, frame in (*tick.tables.items(), (_TOO_LATE, tick.too_late), (_BAD, tick.bad)):
        if frame.height:
            frame.write_parquet(aside / f"{name}.parquet", compression="lz4", statistics=False)
    (aside / _TOLD).write_text(json.dumps(tick.head.told()), encoding="utf-8")
    settle(aside.iterdir())
    settle([aside.rename(final)])
    return tick.head


def read_head(journal: Path, number: int) -> Head:
    """What is told of a tick that is kept."""
    return Head.of(json.loads((place_of(journal, number) / _TOLD).read_text(encoding="utf-8")))


def read(journal: Path, number: int) -> Tick:
    """A tick with the very rows that it was kept with."""
    found = {path.stem: pl.read_parquet(path) for path in place_of(journal, number).glob("*.parquet")}
    return Tick(
        head=read_head(journal, number),
        tables={name: found[name] for name in TABLES if name in found},
        too_late=found.get(_TOO_LATE, TABLES["events"].empty()),
        bad=found.get(_BAD, pl.DataFrame(schema=QUARANTINE)),
    )
