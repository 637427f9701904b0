"""CSV files, read in batches as text; a line with too few or too many fields costs only itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv

from features.landing_settings import IngestSettings
from features.quarantine import FileRefusedError, faults
from features.raw import ROW, Raw

_BLOCK_BYTES = 16_000_000

Fault = tuple[int, str | None, str | None, str]


def header(path: Path, settings: IngestSettings) -> pl.Schema:
    """The columns that the first line names.

    Raises:
        FileRefusedError: no CSV, or a name that stands there twice.
    """
    with _opened(path, settings, _Lines()) as reader:
        names = reader.schema.names
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise FileRefusedError(f"column {min(twice)!r} stands in the header twice")
    return pl.Schema(dict.fromkeys(names, pl.String()))


def rows(path: Path, names: Sequence[str], settings: IngestSettings) -> Iterator[Raw]:
    """The file's rows, a batch at a time.

    Raises:
        FileRefusedError: a quote is never closed, or a line is longer than what is read at once.
    """
    lines = _Lines()
    with _opened(path, settings, lines, names) as reader:
        for batch in reader:
            numbers, torn = lines.numbered(batch.num_rows)
            texts = [_decoded(batch.column(name), name, numbers) for name in names]
            bad = {number for _, found in texts for number, *_ in found}
            frame = pl.DataFrame([pl.Series(ROW, numbers, dtype=pl.Int64), *(text for text, _ in texts)])
            found = faults([*torn, *(fault for _, found in texts for fault in found)])
            yield Raw(frame.filter(~pl.col(ROW).is_in(bad)) if bad else frame, found)
    if rest := lines.rest():
        yield Raw(pl.DataFrame(schema={ROW: pl.Int64(), **dict.fromkeys(names, pl.String())}), faults(rest))


class _Lines:
    """Which data rows were torn, and so which numbers the others have."""

    def __init__(self) -> None:
        self._torn: list[Fault] = []
        self._next = 1

    def __call__(self, line: csv.InvalidRow) -> str:
        reason = f"has {line.actual_columns} fields, expected {line.expected_columns}"
        self._torn.append((line.number - 1, None, line.text, reason))
        return "skip"

    def numbered(self, count: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[Fault]]:
        """The numbers of the next `count` whole rows, and the torn ones passed on the way."""
        candidates = np.arange(self._next, self._next + count + len(self._torn), dtype=np.int64)
        whole = candidates[~np.isin(candidates, [number for number, *_ in self._torn])][:count]
        self._next = int(whole[-1]) + 1 if count else self._next
        passed = [fault for fault in self._torn if fault[0] < self._next]
        self._torn = [fault for fault in self._torn if fault[0] >= self._next]
        return whole, passed

    def rest(self) -> list[Fault]:
        """The torn rows after the last whole one."""
        return self._torn


@contextmanager
def _opened(
    path: Path,
    settings: IngestSettings,
    lines: _Lines,
    names: Sequence[str] = (),
) -> Iterator[csv.CSVStreamingReader]:
    try:
        with csv.open_csv(
            path,
            read_options=csv.ReadOptions(
                use_threads=False,  # with threads the numbers of torn lines are not known
                block_size=max(_BLOCK_BYTES, settings.max_line_bytes),
            ),
            parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lines),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.binary()),  # as text one bad byte would refuse the whole file
                include_columns=list(names),
                null_values=[],
            ),
        ) as reader:
            yield reader
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"is no readable CSV file: {_clearer(error)}") from None


def _clearer(error: Exception) -> str:
    if "straddling" in str(error):
        return "a quote is never closed, or a line is longer than what is read at once"
    return str(error).splitlines()[0][:200]


def _decoded(cells: pa.Array, name: str, numbers: Sequence[int]) -> tuple[pl.Series, list[Fault]]:
    try:
        return pl.Series(name, cells.cast(pa.string()), dtype=pl.String), []
    except pa.ArrowInvalid:
        texts = [cell.decode("utf-8", "backslashreplace") for cell in cells.to_pylist()]
        bad = [
            (int(number), name, text, "is not UTF-8")
            for number, text, cell in zip(numbers, texts, cells.to_pylist(), strict=True)
            if text.encode() != cell
        ]
        return pl.Series(name, texts, dtype=pl.String), bad
