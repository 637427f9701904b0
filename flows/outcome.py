"""What became of each file that was ever delivered, as the lake remembers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.landing_files import LandingFile

INGEST_LOG = pl.Schema(
    {
        "table": pl.String(),
        "file": pl.String(),
        "sha256": pl.String(),
        "size_bytes": pl.Int64(),
        "status": pl.String(),
        "read_rows": pl.Int64(),
        "bad_rows": pl.Int64(),
        "overlapping_rows": pl.Int64(),
        "duplicate_rows": pl.Int64(),
        "new_rows": pl.Int64(),
        "reason": pl.String(),
        "ignored_columns": pl.String(),
        "ingested_at": pl.Datetime("us", "UTC"),
    },
)


@dataclass(frozen=True)
class Outcome:
    """What became of one delivered file.

    `status` is `ingested`, `known` (delivered before) or `refused`, and then `reason` says why. Of the rows read some
    were bad, some overlap with raw events, some were there already, and the rest is new.
    """

    file: LandingFile
    status: str = "ingested"
    read_rows: int = 0
    bad_rows: int = 0
    overlapping_rows: int = 0
    duplicate_rows: int = 0
    new_rows: int = 0
    reason: str | None = None
    ignored: tuple[str, ...] = ()
    zoneless: tuple[str, ...] = ()

    @property
    def good_rows(self) -> int:
        """Rows that may go into the lake, whether or not they are there already."""
        return self.read_rows - self.bad_rows - self.overlapping_rows

    @property
    def source(self) -> str:
        """The name under which this file's rows are in quarantine: the same bytes have the same faults."""
        return f"{self.file.contract.name}:{self.file.sha256}"

    @property
    def entry(self) -> str:
        """The name under which this outcome is in the log: a refused file may be taken in later."""
        return f"{self.source}:{self.status}"


def logged(outcomes: Sequence[Outcome], ingested_at: datetime) -> pl.DataFrame:
    """The outcomes as rows of the lake's log."""
    found = [
        (
            *(one.file.contract.name, one.file.name, one.file.sha256, one.file.size, one.status),
            *(one.read_rows, one.bad_rows, one.overlapping_rows, one.duplicate_rows, one.new_rows),
            *(one.reason, ", ".join(one.ignored) or None, ingested_at),
        )
        for one in outcomes
    ]
    return pl.DataFrame(found, schema=INGEST_LOG, orient="row")
