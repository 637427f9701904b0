"""What became of each alert at one address: lines in a file, on the disk before anybody relies on them."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from flows.durable import folder, text
from flows.telling.message import Message

Outcome = Literal["delivered", "refused", "unreached"]
"""Delivered and refused ones are never sent again; unreached ones are."""

_MARK_EVERY_TICKS = 50  # a mark is a write to the disk; without one, a few more ticks are looked through after a kill


class Outbox:
    """Which alerts an address has had. What it has not, the alert log still holds.

    Attributes:
        through: all alerts of the ticks up to it are done with.
        settled: those of later ticks that are done with, by id.
    """

    def __init__(self, path: Path, last_tick: int) -> None:
        """Open it; one that is new owes only what is told after `last_tick`."""
        folder(path.parent)
        if not path.exists():
            text(path, _line({"through_tick": last_tick}))
        _cut_torn_end(path)
        self._path = path
        self.through, self.settled = _read(path)

    def record(self, message: Message, outcome: Outcome, reason: str, at: datetime) -> None:
        """Remember what became of an alert; the reason is our own words, never the receiver's."""
        told = {"alert_id": message.name, "tick": message.tick, "outcome": outcome, "reason": reason}
        self._write({**told, "at": at.isoformat()})
        if outcome != "unreached":
            self.settled.add(message.name)

    def owes(self, message: Message) -> bool:
        """Whether an alert is still to be sent."""
        return message.tick > self.through and message.name not in self.settled

    def mark(self, tick: int, *, last: bool = False) -> None:
        """Remember that nothing up to a tick is owed; written now and then, and at the `last`."""
        if tick - self.through >= (1 if last else _MARK_EVERY_TICKS):
            self._write({"through_tick": tick})
            self.through = tick
            self.settled.clear()

    def _write(self, told: dict[str, Any]) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(_line(told).encode("ascii"))
            os.fsync(file.fileno())


def _line(told: dict[str, Any]) -> str:
    return f"{json.dumps(told)}\n"


def _read(path: Path) -> tuple[int, set[str]]:
    through, done = 0, list[tuple[int, str]]()
    for line in path.read_text(encoding="ascii").splitlines():
        told = json.loads(line)
        through = max(through, told.get("through_tick", 0))
        if told.get("outcome") in {"delivered", "refused"}:
            done.append((told["tick"], told["alert_id"]))
    return through, {name for tick, name in done if tick > through}


def _cut_torn_end(path: Path) -> None:
    """A kill in the middle of a line leaves its beginning, which says nothing."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
