"""How rows get into a table of the lake: whole data files first, then one sealed commit, or none."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction

from flows.delta_log import DIGESTS, FILES, LOG, POINTER, SEAL, Added, Commit, digest_of, path_of
from flows.places import Place, folder, settle, settling

DAY = "day"
STEP_DIGITS = 12
_STEP = "step"


def stem_of(transactions: Sequence[str]) -> str:
    """The beginning of data files' names, by what they are known by: a second try overwrites what the first left."""
    return hashlib.sha256("".join(transactions).encode()).hexdigest()[:16]


class Append:
    """Rows on their way into a table: any number of data files, then one commit or none."""

    def __init__(self, table: DeltaTable, place: Place, stem: str, instead: Sequence[date | None] = ()) -> None:
        self._table, self._place, self._stem, self._instead = table, place, stem, instead
        self._added: list[AddAction] = []

    def add(self, rows: pl.DataFrame, day: date | None = None, name: str = "") -> None:
        """Write rows of one day. A run that died before its commit leaves the file, and the next one overwrites it."""
        name = name or f"{self._stem}-{len(self._added):05d}.parquet"
        path = folder(self._place / f"{DAY}={day}" if day else self._place) / name
        rows.write_parquet(str(path), compression="zstd")
        found = path.stat()
        size, changed = found.st_size, int(found.st_mtime * 1000)
        days = {DAY: str(day)} if day else {}
        told = json.dumps({"numRecords": rows.height})
        self._added.append(AddAction(str(path.relative_to(self._place)), size, days, changed, True, told))

    def commit(self, transactions: Sequence[str], files: Mapping[str, str]) -> None:
        """Show all rows at once, and remember the transactions and the files (sha256 to name) that brought new rows."""
        with settling(self._place / LOG, POINTER):
            self.show([Transaction(name, 1) for name in transactions], files)

    def show(self, transactions: list[Transaction], files: Mapping[str, str]) -> None:
        """The same, while the commit itself is not yet seen onto the disk."""
        settle(self._place / action.path for action in self._added)
        self._table.create_write_transaction(
            self._added,
            mode="overwrite" if self._instead else "append",
            partition_filters=[(DAY, "in", list(map(str, self._instead)))] if any(self._instead) else None,
            schema=self._table.schema(),
            partition_by=self._table.metadata().partition_columns,
            commit_properties=CommitProperties(
                custom_metadata=self._sealed(transactions, files), app_transactions=transactions
            ),
        )

    def _sealed(self, transactions: Sequence[Transaction], files: Mapping[str, str]) -> dict[str, str]:
        digests = {action.path: digest_of(self._place / action.path) for action in self._added}
        told = {FILES: json.dumps(files, sort_keys=True), DIGESTS: json.dumps(digests, sort_keys=True)}
        added = tuple(Added(one.path, one.size, one.partition_values, one.stats) for one in self._added)
        known_by = {one.app_id: one.version for one in transactions}
        return {**told, SEAL: Commit(added, self._replaced(), known_by, told, describes=False).seal()}

    def _replaced(self) -> tuple[str, ...]:
        """The files that make way."""
        if not self._instead:
            return ()
        held = pl.DataFrame(self._table.get_add_actions(flatten=True))
        days = list(map(str, filter(None, self._instead)))
        found = held.filter(pl.col(f"partition.{DAY}").cast(pl.String).is_in(days)) if days else held
        return tuple(found["path"])


class Growing:
    """A table that is held open, since thousands of commits are slow to open: each step is taken in once, in order."""

    def __init__(self, table: DeltaTable, place: Place) -> None:
        self._table, self._place = table, place

    def last(self) -> int:
        """The last step that was taken in; 0 before the first."""
        return self._table.transaction_version(_STEP) or 0

    def add(self, step: int, rows: pl.DataFrame) -> bool:
        """Take a step's rows in with one commit; False, and nothing changes, if it or a later one was taken in."""
        if step <= self.last():
            return False
        append = Append(self._table, self._place, f"{step:0{STEP_DIGITS}d}")
        append.add(rows)
        append.show([Transaction(_STEP, step)], {})
        self._table.update_incremental()
        commit = path_of(self._place / LOG, self._table.version())
        if isinstance(commit, Path):
            made = [commit, commit.with_suffix(".checkpoint.parquet"), commit.with_name(POINTER)]
            settle(path for path in made if path.exists())
        return True
