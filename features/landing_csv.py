"""CSV files, read in batches as text; a line with too few or too many fields costs only itself."""

import codecs
import csv as plain_csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
from pyarrow import csv

from features.landing_settings import IngestSettings
from features.quarantine import FileRefusedError, faults
from features.raw import ROW, Raw, narrow
from features.torn_lines import ANY_BYTES, PLAIN, Fault, TornLines, utf8

_BLOCK_BYTES = 16_000_000


def header(path: Path, settings: IngestSettings) -> pl.Schema:
    """The columns that the first line names.

    Raises:
        FileRefusedError: no CSV, too long or wide a first line, or a name that stands there twice.
    """
    narrow(_fields(path, settings.max_line_bytes))
    lines = TornLines(_encoding(path))
    with _opened(path, settings, lines) as reader:
        names = [utf8(lines.bytes_of(name.encode())) for name in reader.schema.names]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise FileRefusedError(f"column {min(twice)!r} stands in the header twice")
    return pl.Schema(dict.fromkeys(names, pl.String()))


def rows(path: Path, names: Sequence[str], settings: IngestSettings) -> Iterator[Raw]:
    """The file's rows, a batch at a time.

    Raises:
        FileRefusedError: a quote is never closed, or a line is longer than what is read at once.
    """
    lines = TornLines(_encoding(path))
    with _opened(path, settings, lines, names) as reader:
        for batch in reader:
            numbers, torn = lines.numbered(batch.num_rows)
            texts = [_decoded(lines, batch.column(name), name, numbers) for name in names]
            bad = {number for _, found in texts for number, *_ in found}
            frame = pl.DataFrame([numbers, *(text for text, _ in texts)])
            found = faults([*torn, *(fault for _, found in texts for fault in found)])
            yield Raw(frame.filter(~pl.col(ROW).is_in(bad)) if bad else frame, found)
    if rest := lines.rest():
        yield Raw(pl.DataFrame(schema={ROW: pl.Int64(), **dict.fromkeys(names, pl.String())}), faults(rest))


@contextmanager
def _opened(
    path: Path,
    settings: IngestSettings,
    lines: TornLines,
    names: Sequence[str] = (),
) -> Iterator[csv.CSVStreamingReader]:
    options = {
        "read_options": csv.ReadOptions(
            use_threads=False,  # with threads the numbers of torn lines are not known
            block_size=max(_BLOCK_BYTES, settings.max_line_bytes),
            encoding=lines.encoding,
        ),
        "parse_options": csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lines),
        "convert_options": csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),  # as text one bad byte would refuse the whole file
            include_columns=list(names),
            null_values=[],
        ),
    }
    try:
        with _past_the_mark(path) as file, csv.open_csv(file, **options) as reader:
            yield reader
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"is no readable CSV file: {_clearer(error)}") from None


def _clearer(error: Exception) -> str:
    if "straddling" in str(error):
        return "a quote is never closed, or a line is longer than what is read at once"
    return str(error).splitlines()[0][:200]


@contextmanager
def _past_the_mark(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        file.seek(len(codecs.BOM_UTF8) * (file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8))
        yield file


def _fields(path: Path, most: int) -> int:
    """How many fields the first line has, found without reading on."""
    with _past_the_mark(path) as file:
        text = StringIO(file.read(most + 1).decode("latin-1"), newline="")
    try:
        fields = len(next(plain_csv.reader(text), []))
    except plain_csv.Error as error:
        raise FileRefusedError(f"is no readable CSV file: {error}") from None
    if text.tell() > most:
        raise FileRefusedError(f"has a first line that is longer than {most:,} bytes")
    return fields


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return ANY_BYTES
    return PLAIN


def _decoded(lines: TornLines, cells: pa.Array, name: str, numbers: pl.Series) -> tuple[pl.Series, list[Fault]]:
    if lines.encoding == PLAIN:
        return pl.Series(name, cells.cast(pa.string()), dtype=pl.String), []
    written = [lines.bytes_of(cell) for cell in cells.to_pylist()]
    texts = [utf8(cell) for cell in written]
    bad: list[Fault] = [
        (number, name, text, "is not UTF-8")
        for number, text, cell in zip(numbers, texts, written, strict=True)
        if text.encode() != cell
    ]
    return pl.Series(name, texts, dtype=pl.String), bad
