"""The journal of a watch: every tick is kept before it is acted on, so that after a kill the next watch goes on there.

What was taken stands with the rows that it brought, in one folder that appears at once: a file or a row of a database
is taken exactly once, however often the process is killed.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.durable import folder, text
from flows.site import held
from flows.watching.batch import Cursor, TakenFile
from flows.watching.taken import Taken
from flows.watching.tick import Head, JournalError, Tick, numbers, place_of, read, read_head, unfinished, write

_LEDGER = "ledger.json"


@dataclass(frozen=True)
class _Ledger:
    """What must be known of ticks that are kept no more.

    Attributes:
        last: the last of them, None where there is none.
        files: all that they took, and what was passed over.
        cursors: how far each database table was read after them.
    """

    last: Head | None
    files: tuple[TakenFile, ...]
    cursors: Mapping[str, Cursor]

    @property
    def number(self) -> int:
        return 0 if self.last is None else self.last.number


class Journal:
    """The ticks of one home; use `kept` to write.

    Attributes:
        taken: the files that were ever taken.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._ledger = _read_ledger(place / _LEDGER)
        self._last = self._ledger.last
        self._cursors = dict(self._ledger.cursors)
        self.taken = Taken(self._ledger.files)
        self._aside = ThreadPoolExecutor(1)
        self._writing: Future[Head] | None = None
        for number in self.numbers():
            self._remember(read_head(place, number))

    @property
    def last(self) -> Head | None:
        """What is told of the last tick, forgotten or not; None before the first."""
        return self._last

    @property
    def dropped(self) -> Head | None:
        """What is told of the last tick that is kept no more; None where all are."""
        return self._ledger.last

    @property
    def next_number(self) -> int:
        """The number of the tick to come."""
        return 1 if self._last is None else self._last.number + 1

    @property
    def cursors(self) -> Mapping[str, Cursor]:
        """How far each database table has been read."""
        return self._cursors

    def numbers(self) -> list[int]:
        """The ticks that are kept, ascending; one that is being written is waited for."""
        if self._writing is not None:
            self._writing.result()
        return [number for number in numbers(self._place) if number > self._ledger.number]

    def ticks(self) -> Iterator[Tick]:
        """The ticks that are kept, in order, one in memory at a time."""
        return (read(self._place, number) for number in self.numbers())

    def begin(self, tick: Tick) -> None:
        """Begin to write a tick, while others do what need not wait for it.

        Raises:
            JournalError: it is not the next one, or its cutoff lies before that of the last.
        """
        if tick.head.number != self.next_number:
            raise JournalError(f"tick {tick.head.number} cannot be kept, expected {self.next_number}")
        if self._last is not None and tick.head.cutoff < self._last.cutoff:
            raise JournalError(f"the cutoff {tick.head.cutoff} lies before {self._last.cutoff}, that of the last tick")
        self._writing = self._aside.submit(write, tick, self._place)

    def commit(self) -> None:
        """Wait until the tick that was begun is kept: what it took is never taken again."""
        if self._writing is not None:
            self._remember(self._writing.result())
            self._writing = None

    def keep(self, tick: Tick) -> None:
        """Write a tick and wait until it is kept.

        Raises:
            JournalError: as for `begin`.
        """
        self.begin(tick)
        self.commit()

    def close(self) -> None:
        """Wait for what is being written, whatever comes of it."""
        self._aside.shutdown()

    def pass_over(self, files: Sequence[TakenFile]) -> None:
        """Files that are never to be taken, since the lake has them already."""
        self._settle(_Ledger(self._ledger.last, (*self._ledger.files, *files), self._ledger.cursors))
        self.taken.add(files)

    def forget(self, number: int) -> None:
        """Drop the rows of all ticks up to one, but not what they took: their sessions are over."""
        gone = [one for one in self.numbers() if one <= number]
        if not gone:
            return
        heads = [read_head(self._place, one) for one in gone]
        files = tuple(file for head in heads for file in head.files)
        cursors = {**self._ledger.cursors, **{name: one for head in heads for name, one in head.cursors.items()}}
        self._settle(_Ledger(heads[-1], (*self._ledger.files, *files), cursors))
        self.sweep()

    def sweep(self) -> None:
        """Remove what a kill left: ticks half written, and forgotten ones."""
        for path in unfinished(self._place):
            shutil.rmtree(path)
        for number in numbers(self._place):
            if number <= self._ledger.number:
                shutil.rmtree(place_of(self._place, number))

    def _remember(self, head: Head) -> None:
        self._last = head
        self._cursors |= head.cursors
        self.taken.add(head.files)

    def _settle(self, ledger: _Ledger) -> None:
        told = {
            "last": None if ledger.last is None else ledger.last.told(),
            "files": [list(vars(one).values()) for one in ledger.files],
            "cursors": {name: cursor.told() for name, cursor in ledger.cursors.items()},
        }
        text(self._place / _LEDGER, json.dumps(told))
        self._ledger = ledger


@contextmanager
def kept(home: Path) -> Iterator[Journal]:
    """The journal of a home, held for writing: a second watch waits until the first has ended, however that ends."""
    live = folder(home / "live")
    with held(live / ".lock"):
        journal = Journal(folder(live / "journal"))
        with closing(journal):
            journal.sweep()
            yield journal


def _read_ledger(path: Path) -> _Ledger:
    if not path.exists():
        return _Ledger(None, (), {})
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    last = None if told["last"] is None else Head.of(told["last"])
    files = tuple(TakenFile(*one) for one in told["files"])
    return _Ledger(last, files, {name: Cursor.of(one) for name, one in told["cursors"].items()})
