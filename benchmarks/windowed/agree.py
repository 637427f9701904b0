"""Every value of ours beside DuckDB's and beside a slow count; ends with an error at the first that differs.

    python benchmarks/windowed/agree.py --world out/benchmarks/1000000-events-seed-7

Up to a million events all days and rows are compared; of larger worlds every eighth day between ours and DuckDB, and
a sample of its rows with the slow count.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from asked import LENGTHS, names
from candidate import ACTION, Task
from in_duckdb import statements
from oracle import counted

from features.ingredient import Ingredient
from features.windows import windowed

ALL_UP_TO = 1_000_000  # events
SAMPLE = 500  # rows of a day
EVERY = 8  # days


class DisagreementError(AssertionError):
    """Two candidates found different values."""


def ours(actions: pl.DataFrame, rows: pl.DataFrame, windows: Sequence[str]) -> pl.DataFrame:
    return windowed(actions, rows, [Ingredient.parse(name) for name in names(windows, viewers=True)])


def in_duckdb(actions: Path, rows: Path, windows: Sequence[str]) -> pl.DataFrame:
    with duckdb.connect(config={"threads": 2}) as connection:
        for statement in statements([str(actions)], [str(rows)], windows, viewers=True):
            connection.execute(statement)
        return connection.sql("SELECT * EXCLUDE row FROM result ORDER BY row").pl()


def compare(name: str, found: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Raise DisagreementError unless both hold the same Int64 columns, whatever their order, and the same values."""
    if sorted(found.columns) != sorted(expected.columns) or found.height != expected.height:
        raise DisagreementError(f"{name}: {found.shape} and {expected.shape}, or other columns")
    for column in expected.columns:
        same = found[column].equals(expected[column], check_dtypes=True, null_equal=True)
        if not same:
            row = int((found[column].ne_missing(expected[column])).arg_max() or 0)
            raise DisagreementError(
                f"{name}: {column} is {found[column][row]} ({found[column].dtype}) in row {row},"
                f" and should be {expected[column][row]} ({expected[column].dtype})"
            )


def day(paths: tuple[Path, Path], windows: Sequence[str], sample: int | None) -> int:
    """Compare one day's values; returns how many of its rows were counted the slow way."""
    actions = pl.read_parquet(paths[0], columns=list(ACTION))
    rows = pl.read_parquet(paths[1]).select("session", "product", minute=pl.col("cutoff") // 60_000_000)
    found = ours(actions, rows, windows)
    compare("ours and DuckDB's", found, in_duckdb(*paths, windows))
    picked = np.arange(rows.height)
    if sample is not None:
        picked = np.sort(np.random.default_rng(0).choice(rows.height, min(sample, rows.height), replace=False))
    compare("ours and the slow count", found[picked], counted(actions, rows[picked], windows))
    return len(picked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--cutoffs", type=int, default=4)
    parser.add_argument("--windows", nargs="+", default=list(LENGTHS))
    arguments = parser.parse_args()
    task = Task(arguments.world, arguments.cutoffs, tuple(arguments.windows), threads=2)
    whole = task.events <= ALL_UP_TO
    days = list(zip(task.actions, task.rows, strict=True))[:: 1 if whole else EVERY]
    slow = sum(day(paths, task.windows, None if whole else SAMPLE) for paths in days)
    columns = len(names(task.windows, viewers=True))
    print(json.dumps({"days": len(days), "of": len(task.actions), "columns": columns, "rows_counted_slowly": slow}))


if __name__ == "__main__":
    main()
