"""A season as files: a landing zone of Parquet, CSV and NDJSON, and the truth beside it."""

from pathlib import Path
from typing import Literal

import polars as pl

from features.season.simulate import Season

Format = Literal["parquet", "csv", "ndjson"]
# Three formats, so that a season exercises every reader; what is large goes in Parquet.
FORMATS: dict[str, Format] = {"suppliers": "csv", "stock": "csv", "returns": "ndjson"}
ISO = "%Y-%m-%dT%H:%M:%S%.6f%:z"


def write_landing(season: Season, folder: Path) -> list[Path]:
    """Write one file per table that has rows, under its final name only once it is whole; nothing else is written.

    A column that is null throughout and named `received_at` is left out, as most exporters leave it out.
    """
    return [
        _written(_exported(frame), folder / name / f"season.{FORMATS.get(name, 'parquet')}")
        for name, frame in season.tables.items()
        if frame.height
    ]


def write_truth(season: Season, path: Path) -> Path:
    """Write what only the dice know to a Parquet file of its own, which must not lie in the landing zone."""
    return _written(season.truth, path)


def _exported(frame: pl.DataFrame) -> pl.DataFrame:
    received = frame["received_at"]
    return frame.drop("received_at") if received.null_count() == frame.height else frame


def _written(frame: pl.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"_{path.name}")
    _write(frame, unfinished)
    unfinished.replace(path)
    return path


def _write(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.write_parquet(path)
        return
    text = frame.with_columns(pl.col(pl.Datetime).dt.strftime(ISO))
    if path.suffix == ".csv":
        text.write_csv(path)
    else:
        text.write_ndjson(path)
