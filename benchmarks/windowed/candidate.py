"""One measurement in a process of its own: reads a world's files, builds all columns of all rows, tells what it took.

    python benchmarks/windowed/candidate.py engine --world out/benchmarks/1000000-events-seed-7

Prints one line of JSON: seconds of wall clock and of CPU from the first file to the last column (imports left out),
the number of rows, and each column's sum; with `--exact` also a sum weighted by row, in which no two rows can be
exchanged. Libraries are imported where they are used, so that no candidate carries another's.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACTION = ("session", "product", "viewer", "kind", "known")
BATCH = 2_500_000  # events and some more a cutoff that DuckDB takes at once, from several small days: fewer statements


@dataclass(frozen=True)
class Task:
    """What to compute, from which files."""

    world: Path
    cutoffs: int
    windows: tuple[str, ...]
    threads: int

    @property
    def actions(self) -> list[Path]:
        return sorted((self.world / "actions").glob("*.parquet"))

    @property
    def rows(self) -> list[Path]:
        return sorted((self.world / f"rows-{self.cutoffs}").glob("*.parquet"))

    @property
    def events(self) -> int:
        return int(json.loads((self.world / "world.json").read_text())["events"])


@dataclass
class Told:
    """Sums of all columns so far."""

    exact: bool
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    weighted: dict[str, int] = field(default_factory=dict)

    def add(self, sums: dict[str, int]) -> None:
        for name, value in sums.items():
            self.sums[name] = self.sums.get(name, 0) + int(value)

    def weigh(self, frame: Any) -> None:
        """Add a frame's rows, in the order of the files."""
        import numpy as np

        place = np.arange(self.rows, self.rows + frame.height, dtype=np.uint64)
        weight = ((place + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
        weight ^= weight >> np.uint64(32) << np.uint64(1)
        for name in frame.columns:
            more = int((frame[name].to_numpy().astype(np.uint64) * weight).sum())
            self.weighted[name] = (self.weighted.get(name, 0) + more) % 2**64


def scan(task: Task, told: Told) -> Iterator[None]:
    """All seven columns of all files, read and held."""
    import polars as pl

    yield
    for path in task.actions:
        told.rows += pl.read_parquet(path).height


def _engine(*, viewers: bool) -> Callable[[Task, Told], Iterator[None]]:
    def engine(task: Task, told: Told) -> Iterator[None]:
        import polars as pl
        from asked import names

        from features.ingredient import Ingredient
        from features.windows import windowed

        wanted = [Ingredient.parse(name) for name in names(task.windows, viewers=viewers)]
        yield
        for actions, rows in zip(task.actions, task.rows, strict=True):
            found = windowed(
                pl.read_parquet(actions, columns=list(ACTION)),
                pl.read_parquet(rows).select("session", "product", minute=pl.col("cutoff") // 60_000_000),
                wanted,
            )
            told.add(found.sum().row(0, named=True))
            if told.exact:
                told.weigh(found)
            told.rows += found.height

    return engine


def _duckdb(*, viewers: bool) -> Callable[[Task, Told], Iterator[None]]:
    def in_duckdb(task: Task, told: Told) -> Iterator[None]:
        import duckdb
        from in_duckdb import statements

        yield
        connection = duckdb.connect(config={"threads": task.threads})
        days = max(1, round(BATCH * len(task.actions) / (task.events * (1 + task.cutoffs / 16))))
        for first in range(0, len(task.actions), days):
            files = [[str(p) for p in paths[first : first + days]] for paths in (task.actions, task.rows)]
            for statement in statements(files[0], files[1], task.windows, viewers=viewers):
                connection.execute(statement)
            found = connection.execute("SELECT count(*), sum(COLUMNS(* EXCLUDE row)) FROM result")
            names = [column[0] for column in found.description][1:]
            rows, *sums = found.fetchall()[0]
            told.add(dict(zip(names, sums, strict=True)))
            if told.exact:
                told.weigh(connection.sql("SELECT * EXCLUDE row FROM result ORDER BY row").pl())
            told.rows += rows

    return in_duckdb


CANDIDATES = {
    "scan": scan,
    "engine": _engine(viewers=True),
    "engine-sums": _engine(viewers=False),
    "duckdb": _duckdb(viewers=False),
    "duckdb-distinct": _duckdb(viewers=True),
}


def used() -> float:
    """Seconds of CPU so far, the system's and children's among them."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--cutoffs", type=int, default=4)
    parser.add_argument("--windows", nargs="+", default=["1m", "5m", "15m", "30m", "ever"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--exact", action="store_true")
    arguments = parser.parse_args()
    task = Task(arguments.world, arguments.cutoffs, tuple(arguments.windows), arguments.threads)
    told = Told(arguments.exact)
    running = CANDIDATES[arguments.candidate](task, told)
    next(running)  # imports
    wall, cpu = time.perf_counter(), used()
    for _ in running:
        pass
    result = {"wall_s": time.perf_counter() - wall, "cpu_s": used() - cpu, "rows": told.rows, "sums": told.sums}
    print(json.dumps(result | ({"weighted": told.weighted} if told.exact else {})))


if __name__ == "__main__":
    main()
