"""Shows alerts in Prefect: an event each, and a page of the latest; from its own thread, since a server may be slow."""

import contextvars
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
import polars as pl
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.events import emit_event
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run

from flows.telling.settings import Shown
from flows.telling.showing import Row, event, latest

LOG = logging.getLogger("baokuan.telling")
KEY = "alerts"
_ANSWER_SECONDS = 10.0


class InPrefect:
    """The alerts of one watch, for people who look at Prefect. What is missed here, the alert log still has."""

    def __init__(self, shown: Shown, clock: Callable[[], float] = monotonic) -> None:
        self._shown, self._clock = shown, clock
        self._waiting: queue.Queue[pl.DataFrame | None] = queue.Queue()
        self._latest: deque[Row] = deque(maxlen=shown.page_alerts)
        self._page: UUID | None = None
        self._due, self._is_written = 0.0, True
        self._is_there, self._missed, self._done = True, 0, 0  # written by the thread
        self._taken, self._left_out = 0, 0  # written by its owner
        self._thread = threading.Thread(target=self._run, name="in_prefect", daemon=True)

    def __enter__(self) -> Self:
        """Begin; events and page belong to the flow run that is under way here."""
        here = contextvars.copy_context()
        self._thread = threading.Thread(target=here.run, args=(self._run,), name="in_prefect", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show what waits, for a bounded time."""
        self._waiting.put(None)
        self._thread.join(self._shown.drain_seconds)
        if missed := self._left_out + self._missed + self._taken - self._done:
            LOG.warning("%d alerts were not shown in Prefect; the alert log has them", missed)

    def tell(self, alerts: pl.DataFrame) -> None:
        """Show a tick's alerts; returns at once. Where too many wait already they are left out."""
        if self._taken - self._done + alerts.height > self._shown.queue_alerts:
            self._left_out += alerts.height
        elif alerts.height:
            self._taken += alerts.height
            self._waiting.put(alerts)

    def _run(self) -> None:
        try:
            made = get_client(httpx_settings={"timeout": _ANSWER_SECONDS}, sync_client=True)
        except (RuntimeError, ValueError) as error:
            LOG.warning("Prefect has no server (%s): alerts are not shown there", type(error).__name__)
            return
        with made as client:
            while (alerts := self._next()) is not None:
                self._show(client, alerts)
            self._due = 0.0
            self._write(client)

    def _next(self) -> pl.DataFrame | None:
        """The alerts of a tick, none of them where there is only the page to be written, or None at the end."""
        wait = None if self._is_written else max(0.0, self._due - self._clock())
        try:
            return self._waiting.get(timeout=wait)
        except queue.Empty:
            return pl.DataFrame()

    def _show(self, client: SyncPrefectClient, alerts: pl.DataFrame) -> None:
        rows = alerts.to_dicts()
        self._latest.extend(rows)
        self._is_written = self._is_written and not rows
        self._write(client)
        if self._is_there:
            for row in rows:
                emit_event(**event(row))
        else:
            self._missed += len(rows)
        self._done += len(rows)

    def _write(self, client: SyncPrefectClient) -> None:
        """Write the page, if it is time to; so we learn, too, whether the server is there."""
        if self._is_written or self._clock() < self._due:
            return
        try:
            self._put(client, latest(self._latest))
        except (httpx.HTTPError, PrefectException) as error:
            if self._is_there:
                said = "Prefect does not take alerts (%s): they are not shown there until it does"
                LOG.warning(said, type(error).__name__)
            self._is_there, self._page = False, None  # another page, in case that one was removed
        else:
            self._is_there = self._is_written = True
        self._due = self._clock() + self._shown.page_seconds

    def _put(self, client: SyncPrefectClient, page: str) -> None:
        if self._page is None:
            run = UUID(found) if (found := flow_run.get_id()) else None
            self._page = client.create_artifact(
                ArtifactCreate(key=KEY, type="markdown", description="The latest alerts", data=page, flow_run_id=run)
            ).id
        else:
            client.update_artifact(self._page, ArtifactUpdate(data=page))
