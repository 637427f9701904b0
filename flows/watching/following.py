"""A landing zone followed as files arrive: each is taken once, whole, and only when nobody writes it any more."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from math import inf
from pathlib import Path

from features.feed.arrival import Clock
from features.landing_files import LandingFile
from features.quarantine import FileRefusedError
from flows.watching.batch import Batch, Status, TakenFile
from flows.watching.folder import Found, looked
from flows.watching.reading import Reader, Unchecked
from flows.watching.settings import Pace
from flows.watching.settling import Settling, half
from flows.watching.taken import Taken

LOG = logging.getLogger("baokuan.watch")
_THOROUGH_SECONDS = 5.0  # within which a file is noticed that was taken and then written over


class _Not(Enum):
    """Why a file is not taken: its content is known, or it may still be written."""

    NEW = "known"
    WHOLE = "later"


_Tried = tuple[TakenFile, Unchecked] | _Not


@dataclass(eq=False)
class Following:
    """The new files of a landing zone.

    On the `wall` clock all that is new and whole is one batch. On the `data` clock, for replays of zones that are
    complete, files are taken in order of their stem, all files of one stem in one batch, whatever their table: the same
    batches however often it is tried. A stem that looks torn holds up those behind it.

    Attributes:
        landing: the landing zone.
        reader: by which rules rows are let in.
        taken: what has been taken; whoever keeps a batch adds its files to it, as `Journal.commit` does.
        pace: how long a file must lie unchanged.
        clock: as above.
    """

    landing: Path
    reader: Reader
    taken: Taken
    pace: Pace
    clock: Clock = "wall"
    _settling: Settling = field(init=False)
    _thorough: float = field(default=-inf, init=False)

    def __post_init__(self) -> None:
        self._settling = Settling(self.pace)

    def poll(self, now: float) -> Batch | None:
        """The next batch, None where nothing new is ready.

        A Parquet file is whole as soon as it can be read. A file of lines is, when it has not changed for
        `settle_seconds`. One that looks torn, since it cannot be read or its last line has no end, has
        `patience_seconds` to become whole; then what is good of it is taken and the rest quarantined.

        Args:
            now: seconds on a clock that never goes back.

        Raises:
            SourceAwayError: there is no such folder.
        """
        thoroughly = now >= self._thorough
        new = looked(self.landing, self.taken, thoroughly=thoroughly)
        self._thorough = now + _THOROUGH_SECONDS if thoroughly else self._thorough
        self._settling.note(new, now)
        return self._all(new, now) if self.clock == "wall" else self._next(new, now)

    def waiting(self) -> int:
        """How many files were there at the last look and are not taken: not whole yet, or for a batch to come.

        A replay has ended when nothing is polled and nothing waits.
        """
        return sum(not self.taken.unchanged(*one) for one in self._settling.seen())

    def _all(self, new: Sequence[Found], now: float) -> Batch | None:
        ready = _few((one for one in new if self._settling.ready(one, now)), self.pace.batch_bytes)
        return self._batch("", [self._tried(one, now) for one in ready])

    def _next(self, new: Sequence[Found], now: float) -> Batch | None:
        for stem, files in groupby(sorted(new, key=_stem), key=_stem):
            tried = [self._tried(one, now) for one in files]
            if _Not.WHOLE in tried:
                return None
            batch = self._batch(stem, tried)
            if batch is not None:
                return batch
        return None

    def _tried(self, one: Found, now: float) -> _Tried:
        if not self._settling.ready(one, now):
            return _Not.WHOLE
        file = one.landing()
        try:
            if self.taken.content(one.table, file.sha256):
                self.taken.same(one.name, one.version)
                return _Not.NEW
            read = self._read(one, file, patient=self._settling.patient(one, now))
        except OSError as error:
            LOG.warning("%s cannot be read and is left alone for now: %s", one.name, error.strerror)
            self._settling.unreadable(one, now)
            return _Not.WHOLE
        if read is None or one.now() != one.version:  # torn, or written while we read
            return _Not.WHOLE
        status: Status = "refused" if read.refused else "taken"
        return TakenFile(one.table, one.name, file.sha256, *one.version, status), read

    def _read(self, one: Found, file: LandingFile, *, patient: bool) -> Unchecked | None:
        if patient and half(file.path):
            self._settling.torn(one)
            return None
        try:
            return self.reader.file(file)
        except FileRefusedError as error:
            if not patient:
                return self.reader.refused(file, str(error))
            self._settling.torn(one)
            return None

    def _batch(self, name: str, tried: Sequence[_Tried]) -> Batch | None:
        """What was read, files with the same content once: the others will be known."""
        found = {one[0].source: one for one in reversed(tried) if not isinstance(one, _Not)}
        if not found:
            return None
        files, read = zip(*reversed(found.values()), strict=True)
        tables, bad = self.reader.checked(read)
        return Batch(name, tables, bad, files=files)


def _stem(one: Found) -> str:
    return one.stem


def _few(files: Iterable[Found], most_bytes: int) -> list[Found]:
    """The first files, up to the one with which they have so many bytes."""
    few: list[Found] = []
    total = 0
    for one in files:
        if total >= most_bytes:
            break
        few.append(one)
        total += one.version[0]
    return few
