"""A small company whose rows come in as time goes on: a simulated season, cut by what was known when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from features.known import known_at
from features.season.settings import SeasonSettings
from features.season.simulate import simulate

BEFORE_DAYS = 45
"""What lies before the fortnight, to learn from."""


@dataclass(frozen=True, eq=False)
class World:
    """All rows that will ever come in, and when the fortnight begins: a business midnight."""

    tables: Mapping[str, pl.DataFrame]
    begin: datetime
    days: int

    @classmethod
    def made(cls, days: int, seed: int) -> "World":
        """A season of three rooms."""
        settings = replace(SeasonSettings.small(seed), days=BEFORE_DAYS + days)
        return cls(simulate(settings).tables, settings.start + timedelta(days=BEFORE_DAYS), days)

    def rows(self, since: datetime | None, until: datetime) -> dict[str, pl.DataFrame]:
        """What was learnt of from one instant up to another, the latter left out."""
        return {name: frame for name, frame in self._between(since, until) if frame.height}

    def _between(self, since: datetime | None, until: datetime) -> list[tuple[str, pl.DataFrame]]:
        known = [(name, frame.with_columns(known_at(name))) for name, frame in self.tables.items()]
        parts = [
            (name, frame.filter((pl.col("known_at") < until) & ((pl.col("known_at") >= since) if since else True)))
            for name, frame in known
        ]
        return [(name, frame.drop("known_at")) for name, frame in parts]


def deliver(rows: Mapping[str, pl.DataFrame], landing: Path, stem: str) -> list[Path]:
    """Write rows as files of a landing zone, each under its name only once it is whole."""
    written = []
    for name, frame in rows.items():
        path = landing / name / f"{stem}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path.with_name(f"_{path.name}"))
        written.append(path.with_name(f"_{path.name}").replace(path))
    return written
