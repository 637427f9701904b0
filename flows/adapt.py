"""Somebody's export becomes landing tables: one SELECT a table, run by DuckDB over the raw files."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from features.contracts import TABLES
from flows.adapter import AdapterError, Select, columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["AdapterError", "Written", "adapt"]

LOG = logging.getLogger("baokuan")
THREADS = 2
MEMORY = "2GB"


@dataclass(frozen=True)
class Written:
    """One landing table that was written, where it lies and how many rows it has."""

    table: str
    rows: int
    path: Path


def adapt(source_dir: Path, raw_dir: Path, landing_dir: Path) -> list[Written]:
    """Turn an export into landing tables, as the SQL files of its source say.

    `source_dir` holds `TABLE.sql` for each landing table, and `_NAME.sql` for what several of them share: it runs first
    and is read as the table NAME. In SQL, `raw('daily.parquet')` is the path of a raw file; nothing else can be read.
    No table is replaced before all could be made. The same export gives the same bytes.

    Raises:
        AdapterError: a folder or raw file is not there, the SQL cannot be run or is no SELECT, or what it
            selects is not what the contract of its table names.
    """
    shared, tables = _selects(source_dir)
    if not raw_dir.is_dir():
        raise AdapterError(f"{raw_dir}: no such folder; expected the folder of the raw export")
    is_new = not landing_dir.exists()
    try:
        landing_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".adapt-", dir=landing_dir) as scratch:
            counts = _staged(shared, tables, raw_dir, Path(scratch))
            return [_published(Path(scratch), landing_dir, table, rows) for table, rows in counts.items()]
    except AdapterError:
        if is_new and not any(landing_dir.iterdir()):
            landing_dir.rmdir()
        raise
    except OSError as error:
        raise AdapterError(f"{error.filename or landing_dir}: cannot be written: {error.strerror}") from None


def _selects(source_dir: Path) -> tuple[list[Select], list[Select]]:
    """The SQL files of a source: those that are shared, and those of landing tables."""
    if not source_dir.is_dir():
        raise AdapterError(f"{source_dir}: no such folder; expected one SQL file for each landing table")
    paths = sorted(source_dir.glob("[!.]*.sql"))
    shared = [Select(path, path.stem[1:]) for path in paths if path.stem.startswith("_")]
    tables = [Select(path, path.stem) for path in paths if not path.stem.startswith("_")]
    if not tables:
        raise AdapterError(f"{source_dir}: no SQL files; expected one for each landing table, such as sessions.sql")
    for select in tables:
        if select.name not in TABLES:
            expected = f"expected one of {', '.join(TABLES)}"
            raise AdapterError(f"{select.path}: no landing table is called {select.name}; {expected}")
    names = {select.name for select in tables}
    if missing := [name for name, table in TABLES.items() if table.required and name not in names]:
        LOG.warning("not in this source, but required: %s", ", ".join(missing))
    return shared, tables


@contextmanager
def _database(raw_dir: Path, scratch: Path) -> Iterator["DuckDBPyConnection"]:
    """A database in memory that reads below the raw folder and nowhere else, installs nothing and needs no network."""
    import duckdb

    raw, spill = _quoted(raw_dir.resolve()), _quoted(scratch.resolve())
    with duckdb.connect(
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    ) as database:
        database.execute(f"CREATE TEMP MACRO raw(name) AS {raw} || '/' || name")
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET enable_progress_bar = false")  # it would be drawn among the results
        database.execute(f"SET temp_directory = {spill}")
        database.execute(f"SET allowed_directories = [{raw}, {spill}]")
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        yield database


def _staged(shared: list[Select], tables: list[Select], raw_dir: Path, scratch: Path) -> dict[str, int]:
    """Write every table beside its place and count its rows."""
    with _database(raw_dir, scratch) as database:
        for select in shared:
            LOG.info("preparing %s …", select.name)
            select.keep(database)
        return {select.name: _copied(database, select, scratch / f"{select.name}.parquet") for select in tables}


def _copied(database: "DuckDBPyConnection", select: Select, path: Path) -> int:
    """Write what a SELECT finds to a Parquet file, sorted by its key, and count its rows."""
    LOG.info("selecting %s …", select.name)
    select.view(database)
    query = f"SELECT {', '.join(columns(select, database))} FROM selected ORDER BY ALL"  # noqa: S608, contract's names
    copied = select.run(database, f"COPY ({query}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd)")
    rows = int(copied[0][0])
    LOG.info("selected %s: %d rows", select.name, rows)
    return rows


def _published(scratch: Path, landing_dir: Path, table: str, rows: int) -> Written:
    """Move a finished file to its place in the landing zone, in one step."""
    staged, path = scratch / f"{table}.parquet", landing_dir / table / "part-0.parquet"
    path.parent.mkdir(exist_ok=True)
    with staged.open("rb") as file:
        os.fsync(file.fileno())
    staged.replace(path)
    return Written(table, rows, path)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
