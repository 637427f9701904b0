"""The lake: every checked row ever delivered, as Delta tables. With `appending`, all that knows Delta.

Data files are written and synced first and become visible by one commit, which Delta's own writer does not sync. A
commit carries the digests of the files that it came from, as transactions: what was taken in once is never taken twice.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError

from features.contracts import TABLES
from features.duplicates import first_known, overlapping
from flows import durable
from flows.appending import DAY, STEP_DIGITS, Append, Growing
from flows.clearing import cleared
from flows.delta_log import LOG, LakeDamagedError, check_last
from flows.own_tables import OWN
from flows.places import Place, answering, folder, place_of, scan_rows, settle_all
from flows.widening import LakeOutdatedError, lacking, widened

_FOREVER = {"delta.logRetentionDuration": "interval 36500 days"}  # the digests in the log are part of the data
_GROWING = {"delta.logRetentionDuration": "interval 1 days", "delta.checkpointInterval": "20"}  # else ever slower
_VERSION_CHARACTERS = 16


class Lake:
    """The tables of one home.

    Attributes:
        beside: the home's folder for what is on its way into the tables, and for the lock.
        root: where the tables lie.
    """

    def __init__(self, home: Path) -> None:
        self.beside, self.root = home / "lake", place_of(home)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lake for writing; a second writer waits. The lock goes with the process, however that ends."""
        with (durable.folder(self.beside) / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def tables(self, names: Sequence[str] = tuple(TABLES)) -> dict[str, pl.DataFrame]:
        """The landing tables by name, rows in an order that does not depend on how they were delivered.

        Rows of `event_counts` are left out where raw events of their session and kind were known by then: they are the
        same actions. Counts known before the first such event stay, whatever arrives later.
        """
        found = {name: self._ordered(name) for name in names}
        if "event_counts" in found and found["event_counts"].height:
            counts = found["event_counts"]
            found["event_counts"] = counts.filter(~overlapping(counts, self.counted_raw()))
        return found

    def counted_raw(self) -> pl.DataFrame:
        """The sessions and kinds that raw events are there for, and since when that was known."""
        return first_known(self.scan("events")).collect()

    def set_aside(self) -> int:
        """How many rows of `event_counts` are left out because raw events had them by then."""
        counts = self.scan("event_counts").select("session_id", "kind", "minute", "received_at").collect()
        return int(overlapping(counts, self.counted_raw()).sum()) if counts.height else 0

    def scan(self, name: str) -> pl.LazyFrame:
        """All rows of a table, in no particular order."""
        files = [path for paths in self.parts(name).values() for path in paths]
        return scan_rows(files) if files else pl.LazyFrame(schema=schema_of(name))

    def parts(self, name: str) -> dict[date | None, list[Place]]:
        """The data files of a table by the day that they hold, None where it is not laid out by day."""
        table = self._table(name)
        if table is None:
            return {}
        actions = pl.DataFrame(table.get_add_actions(flatten=True)).sort("path")
        days = actions[f"partition.{DAY}"] if _by_day(name) else pl.repeat(None, actions.height, eager=True)
        parts: dict[date | None, list[Place]] = {}
        for path, day in zip(actions["path"], days, strict=True):
            parts.setdefault(day, []).append(self.root / name / path)
        return parts

    def known(self, name: str, transactions: Iterable[str]) -> frozenset[str]:
        """Which of these transactions have been committed to the table."""
        table = self._table(name)
        asked = () if table is None else transactions
        return frozenset(one for one in asked if table and table.transaction_version(one) is not None)

    def has(self, name: str) -> bool:
        """Whether anything was ever committed to a table."""
        return self.commits(name) > 0

    def commits(self, name: str) -> int:
        """How many commits a table has had since it was made."""
        table = self._table(name)
        return 0 if table is None else table.version()

    def append(self, name: str, stem: str, instead: Sequence[date | None] = ()) -> Append:
        """Begin to add rows to a table, or to put them in the place of these days; nothing is seen before a commit."""
        return Append(self._table(name) or self._created(name), self.root / name, stem, instead)

    def growing(self, name: str) -> Growing:
        """A table that this process alone adds to, step by step, for hours."""
        return Growing(self._table(name) or self._created(name, _GROWING), self.root / name)

    def grown(self, name: str, after: int = 0) -> pl.LazyFrame:
        """The rows of the steps after one, in no particular order; older files are not opened."""
        files = [path for paths in self.parts(name).values() for path in paths if int(path.name[:STEP_DIGITS]) > after]
        return scan_rows(files) if files else pl.LazyFrame(schema=schema_of(name))

    def checkpoint(self, name: str) -> None:
        """Write down a table's state, so that opening it reads no longer all commits."""
        if (table := self._table(name)) is not None:
            table.create_checkpoint()
            settle_all(self.root / name / LOG)

    def clear(self, name: str, keep: timedelta, pinned: Iterable[int]) -> tuple[int, int]:
        """Remove data files that neither the present version reads nor a pinned one, once they were so for a while.

        Files that a killed run left are among them. Whoever calls holds the lake.

        Returns:
            How many files, and their bytes.
        """
        table = self._table(name)
        return (0, 0) if table is None else cleared(table, self.root / name, keep, pinned)

    def sources(self) -> list[tuple[str, str]]:
        """Table and sha256 of every delivered file that brought new rows, sorted."""
        return sorted((name, sha256) for name in TABLES for commit in self._history(name) for sha256 in _files(commit))

    def digests(self) -> dict[str, str]:
        """For each table a digest of the files that its rows came from."""
        found = self.sources()
        return {name: _digest([pair for pair in found if pair[0] == name]) for name in TABLES}

    def data_version(self) -> str:
        """A digest that names the files that brought rows, whatever their names, the time and the place.

        Of files that hold the same rows only the first brings them, so where deliveries overlap their order can matter,
        though the rows are the same. Where none do, it does not.
        """
        return _digest(self.sources())[:_VERSION_CHARACTERS]

    def versions(self) -> dict[str, int]:
        """Delta's version of each table that is there."""
        tables = {name: self._table(name) for name in TABLES}
        return {name: table.version() for name, table in tables.items() if table is not None}

    def summary(self) -> pl.DataFrame:
        """How many rows and data files each table has."""
        counted = [(name, self.rows(name), sum(map(len, self.parts(name).values()))) for name in TABLES]
        return pl.DataFrame(counted, schema={"table": pl.String, "rows": pl.Int64, "files": pl.Int64}, orient="row")

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        return int(self.scan(name).select(pl.len()).collect().item())

    def _ordered(self, name: str) -> pl.DataFrame:
        parts = self.parts(name)
        rows = self.scan(name).collect()
        return rows if all(len(paths) == 1 for paths in parts.values()) else rows.sort(order(name), nulls_last=True)

    def outdated(self, name: str) -> list[str]:
        """The columns that a table lacks, since an earlier release made it."""
        table = self._opened(name)
        return [] if table is None else lacking(table, schema_of(name))

    def upgrade(self, name: str) -> int:
        """Give a table the columns that it lacks, empty in all of its rows; how many files were written anew for it.

        Whoever calls holds the lake. A run that dies in between is begun anew.
        """
        table = self._opened(name)
        if table is None or not (new := lacking(table, schema_of(name))):
            return 0
        return widened(table, self.root / name, pl.DataFrame(schema=schema_of(name)).select(new))

    def _table(self, name: str) -> DeltaTable | None:
        """The table as it is now, if it is there, with all of today's columns.

        Raises:
            LakeOutdatedError: it lacks some.
        """
        table = self._opened(name)
        if table is not None and (names := lacking(table, schema_of(name))):
            raise LakeOutdatedError(f"the lake's table {name} is of an earlier release and lacks {', '.join(names)}")
        return table

    def _opened(self, name: str) -> DeltaTable | None:
        """The table as it is now, if it is there; what a power cut left half done is not taken for it."""
        place = self.root / name
        try:
            with answering(place):
                table = DeltaTable(str(place))
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise LakeDamagedError(place / LOG, f"cannot be read: {str(error).splitlines()[0][:200]}") from None
        try:
            check_last(place, table.version())
        except LakeDamagedError:
            if DeltaTable(str(place)).version() == table.version():  # else somebody rewrote it just now
                raise
            return self._opened(name)
        return table

    def _created(self, name: str, kept: Mapping[str, str | None] = _FOREVER) -> DeltaTable:
        place = folder(self.root / name)
        days = {DAY: pl.Date()} if _by_day(name) else {}
        schema = Schema.from_arrow(pl.DataFrame(schema={**schema_of(name), **days}).to_arrow().schema)
        table = DeltaTable.create(str(place), schema, partition_by=list(days), configuration=kept)
        settle_all(place / LOG)
        return table

    def _history(self, name: str) -> list[dict[str, Any]]:
        table = self._table(name)
        return [] if table is None else list(table.history())


def order(name: str) -> list[str]:
    """The columns by which a table's rows are put in order."""
    contract = TABLES[name]
    first = [contract.day_of] if contract.day_of else []
    return list(dict.fromkeys([*first, *contract.key, *contract.columns]))


def _by_day(name: str) -> bool:
    return name in TABLES and TABLES[name].day_of is not None


def schema_of(name: str) -> pl.Schema:
    """The columns of a table and their types."""
    return OWN[name] if name in OWN else TABLES[name].dtypes


def _files(commit: Mapping[str, Any]) -> list[str]:
    return list(json.loads(commit.get("files", "{}")))


def _digest(sources: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name} {sha256}\n" for name, sha256 in sources).encode()).hexdigest()
