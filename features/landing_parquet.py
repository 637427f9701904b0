"""Parquet files, read in batches; what a file says of itself is weighed before any of it is unpacked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.landing_settings import IngestSettings
from features.quarantine import FAULTS, FileRefusedError
from features.raw import ROW, Allowance, Raw, narrow

_CELL_BYTES = 8


def header(path: Path, settings: IngestSettings) -> pl.Schema:
    """The columns that the file declares, as they will be read.

    Raises:
        FileRefusedError: torn, no Parquet, or a content larger or wider than allowed.
    """
    with _opened(path) as file:
        narrow(file.metadata.num_columns)
        weight = sum(file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups))
        cells = file.metadata.num_rows * len(file.schema_arrow) * _CELL_BYTES
        _allowance(path, settings).spend(max(weight, cells))
        names = file.schema_arrow.names
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise FileRefusedError(f"column {min(twice)} stands in the file twice")
        return pl.Schema({field.name: _polars(field.type) for field in file.schema_arrow})


def rows(path: Path, names: Sequence[str], settings: IngestSettings) -> Iterator[Raw]:
    """The file's rows, a batch at a time.

    Raises:
        FileRefusedError: the file turns out to be damaged, or larger than allowed.
    """
    allowance = _allowance(path, settings)
    done, spent = 0, 0
    with _opened(path, _repeating(path, names)) as file:
        for batch in file.iter_batches(batch_size=settings.batch_rows, columns=list(names)):
            spent += sum(_decoded_bytes(column) for column in batch.columns)
            allowance.spend(spent)
            columns = [pl.Series(name, _plain(batch.column(name))) for name in names]
            yield Raw(pl.DataFrame(columns).with_row_index(ROW, done + 1), FAULTS.to_frame())
            done += batch.num_rows


def void(path: Path, name: str, settings: IngestSettings) -> bool:
    """Whether a column is null from top to bottom; looked up in the rows, since not every writer keeps statistics.

    Raises:
        FileRefusedError: the file turns out to be damaged.
    """
    with _opened(path) as file:
        batches = file.iter_batches(batch_size=settings.batch_rows, columns=[name])
        return all(batch.column(name).null_count == batch.num_rows for batch in batches)


@contextmanager
def _opened(path: Path, repeating: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, read_dictionary=list(repeating)) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"is no readable Parquet file: {str(error).splitlines()[0][:200]}") from None


def _allowance(path: Path, settings: IngestSettings) -> Allowance:
    return Allowance(path.stat().st_size, settings.max_expanded_bytes, settings.max_expansion)


def _repeating(path: Path, names: Sequence[str]) -> list[str]:
    """Text columns stored as a dictionary: left so, a long value that repeats cannot fill the memory."""
    with _opened(path) as file:
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        chunks = [group.column(column) for group in groups for column in range(group.num_columns)]
        stored = {c.path_in_schema for c in chunks if {"RLE_DICTIONARY", "PLAIN_DICTIONARY"} & set(c.encodings)}
        return [name for name in names if name in stored and _is_text(file.schema_arrow.field(name).type)]


def _decoded_bytes(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.take(pc.cast(lengths, pa.int64()), column.indices)).as_py() or 0)


def _plain(column: pa.Array) -> pa.Array:
    """The array with one of the few types that cells are read from, its text checked to be UTF-8."""
    kind = column.type
    if column.null_count == len(column):
        return pa.nulls(len(column))
    if pa.types.is_dictionary(kind):
        column.dictionary.validate(full=True)
        return column.cast(kind.value_type)
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", "UTC"), safe=False)
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return column.cast(pa.float64())
    if _is_text(kind):
        column.validate(full=True)
    return column


def _polars(kind: pa.DataType) -> pl.DataType:
    """The polars type that an array becomes, `Object` for those that no column of ours can be read from."""
    if pa.types.is_dictionary(kind):
        return _polars(kind.value_type)
    if _is_text(kind):
        return pl.String()
    if pa.types.is_timestamp(kind):
        return pl.Datetime("us", None if kind.tz is None else "UTC")
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pl.Float64()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        return pl.Series(pa.array([], kind)).dtype
    return pl.Object()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
