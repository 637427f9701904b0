"""A landing zone held against the contract: what is wrong with it, and what cannot be done with it. Nothing changes."""

from dataclasses import dataclass
from pathlib import Path

from features.contracts import TABLES
from features.duplicates import PAIR
from features.landing_files import survey
from features.tally import Checked, checked, none_of
from flows.config import Config
from flows.summaries import plain

_MOST_NAMED = 50


@dataclass(frozen=True, eq=False)
class CheckReport:
    """What was found of a landing zone: each table, and what in it is nothing of ours."""

    tables: tuple[Checked, ...]
    unread: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether it keeps the contract in everything."""
        return all(table.clean for table in self.tables)

    def sentences(self) -> list[str]:
        """The report in lines for a terminal."""
        told = [line for table in self.tables for line in (_found(table), *_wrong(table), *_notes(table))]
        strange = [f"{name} is no landing table or file that we read: left alone" for name in self.unread]
        lost = [f"{name}: {rows:,} rows name an unknown {column}" for (name, column), rows in self.dangling().items()]
        verdict = "the landing zone keeps the contract" if self.clean else "the landing zone breaks the contract"
        return [plain(line) for line in (*told, *lost, *strange, verdict)]

    def dangling(self) -> dict[tuple[str, str], int]:
        """For each table and column the rows that name something unknown, where there are any."""
        ids = {table.contract.name: table.tally.ids for table in self.tables}
        counted = {
            (name, one.column): ids[name][(one.column,)]
            .join(ids[one.table][(one.key,)], left_on=one.column, right_on=one.key, how="anti")["rows"]
            .sum()
            for name, contract in TABLES.items()
            for one in contract.references
        }
        return {place: int(rows) for place, rows in counted.items() if rows}


def check(landing: Path, config: Config) -> CheckReport:
    """Read a whole landing zone and say how it keeps the contract; a bad file or row costs only itself.

    Raises:
        LandingError: there is no such folder.
    """
    found = survey(landing)
    tables: dict[str, Checked] = {}
    for name, contract in TABLES.items():
        raw = tables["events"].tally.ids[PAIR] if "events" in tables else none_of(PAIR)
        tables[name] = checked(contract, found.files[name], config.ingest, raw)
    return CheckReport(tuple(tables.values()), found.unread)


def _found(table: Checked) -> str:
    name, files = table.contract.name, table.files
    if table.absent:
        return f"{name}: absent" + (", and it must be there" if table.contract.required else "")
    bad = f", {table.tally.bad_rows:,} break the contract" if table.tally.bad_rows else ""
    twice = f", {table.tally.overlapping_rows:,} overlap with events" if table.tally.overlapping_rows else ""
    return f"{name}: {files} file{'s' * (files != 1)}, {table.tally.rows:,} rows{bad}{twice}"


def _wrong(table: Checked) -> list[str]:
    faults = [
        f"  {rows:,} times {column or 'a line'} {reason}" + (f", such as {value!r}" if value else "")
        for _, column, reason, rows, value in table.tally.faults.head(_MOST_NAMED).iter_rows()
    ]
    return [*(f"  refused: {reason}" for reason in table.refused), *faults]


def _notes(table: Checked) -> list[str]:
    contract = table.contract
    if table.absent:
        return [f"  without {contract.without}"] if contract.without else []
    columns = [contract.columns[name] for name in table.lacking]
    lacking = [f"  no column {column.name}: {column.without}" for column in columns if column.without]
    zoneless = [f"  column {name} holds instants without a zone: taken as UTC" for name in table.zoneless]
    return [*lacking, *zoneless, *(f"  column {name} is not in the contract: ignored" for name in table.ignored)]
