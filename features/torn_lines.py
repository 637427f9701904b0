"""Lines of a CSV file that do not have as many fields as its header, and the numbers that the others have."""

import numpy as np
import polars as pl
from pyarrow import csv

from features.raw import ROW

PLAIN, ANY_BYTES = "utf8", "latin-1"

Fault = tuple[int, str | None, str | None, str]


class TornLines:
    """Which data rows were torn, and so which numbers the others have.

    A file that is not all UTF-8 is read byte for byte as if each were a letter, since the reader cannot tell of a torn
    line with other bytes in it.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._torn: list[Fault] = []
        self._next = 1

    def __call__(self, line: csv.InvalidRow) -> str:
        """Remember a line that the reader cannot take apart, and go on."""
        reason = f"has {line.actual_columns} fields, expected {line.expected_columns}"
        self._torn.append((line.number - 1, None, utf8(self.bytes_of(line.text.encode())), reason))
        return "skip"

    def bytes_of(self, text: bytes) -> bytes:
        """The bytes that stood in the file where the reader saw this text."""
        return text if self.encoding == PLAIN else text.decode("utf-8").encode(self.encoding)

    def numbered(self, count: int) -> tuple[pl.Series, list[Fault]]:
        """The numbers of the next `count` whole rows, and the torn ones passed on the way."""
        candidates = np.arange(self._next, self._next + count + len(self._torn), dtype=np.int64)
        whole = candidates[~np.isin(candidates, [number for number, *_ in self._torn])][:count]
        self._next = int(whole[-1]) + 1 if count else self._next
        passed = [fault for fault in self._torn if fault[0] < self._next]
        self._torn = [fault for fault in self._torn if fault[0] >= self._next]
        return pl.Series(ROW, whole, dtype=pl.Int64), passed

    def rest(self) -> list[Fault]:
        """The torn rows after the last whole one."""
        return self._torn


def utf8(written: bytes) -> str:
    """The text, other bytes spelt out."""
    return written.decode("utf-8", "backslashreplace")
