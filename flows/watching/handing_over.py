"""Between the journal and the lake: what the lake has is not taken, and what the journal has gets there in the end."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from features.contracts import TABLES
from features.duplicates import new_rows
from flows.appending import stem_of
from flows.lake import Lake, order
from flows.places import read_rows
from flows.spool import FILE, Spool
from flows.watching.batch import TakenFile
from flows.watching.folder import looked
from flows.watching.journal import Journal
from flows.watching.taken import Taken
from flows.watching.tick import Tick


def delivered(landing: Path, lake: Lake) -> tuple[TakenFile, ...]:
    """The files of a landing zone that the lake has taken in: for `Journal.pass_over`, when a watch first begins.

    Every file is read to the end to know what it holds.
    """
    found = [TakenFile(one.table, one.name, one.landing().sha256, *one.version) for one in looked(landing, Taken())]
    known = {name: lake.known(name, [one.sha256 for one in found if one.table == name]) for name in TABLES}
    return tuple(one for one in found if one.sha256 in known[one.table])


@dataclass
class _Waiting:
    """The rows of one table on their way, and the names of the transactions that they go in with."""

    spool: Spool
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, tick: Tick, name: str) -> None:
        frames = [tick.table(name), *([tick.too_late] if name == "events" else [])]
        self.spool.add(pl.concat(frames), tick.head.number)
        taken = [one for one in tick.head.files if (one.table, one.status) == (name, "taken")]
        self.sources |= {one.sha256: one.name for one in taken}
        if name in tick.head.cursors:
            self.sources[tick.head.cursors[name].digest] = f"postgres:{name}"


def hand_over(journal: Journal, number: int, lake: Lake) -> Mapping[str, int]:
    """Add the rows of all ticks up to one to the lake, with the instants at which they were learnt of.

    Events that came too late are among them. Tried again after a kill it adds nothing twice. Afterwards the lake knows
    the files, so that `baokuan ingest` passes over them; what it took in before stays beside these rows, and of two
    versions of a row the one that was learnt of first counts.

    Returns:
        How many rows each table has got; tables without are absent.
    """
    staging = lake.beside / ".staging" / "watch"
    with lake.alone():
        waiting = {name: _Waiting(Spool(staging / name, contract.dtypes)) for name, contract in TABLES.items()}
        for tick in journal.ticks():
            for name in TABLES if tick.head.number <= number else ():
                waiting[name].add(tick, name)
        added = {name: _added(name, one, lake) for name, one in waiting.items() if one.sources}
        shutil.rmtree(staging)
    return {name: rows for name, rows in added.items() if rows}


def _added(name: str, waiting: _Waiting, lake: Lake) -> int:
    contract = TABLES[name]
    fresh = _unknown(list(waiting.sources), lake.known(name, waiting.sources))
    if not fresh:
        return 0
    append, there, rows = lake.append(name, stem_of(fresh)), lake.parts(name), 0
    for day, delivered_rows in waiting.spool.by_day(contract):
        old = read_rows(there[day]) if day in there else contract.empty()
        new = new_rows(delivered_rows.drop(FILE), old, contract)
        if new.height:
            append.add(new.sort(order(name), nulls_last=True), day)
            rows += new.height
    append.commit(fresh, {source: waiting.sources[source] for source in fresh})
    return rows


def _unknown(sources: Sequence[str], known: frozenset[str]) -> list[str]:
    return [source for source in sources if source not in known]
