"""A workbook that somebody sent, weighed before anything in it is unpacked: any file may come by that name.

A workbook is a ZIP archive of XML. What a few bytes can swell to is known before: by the sizes that the archive states
(Python unpacks no more of a part than it states), by the number of tags, and by refusing XML that declares a document
type, without which there are no entities to expand or to fetch.
"""

import io
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

_OLD_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = 0x1
_PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others may unpack a block to any size at once, and no program writes workbooks with them."""


class WorkbookError(ValueError):
    """A file that is not a merchant's list sent back; says what was found and what to send."""


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be: many times what a merchant's list of twenty thousand lines takes."""

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 100_000_000
    parts: int = 2_000
    tags: int = 8_000_000
    rows: int = 20_000
    columns: int = 200


LIMITS = Limits()


def weighed(content: bytes, limits: Limits = LIMITS) -> bytes:
    """The content itself, once it is known to be an archive that can be unpacked safely.

    Raises:
        WorkbookError: no archive, too large packed or unpacked, locked, damaged, or its XML declares entities.
    """
    if len(content) > limits.file_bytes:
        raise WorkbookError(f"has more than the {limits.file_bytes:,} bytes allowed: send the list alone")
    if content.startswith(_OLD_OR_LOCKED):
        raise WorkbookError("is an old .xls file or locked by a password: save it as .xlsx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _small(archive.infolist(), limits)
            _plain(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError):
        raise WorkbookError("is no XLSX workbook, or a damaged one: save it as .xlsx and send it again") from None
    return content


def _small(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise WorkbookError("is locked by a password: save it without one")
    if any(part.compress_type not in _PLAIN_METHODS for part in parts):
        raise WorkbookError("is packed in a way that workbooks are not: save it as .xlsx and send it again")
    if len(parts) > limits.parts or any(count > 1 for count in Counter(part.filename for part in parts).values()):
        raise WorkbookError(f"holds a part twice, or more than {limits.parts:,} parts, as no workbook does")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked_bytes:
        raise WorkbookError(f"unpacks to {unpacked:,} bytes, more than the {limits.unpacked_bytes:,} allowed")


def _plain(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Look at every part, whatever its name says: which ones are read is for the archive itself to say."""
    tags = 0
    for part in archive.infolist():
        content = archive.read(part)
        tags += content.count(b"<")
        if tags > limits.tags:
            raise WorkbookError(f"has more than the {limits.tags:,} tags allowed: send the list alone")
        _without_entities(content)


def _without_entities(content: bytes) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return  # a picture, say; if it is a part that must be XML, reading it will fail


def _refused(*_: object) -> NoReturn:
    raise WorkbookError("holds XML that declares a document type, as no workbook does")
