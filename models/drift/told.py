"""What a look at a predictor in service found, as rows that are kept: evidence, indices, scores and what was done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

MONITOR = pl.Schema(
    {
        "as_of": pl.Datetime("us", "UTC"),
        "predictor": pl.String(),
        "kind": pl.String(),
        "name": pl.String(),
        "value": pl.Float64(),
        "bound": pl.Float64(),
        "alarm": pl.Boolean(),
        "since": pl.Date(),
        "said": pl.String(),
    }
)
"""One row a finding: `kind` is features, calibration, coverage or feed (`value` is evidence, `bound` what is needed),
psi, action, or the scores of forecasts: expected (not over yet), promised and realised (over)."""


@dataclass(frozen=True)
class Finding:
    """One row of `MONITOR`, without whose it is."""

    kind: str
    name: str
    value: float | None = None
    bound: float | None = None
    alarm: bool = False
    since: date | None = None
    said: str | None = None


def table(findings: Iterable[Finding], as_of: datetime, predictor: str) -> pl.DataFrame:
    """The findings of one look as `MONITOR`."""
    rows = [
        (as_of, predictor, one.kind, one.name, one.value, one.bound, one.alarm, one.since, one.said) for one in findings
    ]
    return pl.DataFrame(rows, schema=MONITOR, orient="row")


def scores(kind: str, told: Mapping[str, float]) -> list[Finding]:
    """Scores by name, as findings."""
    return [Finding(kind, name, value) for name, value in told.items()]
