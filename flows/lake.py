"""The lake: every checked row ever delivered, as Delta tables under the home. The only file that knows Delta.

Data files are written and synced first and become visible by one commit, which Delta's own writer does not sync. A
commit carries the digests of the files that it came from, as transactions: what was taken in once is never taken twice.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.transaction import AddAction

from features.contracts import TABLES
from features.duplicates import first_known, overlapping
from flows.durable import folder, settle
from flows.own_tables import OWN

_DAY = "day"
_FOREVER = {"delta.logRetentionDuration": "interval 36500 days"}  # the digests in the log are part of the data
_GROWING = {"delta.logRetentionDuration": "interval 1 days", "delta.checkpointInterval": "20"}  # else ever slower
_STEP, _STEP_DIGITS, _VERSION_CHARACTERS = "step", 12, 16


class Lake:
    """The tables of one home."""

    def __init__(self, home: Path) -> None:
        self.root = home / "lake"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lake for writing; a second writer waits. The lock goes with the process, however that ends."""
        with (folder(self.root) / ".lock").open("w") as lock:
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
        return pl.scan_parquet(files, hive_partitioning=False) if files else pl.LazyFrame(schema=_schema(name))

    def parts(self, name: str) -> dict[date | None, list[Path]]:
        """The data files of a table by the day that they hold, None where it is not laid out by day."""
        table = self._table(name)
        if table is None:
            return {}
        actions = pl.DataFrame(table.get_add_actions(flatten=True)).sort("path")
        days = actions[f"partition.{_DAY}"] if _by_day(name) else pl.repeat(None, actions.height, eager=True)
        parts: dict[date | None, list[Path]] = {}
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

    def append(self, name: str, stem: str, instead: Sequence[date | None] = ()) -> "Append":
        """Begin to add rows to a table, or to put them in the place of these days; nothing is seen before a commit."""
        return Append(self._table(name) or self._created(name), self.root / name, stem, instead)

    def growing(self, name: str) -> "Growing":
        """A table that this process alone adds to, step by step, for hours."""
        return Growing(self._table(name) or self._created(name, _GROWING), self.root / name)

    def grown(self, name: str, after: int = 0) -> pl.LazyFrame:
        """The rows of the steps after one, in no particular order; older files are not opened."""
        files = [path for paths in self.parts(name).values() for path in paths if int(path.name[:_STEP_DIGITS]) > after]
        return pl.scan_parquet(files) if files else pl.LazyFrame(schema=_schema(name))

    def sources(self) -> list[tuple[str, str]]:
        """Table and sha256 of every delivered file that brought new rows, sorted."""
        return sorted((name, sha256) for name in TABLES for commit in self._history(name) for sha256 in _files(commit))

    def digests(self) -> dict[str, str]:
        """For each table a digest of the files that its rows came from."""
        return {name: _digest([pair for pair in self.sources() if pair[0] == name]) for name in TABLES}

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

    def _table(self, name: str) -> DeltaTable | None:
        place = self.root / name
        return DeltaTable(place) if (place / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(place)) else None

    def _created(self, name: str, kept: Mapping[str, str | None] = _FOREVER) -> DeltaTable:
        place = folder(self.root / name)
        days = {_DAY: pl.Date()} if _by_day(name) else {}
        schema = Schema.from_arrow(pl.DataFrame(schema={**_schema(name), **days}).to_arrow().schema)
        table = DeltaTable.create(place, schema, partition_by=list(days), configuration=kept)
        settle((place / "_delta_log").iterdir())
        return table

    def _history(self, name: str) -> list[dict[str, Any]]:
        table = self._table(name)
        return [] if table is None else list(table.history())


class Append:
    """Rows on their way into a table: any number of data files, then one commit or none."""

    def __init__(self, table: DeltaTable, place: Path, stem: str, instead: Sequence[date | None] = ()) -> None:
        self._table, self._place, self._stem, self._instead = table, place, stem, instead
        self._added: list[AddAction] = []

    def add(self, rows: pl.DataFrame, day: date | None = None) -> None:
        """Write rows of one day. A run that died before its commit leaves the file, and the next one overwrites it."""
        name = f"{self._stem}-{len(self._added):05d}.parquet"
        path = folder(self._place / f"{_DAY}={day}" if day else self._place) / name
        rows.write_parquet(path, compression="zstd")
        size, changed = path.stat().st_size, int(path.stat().st_mtime * 1000)
        days = {_DAY: str(day)} if day else {}
        told = json.dumps({"numRecords": rows.height})
        self._added.append(AddAction(str(path.relative_to(self._place)), size, days, changed, True, told))

    def commit(self, transactions: Sequence[str], files: Mapping[str, str]) -> None:
        """Show all rows at once, and remember the transactions and the files (sha256 to name) that brought new rows."""
        log = self._place / "_delta_log"
        before = set(log.iterdir())
        self.show([Transaction(name, 1) for name in transactions], files)
        settle(set(log.iterdir()) - before)

    def show(self, transactions: list[Transaction], files: Mapping[str, str]) -> None:
        """The same, while the commit itself is not yet seen onto the disk."""
        told = {"files": json.dumps(files, sort_keys=True)}
        settle(self._place / action.path for action in self._added)
        self._table.create_write_transaction(
            self._added,
            mode="overwrite" if self._instead else "append",
            partition_filters=[(_DAY, "in", list(map(str, self._instead)))] if any(self._instead) else None,
            schema=self._table.schema(),
            partition_by=self._table.metadata().partition_columns,
            commit_properties=CommitProperties(custom_metadata=told, app_transactions=transactions),
        )


class Growing:
    """A table that is held open, since thousands of commits are slow to open: each step is taken in once, in order."""

    def __init__(self, table: DeltaTable, place: Path) -> None:
        self._table, self._place = table, place

    def last(self) -> int:
        """The last step that was taken in; 0 before the first."""
        return self._table.transaction_version(_STEP) or 0

    def add(self, step: int, rows: pl.DataFrame) -> bool:
        """Take a step's rows in with one commit; False, and nothing changes, if it or a later one was taken in."""
        if step <= self.last():
            return False
        append = Append(self._table, self._place, f"{step:0{_STEP_DIGITS}d}")
        append.add(rows)
        append.show([Transaction(_STEP, step)], {})
        self._table.update_incremental()
        log, version = self._place / "_delta_log", f"{self._table.version():020d}"
        made = [log / name for name in (f"{version}.json", f"{version}.checkpoint.parquet", "_last_checkpoint")]
        settle(path for path in made if path.exists())
        return True


def order(name: str) -> list[str]:
    """The columns by which a table's rows are put in order."""
    contract = TABLES[name]
    first = [contract.day_of] if contract.day_of else []
    return list(dict.fromkeys([*first, *contract.key, *contract.columns]))


def _by_day(name: str) -> bool:
    return name in TABLES and TABLES[name].day_of is not None


def _schema(name: str) -> pl.Schema:
    return OWN[name] if name in OWN else TABLES[name].dtypes


def _files(commit: Mapping[str, Any]) -> list[str]:
    return list(json.loads(commit.get("files", "{}")))


def _digest(sources: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name} {sha256}\n" for name, sha256 in sources).encode()).hexdigest()
