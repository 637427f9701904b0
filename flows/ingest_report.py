"""What an ingest came to: per table what was delivered, what is new, what was wrong and what is missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from features.contracts import TABLES
from features.landing_files import LandingError
from flows.outcome import Outcome
from flows.summaries import escaped, plain

_MOST_NAMED = 20


class DeliveryRefusedError(LandingError):
    """A delivery of which something could not be taken in; the rest was, and `report` says what."""

    def __init__(self, message: str, report: "IngestReport") -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True, eq=False)
class IngestReport:
    """What became of a delivery.

    Attributes:
        outcomes: of every file.
        faults: table, column, reason, rows (how many) and value (an example) of what went to quarantine.
        dangling: for each table and column the rows that name something unknown; they are kept.
        absent: tables of which the lake has no row after this.
        unread: what lay in the landing zone and is nothing of ours.
        set_aside: counted rows in the lake that raw events have replaced since.
    """

    outcomes: tuple[Outcome, ...]
    faults: pl.DataFrame
    dangling: Mapping[tuple[str, str], int]
    absent: tuple[str, ...]
    unread: tuple[str, ...]
    set_aside: int = 0

    @property
    def new_rows(self) -> int:
        """Rows that the lake did not have before."""
        return sum(one.new_rows for one in self.outcomes)

    @property
    def bad_rows(self) -> int:
        """Rows that went to quarantine."""
        return sum(one.bad_rows + one.overlapping_rows for one in self.outcomes)

    def of_table(self, name: str) -> list[Outcome]:
        """The outcomes of one table's files."""
        return [one for one in self.outcomes if one.file.contract.name == name]

    def refused(self) -> list[Outcome]:
        """The files of which nothing was taken in."""
        return [one for one in self.outcomes if one.status == "refused"]

    def refused_of(self, name: str) -> list[Outcome]:
        """The files of one table of which nothing was taken in."""
        return [one for one in self.refused() if one.file.contract.name == name]

    def sentences(self) -> list[str]:
        """The report in lines for a terminal."""
        told = [_sentence(name, self.of_table(name)) for name in TABLES if self.of_table(name)]
        return [plain(line) for line in (*told, *self.remarks())]

    def remarks(self) -> list[str]:
        """What the reader must know beside the numbers."""
        refused = [f"refused {one.file.name}: {one.reason}" for one in self.refused()]
        bad = [
            f"quarantine: {rows:,} of {table}: {column or 'line'} {reason}" + (f", such as {value!r}" if value else "")
            for table, column, reason, rows, value in self.faults.head(_MOST_NAMED).iter_rows()
        ]
        lost = [f"{rows:,} rows of {table} name an unknown {column}" for (table, column), rows in self.dangling.items()]
        return [*refused, *bad, *lost, *self._left_out(), *self._without()]

    def markdown(self) -> str:
        """The report as a page; names and values out of the data cannot pose as markup."""
        head = ("table", "files", "known before", "refused", "rows", "new", "there already", "quarantined")
        rows = [[escaped(cell) for cell in _numbers(name, self.of_table(name))] for name in TABLES]
        lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
        return "\n".join(["# Ingest", "", *lines, "", *(f"- {escaped(one)}" for one in self.remarks())])

    def _left_out(self) -> list[str]:
        columns = {(one.file.contract.name, name) for one in self.outcomes for name in one.ignored}
        zoneless = {(one.file.contract.name, name) for one in self.outcomes for name in one.zoneless}
        return [
            *(
                f"column {name} of {table} holds instants without a zone: taken as UTC"
                for table, name in sorted(zoneless)
            ),
            *(f"column {name} of {table} is not in the contract: ignored" for table, name in sorted(columns)),
            *(f"{name} is no landing table or file that we read: left alone" for name in self.unread),
            *(
                [f"{self.set_aside:,} rows of event_counts are set aside: events had them by then"]
                if self.set_aside
                else []
            ),
        ]

    def _without(self) -> list[str]:
        return [f"no {name}: without {TABLES[name].without}" for name in self.absent if TABLES[name].without]


def _numbers(name: str, outcomes: Sequence[Outcome]) -> tuple[object, ...]:
    status = Counter(one.status for one in outcomes)
    read, new, there = (
        sum(getattr(one, part) for one in outcomes) for part in ("read_rows", "new_rows", "duplicate_rows")
    )
    bad = sum(one.bad_rows + one.overlapping_rows for one in outcomes)
    return name, len(outcomes), status["known"], status["refused"], read, new, there, bad


def _sentence(name: str, outcomes: Sequence[Outcome]) -> str:
    _, files, known, refused, read, new, there, bad = _numbers(name, outcomes)
    parts = {"known before": known, "refused": refused}
    told = "".join(f", {count} {what}" for what, count in parts.items() if count)
    rows = f"{new:,} new rows of {read:,}"
    more = "".join(
        f", {count:,} {what}" for what, count in {"there already": there, "quarantined": bad}.items() if count
    )
    return f"{name}: {files} file{'s' * (files != 1)}{told}; {rows}{more}"
