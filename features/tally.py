"""A landing table counted without being kept: how many rows, what is wrong with them, and which ids they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from features.contract import INSTANT, TableContract
from features.contracts import TABLES
from features.duplicates import PAIR, counted_twice
from features.known import known_at
from features.landing import opened
from features.landing_files import LandingFile
from features.landing_settings import IngestSettings
from features.quarantine import QUARANTINE, FileRefusedError, kept
from features.raw import ROW
from features.sifting import Sifted


@dataclass(frozen=True, eq=False)
class Tally:
    """What some rows of a table came to.

    Attributes:
        rows: how many were read.
        bad_rows: how many of them break the contract.
        overlapping_rows: counted actions that raw events have too.
        faults: table, column, reason, rows (how many) and value (an example).
        ids: how often each id occurs and when it was first known of, by the column or columns that name it.
    """

    rows: int
    bad_rows: int
    overlapping_rows: int
    faults: pl.DataFrame
    ids: Mapping[tuple[str, ...], pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found of one table: the tally of its files, and what their headers say.

    Attributes:
        contract: of the table.
        files: how many it has.
        tally: of those that can be read.
        refused: the others, each with the reason.
        ignored: columns that the contract does not know.
        lacking: columns of the contract that no file has.
        zoneless: columns of instants without a zone, taken as UTC.
    """

    contract: TableContract
    files: int
    tally: Tally
    refused: tuple[str, ...]
    ignored: tuple[str, ...]
    lacking: tuple[str, ...]
    zoneless: tuple[str, ...]

    @property
    def absent(self) -> bool:
        """Whether there is no file that can be read."""
        return self.files == len(self.refused)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong with the table."""
        broken = self.tally.bad_rows + self.tally.overlapping_rows
        return not (self.refused or broken or (self.absent and self.contract.required))


def checked(
    contract: TableContract, files: Sequence[LandingFile], settings: IngestSettings, raw: pl.DataFrame
) -> Checked:
    """Read one table's files; `raw` are the sessions and kinds that raw events are there for, and since when."""
    tallies: list[Tally] = []
    refused: list[str] = []
    ignored: set[str] = set()
    zoneless: set[str] = set()
    lacking = set(contract.columns)
    for file in files:
        try:
            source = opened(file, settings)
            tallies += [_tally(file, sifted, settings, raw) for sifted in source.batches]
        except FileRefusedError as error:
            refused.append(f"{file.name} {error}")
        else:
            ignored |= set(source.ignored)
            zoneless |= set(source.zoneless)
            lacking &= set(source.lacking)
    return Checked(
        contract,
        len(files),
        _added(contract, tallies),
        tuple(refused),
        ignored=tuple(sorted(ignored)),
        lacking=tuple(name for name in contract.columns if name in lacking),
        zoneless=tuple(name for name in contract.columns if name in zoneless),
    )


def faults_of(quarantined: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    """How often each fault occurs, the most frequent first, with an example."""
    counted = pl.concat(quarantined).group_by("table", "column", "reason")
    return _ranked(counted.agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("value").drop_nulls().min()))


def none_of(column: Sequence[str]) -> pl.DataFrame:
    """No ids."""
    return pl.DataFrame(schema={**dict.fromkeys(column, pl.String()), "rows": pl.Int64(), "known_at": INSTANT})


def _tally(file: LandingFile, sifted: Sifted, settings: IngestSettings, raw: pl.DataFrame) -> Tally:
    contract, rows = file.contract, sifted.rows
    twice = counted_twice(rows, raw) if contract.name == "event_counts" else sifted.faults.clear()
    found = kept(pl.concat([sifted.faults, twice]), contract, file.name, settings.value_characters)
    return Tally(
        rows=rows.height + sifted.bad_rows,
        bad_rows=sifted.bad_rows,
        overlapping_rows=twice.height,
        faults=faults_of([found.lazy()]),
        ids={named: _counted(rows, named, contract.name) for named in _named(contract)},
    )


def _added(contract: TableContract, tallies: Sequence[Tally]) -> Tally:
    nothing = faults_of([pl.LazyFrame(schema=QUARANTINE)])
    counted = pl.concat([nothing, *(one.faults for one in tallies)]).lazy().group_by("table", "column", "reason")
    return Tally(
        rows=sum(one.rows for one in tallies),
        bad_rows=sum(one.bad_rows for one in tallies),
        overlapping_rows=sum(one.overlapping_rows for one in tallies),
        faults=_ranked(counted.agg(pl.col("rows").sum(), pl.col("value").drop_nulls().min())),
        ids={
            named: pl.concat([none_of(named), *(one.ids[named] for one in tallies)])
            .group_by(named)
            .agg(pl.col("rows").sum(), pl.col("known_at").min())
            for named in _named(contract)
        },
    )


def _named(contract: TableContract) -> list[tuple[str, ...]]:
    """The columns that name rows of other tables, or by which other tables name rows of this one."""
    own = {one.key for other in TABLES.values() for one in other.references if one.table == contract.name}
    pair = [PAIR] if contract.name == "events" else []
    return [*((name,) for name in sorted(own | {one.column for one in contract.references})), *pair]


def _counted(rows: pl.DataFrame, named: tuple[str, ...], table: str) -> pl.DataFrame:
    found = rows.drop(ROW).drop_nulls(named).group_by(named)
    return found.agg(pl.len().cast(pl.Int64).alias("rows"), known_at(table).min())


def _ranked(faults: pl.LazyFrame) -> pl.DataFrame:
    by = ["rows", "table", "column", "reason"]
    return (
        faults.select("table", "column", "reason", "rows", "value")
        .sort(by, descending=[True, False, False, False])
        .collect()
    )
