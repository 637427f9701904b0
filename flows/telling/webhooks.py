"""Posts alerts to other systems beside the watch: never in its way, and nothing is lost by a kill."""

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from flows.telling.carrier import Carrier, Clockwork, Route
from flows.telling.log import AlertLog
from flows.telling.message import Cut, tried
from flows.telling.outbox import Outbox
from flows.telling.posting import Address
from flows.telling.settings import Hook, Hooks
from flows.telling.signing import signer
from stocking.acts.advise import ALERTS

LOG = logging.getLogger("baokuan.telling")
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What the webhooks take from the world.

    Attributes:
        environment: holds the secrets.
        cut: for an audience and a reader, what of the alerts they may see.
        clockwork: time and chance.
        place: the folder of the outboxes, one file an address.
    """

    environment: Mapping[str, str] = field(repr=False)
    cut: Callable[[str, str | None], Cut]
    clockwork: Clockwork
    place: Path


class Webhooks:
    """All addresses, carried to by one thread. Open them before a watch's first tick: a new one is told what follows.

    Raises:
        SecretError: there is nothing to sign with.
        CutError: a cut leaves too little.
    """

    def __init__(self, log: AlertLog, hooks: Hooks, around: Surroundings) -> None:
        self._log, self._hooks, self._around = log, hooks, around
        self._routes = [self._route(hook) for hook in hooks.hooks]
        self._carriers: list[Carrier] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def __enter__(self) -> Self:
        """Begin, with what is still owed from before."""
        logging.getLogger("httpx").setLevel(logging.WARNING)  # else it logs whole addresses
        last = self._log.last_tick()
        self._carriers = [
            Carrier(route, Outbox(self._around.place / f"{_key(route.address.hook)}.ndjson", last), self._log)
            for route in self._routes
        ]
        if self._carriers:
            self._loop = asyncio.new_event_loop()
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Post what waits, for a bounded time; what is left then is posted after the next start."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(self._hooks.drain_seconds + _GRACE_SECONDS)
        for one in self._carriers:
            told = (one.name, one.delivered, one.refused, one.waiting)
            LOG.info("webhook %s: %d alerts delivered, %d refused, %d wait for the next start", *told)

    def carry(self, tick: int, alerts: pl.DataFrame) -> None:
        """Hand over a tick's alerts, which the log holds already; returns at once."""
        if self._loop and alerts.height:
            self._loop.call_soon_threadsafe(self._offer, tick, alerts)

    def _offer(self, tick: int, alerts: pl.DataFrame) -> None:
        for one in self._carriers:
            one.offer(tick, alerts)

    def _route(self, hook: Hook) -> Route:
        address = Address(hook, signer(hook, self._around.environment), self._hooks.timeout_seconds)
        cut = tried(self._around.cut(hook.audience, hook.reader), ALERTS)
        return Route(address, cut, self._hooks, self._around.clockwork)

    def _run(self) -> None:
        if self._loop:
            self._loop.run_until_complete(self._carry())
            self._loop.close()

    async def _carry(self) -> None:
        tasks = [asyncio.create_task(one.carry(), name=one.name) for one in self._carriers]
        for task in tasks:
            task.add_done_callback(_told_if_broken)
        await self._closing.wait()
        for one in self._carriers:
            one.close()
        _, late = await asyncio.wait(tasks, timeout=self._hooks.drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _told_if_broken(task: asyncio.Task[None]) -> None:
    """Say so at once if a carrier has stopped; the others go on, and so does the watch."""
    if not task.cancelled() and (error := task.exception()):
        said = "webhook %s: stopped; what it owes is posted after the next start"
        LOG.error(said, task.get_name(), exc_info=error)


def _key(hook: Hook) -> str:
    """The name of a hook's file: tells nothing of the address, and another audience or reader begins another."""
    told = json.dumps([hook.url.get_secret_value(), hook.audience, hook.reader])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
