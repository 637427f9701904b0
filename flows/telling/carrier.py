"""Carries alerts to one address: in order, patiently, and never more than a bounded number in memory."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from flows.telling.log import AlertLog
from flows.telling.message import Cut, Message, messages
from flows.telling.outbox import Outbox
from flows.telling.posting import Address, Answer
from flows.telling.settings import Hooks

LOG = logging.getLogger("baokuan.telling")


@dataclass(frozen=True)
class Clockwork:
    """Where time and chance come from.

    Attributes:
        now: the time, with an offset.
        chance: a number from 0 to 1, another each time.
    """

    now: Callable[[], datetime]
    chance: Callable[[], float]


@dataclass(frozen=True)
class Route:
    """All that a carrier needs to know of its way.

    Attributes:
        address: where to.
        cut: what may be told there.
        limits: how patiently.
        clockwork: time and chance.
    """

    address: Address
    cut: Cut
    limits: Hooks
    clockwork: Clockwork

    def wait_seconds(self, failures: int, answer: Answer) -> float:
        """How long to wait after so many failures in a row, with jitter; at least as long as asked, within bounds."""
        longest = self.limits.longest_wait_seconds
        doubled = min(longest, self.limits.backoff_seconds * 2.0 ** min(failures - 1, 40))
        return max(doubled * (1 + self.clockwork.chance()) / 2, min(answer.wait_seconds, longest))


class Carrier:
    """Takes alerts to one address. What does not fit into memory is read from the alert log when its turn comes."""

    def __init__(self, route: Route, outbox: Outbox, log: AlertLog) -> None:
        self._route, self._outbox, self._log = route, outbox, log
        self._ticks: deque[tuple[int, pl.DataFrame]] = deque()
        self._ready: deque[Message] = deque()
        self._attempts: Counter[str] = Counter()  # of those that could not be delivered yet
        self._unreached: set[str] = set()
        self._news, self._closing, self._behind = asyncio.Event(), False, True
        self._seen, self._rows, self._failures, self._said = outbox.through, 0, 0, ""
        self.delivered, self.refused = 0, 0

    @property
    def name(self) -> str:
        """How the log speaks of it."""
        return self._route.address.hook.name()

    @property
    def waiting(self) -> int:
        """How many alerts are in memory, and not yet delivered."""
        return len(self._ready) + self._rows + len(self._unreached - {one.name for one in self._ready})

    def offer(self, tick: int, alerts: pl.DataFrame) -> None:
        """Take a tick's alerts, which the log holds already."""
        if tick <= self._seen:
            return  # read from the log just before
        self._behind = self._behind or self._rows + alerts.height > self._route.limits.queue_alerts
        if not self._behind:
            self._ticks.append((tick, alerts))
            self._rows += alerts.height
        self._news.set()

    def close(self) -> None:
        """Stop when all is carried that can be."""
        self._closing = True
        self._news.set()

    async def carry(self) -> None:
        """Carry until closed."""
        async with self._route.address.client() as client:
            while await self._something():
                message = self._ready[0]
                if self._outbox.owes(message):
                    now = self._route.clockwork.now()
                    await self._settled(message, await self._route.address.post(client, message, now))
                else:
                    self._ready.popleft()
        self._mark(last=True)

    async def _something(self) -> bool:
        """Wait until there is something to carry; false when there will be nothing more."""
        while not self._ready:
            self._news.clear()
            if self._ticks:
                self._take(*self._ticks.popleft())
            elif self._behind:
                self._catch_up()
            elif self._closing:
                return False
            else:
                self._mark()
                await self._news.wait()
        return True

    def _mark(self, *, last: bool = False) -> None:
        if not self._unreached:
            self._outbox.mark(self._seen, last=last)

    def _take(self, tick: int, alerts: pl.DataFrame) -> None:
        self._rows -= alerts.height
        self._ready.extend(self._owed(tick, alerts))

    def _catch_up(self) -> None:
        """Read from the log what is owed, the oldest first, as much as fits."""
        most = self._route.limits.queue_alerts
        self._behind = False
        for message in self._from_log():
            if len(self._ready) == most:
                self._behind = True
                return
            self._ready.append(message)

    def _from_log(self) -> Iterator[Message]:
        kept = self._log.read(self._outbox.through)
        for (tick,), alerts in kept.partition_by("tick", maintain_order=True, as_dict=True).items():
            yield from self._owed(tick, alerts)

    def _owed(self, tick: int, alerts: pl.DataFrame) -> list[Message]:
        """What a tick still owes, without those that were tried so often that they wait for the next start."""
        self._seen = max(self._seen, tick)
        most = 2 * self._route.limits.retries
        found = messages(tick, self._route.cut(alerts))
        return [one for one in found if self._outbox.owes(one) and self._attempts[one.name] <= most]

    async def _settled(self, message: Message, answer: Answer) -> None:
        """Remember an answer, and wait where the address is not there."""
        if answer.verdict == "later":
            await self._put_off(message, answer)
            return
        self._outbox.record(message, answer.verdict, answer.reason, self._route.clockwork.now())
        self._ready.popleft()
        self._unreached.discard(message.name)
        self._attempts.pop(message.name, None)
        self._count(answer)
        self._behind = self._behind or (self._failures > 0 and bool(self._unreached))  # it is back: try those again
        self._failures = 0

    async def _put_off(self, message: Message, answer: Answer) -> None:
        self._failures += 1
        self._attempts[message.name] += 1
        self._say(answer)
        if self._attempts[message.name] > self._route.limits.retries:
            self._ready.popleft()
            self._outbox.record(message, "unreached", answer.reason, self._route.clockwork.now())
            self._unreached.add(message.name)
        await asyncio.sleep(self._route.wait_seconds(self._failures, answer))

    def _count(self, answer: Answer) -> None:
        self.delivered += answer.verdict == "delivered"
        self.refused += answer.verdict == "refused"
        self._say(answer)

    def _say(self, answer: Answer) -> None:
        """Tell the log where things have changed."""
        said = "" if answer.verdict == "delivered" else answer.reason
        if said != self._said:
            LOG.warning("webhook %s: %s; %d alerts wait", self.name, said or "is there again", self.waiting)
        self._said = said
