"""Something that is not as it should be, with what to do about it."""

from dataclasses import dataclass
from enum import Enum

RUNBOOK = "docs/runbook.md"


class Kind(Enum):
    """What may be found: the anchor of its chapter in the runbook, and what to do in a few words."""

    LAKE_DAMAGED = "lake-damaged", "stop all runs on this home and mend the file that is named"
    CHECKPOINT_DAMAGED = "checkpoint-damaged", "move the checkpoint away and run `baokuan maintain`"
    PREDICTOR_COPY = "predictor-copy", "remove the copy; the next run fetches it anew"
    NO_PREDICTOR = "no-predictor", "run `baokuan train`"
    BASELINE_SERVES = "baseline-serves", "nothing now; look at what `baokuan monitor` says"
    SERVER_AWAY = "server-away", "start the server, or mend the address in the environment"
    SERVER_OPEN = "server-open", "start the server anew on loopback and with credentials"
    NOT_SCHEDULED = "not-scheduled", "see that the server runs its scheduler and the deployment is not paused"
    RUN_LATE = "run-late", "see that a worker runs and polls this pool"
    RUN_FAILED = "run-failed", "read the log of that run"
    RUN_ORPHANED = "run-orphaned", "see whether it still runs; if not, delete the run"
    OTHER_VERSION = "other-version", "install from requirements.lock again"
    DISK_FULL = "disk-full", "make room: `baokuan maintain`, then old logs and papers"
    CLOCK_WRONG = "clock-wrong", "let NTP set the clock"
    FUTURE_ROWS = "future-rows", "have the exporter's clock or time zone mended"
    TABLE_OLD = "table-old", "see whether the exporter delivers, and whether `ingest` takes it in"
    NOT_DELIVERED = "not-delivered", "have the exporter deliver the table"

    @property
    def anchor(self) -> str:
        """Its chapter in the runbook."""
        return str(self.value[0])

    @property
    def to_do(self) -> str:
        """What helps, in a few words."""
        return str(self.value[1])


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: what it is.
        what: the fact, with names and numbers.
        bad: whether somebody must act; else it is only told.
    """

    kind: Kind
    what: str
    bad: bool = True

    def __str__(self) -> str:
        return f"{'' if self.bad else 'note: '}{self.what}; {self.kind.to_do}; {RUNBOOK}#{self.kind.anchor}"
