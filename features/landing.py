"""From somebody's files to rows that satisfy the contract, a batch at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from features import cells, landing_csv, landing_ndjson, landing_parquet
from features.contract import TableContract
from features.contracts import TABLES, Tables
from features.landing_files import LandingFile, survey
from features.landing_settings import IngestSettings
from features.quarantine import FileRefusedError
from features.raw import ROW, Raw
from features.sifting import Sifted, sift

_NAMES_SHOWN = 12

TRUSTING = IngestSettings(
    max_bad_share=1.0,
    keep_text=True,
    batch_rows=250_000,
    max_file_bytes=2**40,
    max_expanded_bytes=2**40,
    max_expansion=2.0**20,
    max_line_bytes=16_000_000,
    value_characters=200,
)
"""For files that we wrote ourselves."""


def _never(_path: Path, _name: str, _settings: IngestSettings) -> bool:
    return False


@dataclass(frozen=True)
class Format:
    """How one kind of file is read: its columns first, then its rows.

    `void` says of a column of a foreign type whether nothing stands in it, which text need not be asked. `sparse`
    formats may name a column for the first time in their last line.
    """

    header: Callable[[Path, IngestSettings], pl.Schema]
    rows: Callable[[Path, Sequence[str], IngestSettings], Iterator[Raw]]
    void: Callable[[Path, str, IngestSettings], bool] = _never
    sparse: bool = False


_NDJSON = Format(landing_ndjson.header, landing_ndjson.rows, sparse=True)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".parquet": Format(landing_parquet.header, landing_parquet.rows, landing_parquet.void),
        ".csv": Format(landing_csv.header, landing_csv.rows),
        ".ndjson": _NDJSON,
        ".jsonl": _NDJSON,
    },
)


@dataclass(frozen=True, eq=False)
class Opened:
    """A file whose columns fit its table.

    Attributes:
        ignored: columns of the file that the contract does not know.
        lacking: columns of the contract that the file does not have.
        zoneless: columns of instants without a zone, taken as UTC.
        batches: its rows, held against the contract as they are asked for.
    """

    ignored: tuple[str, ...]
    lacking: tuple[str, ...]
    zoneless: tuple[str, ...]
    batches: Iterator[Sifted]


def opened(file: LandingFile, settings: IngestSettings) -> Opened:
    """Look at a file's size and columns; its rows are read only as they are asked for.

    Raises:
        FileRefusedError: empty, too large, torn, or without a column that its table must have. Damage further inside
            a file is met, and raised, while its rows are read.
    """
    if file.size == 0:
        raise FileRefusedError("is empty: not even a header")
    if file.size > settings.max_file_bytes:
        raise FileRefusedError(f"has {file.size:,} bytes, more than the {settings.max_file_bytes:,} allowed")
    form = FORMATS[file.path.suffix.lower()]
    found = form.header(file.path, settings)
    known = pl.Schema({name: dtype for name, dtype in found.items() if name in file.contract.columns})
    _complete(file.contract, found)
    cells.readable(file.contract, known, lambda name: form.void(file.path, name, settings))
    names = list(file.contract.columns) if form.sparse else list(known)
    ignored = tuple(name for name in found if name not in known)
    lacking = tuple(name for name in file.contract.columns if name not in found)
    batches = (sift(file.contract, raw) for raw in form.rows(file.path, names, settings))
    return Opened(ignored, lacking, cells.zoneless(known), batches)


def load(landing: Path, settings: IngestSettings = TRUSTING) -> Tables:
    """Every table of a landing zone that fits in memory: good rows only, of files that can be read."""
    return {name: _whole(TABLES[name], files, settings) for name, files in survey(landing).files.items()}


def _whole(contract: TableContract, files: Sequence[LandingFile], settings: IngestSettings) -> pl.DataFrame:
    good = (sifted.rows.drop(ROW) for file in files for sifted in opened(file, settings).batches)
    return pl.concat([contract.empty(), *good], rechunk=True).unique(maintain_order=True)


def _complete(contract: TableContract, found: pl.Schema) -> None:
    missing = [name for name, column in contract.columns.items() if not column.optional and name not in found]
    if missing and found:
        shown = ", ".join(repr(name) for name in list(found)[:_NAMES_SHOWN])
        hint = "; is the separator a comma?" if len(found) == 1 else ""
        raise FileRefusedError(f"lacks column {', '.join(missing)}; found {shown[:400]}{hint}")
