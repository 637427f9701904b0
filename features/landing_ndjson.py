"""NDJSON files, read in blocks of lines; a line that is no JSON object costs only itself."""

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from features.landing_settings import IngestSettings
from features.quarantine import FAULTS, FileRefusedError, faults
from features.raw import ROW, Raw, narrow

_BLOCK_BYTES = 16_000_000
_SAMPLE_LINES = 1_000
_FEW_LINES = 500
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n" + _BOM

Fault = tuple[int, str | None, str | None, str]


def header(path: Path, settings: IngestSettings) -> pl.Schema:
    """The names met in the first thousand lines.

    Raises:
        FileRefusedError: none of those lines is a JSON object, or there are more names than any table has.
    """
    names: dict[str, None] = {}
    lines = objects = 0
    for line in _sample(path, settings.max_line_bytes):
        found = _line(line, settings.max_line_bytes)
        lines += 1
        if isinstance(found, dict):
            objects += 1
            names |= dict.fromkeys(reversed(found))
            narrow(len(names))
    if lines and not objects:
        raise FileRefusedError(f"is no NDJSON file: of its first {lines} lines none is a JSON object")
    return pl.Schema(dict.fromkeys(names, pl.String()))


def rows(path: Path, names: Sequence[str], settings: IngestSettings) -> Iterator[Raw]:
    """The file's lines, a block at a time; a number becomes the text that was written."""
    with path.open("rb") as file:
        done, rest = 0, b""
        while block := file.read(_BLOCK_BYTES):
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > settings.max_line_bytes:
                rest = rest[: settings.max_line_bytes + 1]  # known to be too long: its end need not be kept
            yield from _raws(lines, done, names, settings.max_line_bytes)
            done += len(lines)
        yield from _raws([rest], done, names, settings.max_line_bytes)


def _sample(path: Path, most: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        for _ in range(_SAMPLE_LINES):
            line = file.readline(most + 1)
            if not line:
                return
            if line.strip(_BLANK):
                yield line.rstrip(b"\r\n")


def _raws(lines: list[bytes], done: int, names: Sequence[str], most: int) -> Iterator[Raw]:
    """Lines after the first `done`; halved where one is bad, until few enough to be read one by one."""
    if not lines:
        return
    whole = _fast(lines, names) if max(map(len, lines)) <= most else None
    if whole is not None:
        yield Raw(whole.with_row_index(ROW, done + 1), FAULTS.to_frame())
    elif len(lines) <= _FEW_LINES:
        yield _one_by_one(lines, done, names, most)
    else:
        half = len(lines) // 2
        yield from _raws(lines[:half], done, names, most)
        yield from _raws(lines[half:], done + half, names, most)


def _fast(lines: list[bytes], names: Sequence[str]) -> pl.DataFrame | None:
    try:
        whole = pl.read_ndjson(BytesIO(b"\n".join(lines)), schema=dict.fromkeys(names, pl.String()))
    except pl.exceptions.PolarsError:
        return None
    return whole if whole.height == len(lines) else None


def _one_by_one(lines: list[bytes], done: int, names: Sequence[str], most: int) -> Raw:
    found = [(number, _line(line, most)) for number, line in enumerate(lines, done + 1) if line.strip(_BLANK)]
    good = [(number, *(_text(one.get(name)) for name in names)) for number, one in found if isinstance(one, dict)]
    bad: list[Fault] = [
        (number, None, lines[number - done - 1][:10_000].decode("utf-8", "backslashreplace"), one)
        for number, one in found
        if isinstance(one, str)
    ]
    schema = {ROW: pl.Int64(), **dict.fromkeys(names, pl.String())}
    return Raw(pl.DataFrame(good, schema=schema, orient="row"), faults(bad))


def _line(line: bytes, most: int) -> dict[str, Any] | str:
    return f"is longer than {most:,} bytes" if len(line) > most else _object(line.removeprefix(_BOM))


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        found = json.loads(line.decode("utf-8"), **_AS_WRITTEN)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        return f"is no JSON: {error}"[:200]
    return found if isinstance(found, dict) else "is no JSON object"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _float(written: str) -> str:
    number = float(written)
    return str(int(number)) if number.is_integer() else repr(number)


_AS_WRITTEN: dict[str, Any] = {
    "parse_constant": _no_constant,
    "parse_float": _float,
    "parse_int": str,
    "object_pairs_hook": lambda pairs: dict(reversed(pairs)),  # the first of two equal names counts, as in polars
}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
