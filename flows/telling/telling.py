"""Tells people what a tick has to say: kept first, then posted and shown."""

from dataclasses import dataclass

import polars as pl

from flows.telling.in_prefect import InPrefect
from flows.telling.log import AlertLog
from flows.telling.webhooks import Webhooks


@dataclass(frozen=True)
class Teller:
    """All the ways by which alerts reach people.

    Attributes:
        log: what was told; from it the next start posts what was not.
        webhooks: other systems.
        prefect: Prefect's pages; None where they are not wanted.
    """

    log: AlertLog
    webhooks: Webhooks
    prefect: InPrefect | None

    def tell(self, tick: int, alerts: pl.DataFrame) -> bool:
        """Tell a tick's alerts; whether they are new. A tick that is worked on once more is not told once more.

        Args:
            tick: 1, 2, 3, …
            alerts: `stocking.acts.advise.ALERTS`.
        """
        is_new = self.log.append(tick, alerts)
        if is_new:
            self.webhooks.carry(tick, alerts)
        if is_new and self.prefect:
            self.prefect.tell(alerts)
        return is_new
