"""Whether a file is still being written: how long it has lain unchanged, and whether it looks torn."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from flows.watching.folder import Found
from flows.watching.settings import Pace
from flows.watching.taken import Version

_TAIL_BYTES = 65_536


@dataclass
class _Seen:
    """A file that is not taken yet: its version, since when it has it, and whether it looked torn in it."""

    version: Version
    since: float
    torn: bool = False


@dataclass(eq=False)
class Settling:
    """The files that are not taken yet, watched from look to look.

    Only what we see ourselves counts: the clock of another machine may be wrong, and copies keep old dates.
    """

    pace: Pace
    _seen: dict[str, _Seen] = field(default_factory=dict, init=False)

    def note(self, new: Iterable[Found], now: float) -> None:
        """Remember what lies there now; what has changed starts to settle anew."""
        before = self._seen
        self._seen = {
            one.name: before[one.name]
            if one.name in before and before[one.name].version == one.version
            else _Seen(one.version, now)
            for one in new
        }

    def seen(self) -> list[tuple[str, Version]]:
        """Name and version of all that lay there at the last look and was not taken before it."""
        return [(name, one.version) for name, one in self._seen.items()]

    def ready(self, one: Found, now: float) -> bool:
        """Whether it is worth trying to read a file."""
        seen = self._seen[one.name]
        lines = 0.0 if one.path.lower().endswith(".parquet") else self.pace.settle_seconds
        return now - seen.since >= (self.pace.patience_seconds if seen.torn else lines)

    def patient(self, one: Found, now: float) -> bool:
        """Whether a file that looks torn may still become whole."""
        return now - self._seen[one.name].since < self.pace.patience_seconds

    def torn(self, one: Found) -> None:
        """A file looks torn: it is read again when it has changed, or when patience ends."""
        self._seen[one.name].torn = True

    def unreadable(self, one: Found, now: float) -> None:
        """A file may not be read: it is tried again when patience ends."""
        self._seen[one.name] = _Seen(one.version, now, torn=True)


def half(path: Path) -> bool:
    """Whether the last line of a file of lines has no end; one that is a JSON object needs none."""
    if path.suffix.lower() == ".parquet":
        return False
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    if tail.endswith(b"\n"):
        return False
    return path.suffix.lower() == ".csv" or not _is_object(tail.rpartition(b"\n")[2])


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
