"""The alert log: what people were told, in the lake, each tick exactly once."""

import polars as pl

from flows.lake import Lake
from stocking.acts.advise import ALERTS

TABLE = "alerts"
ORDER = ("tick", "session_id", "product_id", "kind", "alert_id")
_ID, _KIND = r"^[A-Za-z0-9_-]{8,64}$", r"^[a-z][a-z_]{0,39}$"  # they stand in headers, and in names of events


class AlertsError(ValueError):
    """Alerts that cannot be kept; says what is wrong with them."""


class AlertLog:
    """The alerts of one home; one process writes, any may read."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._table = lake.growing(TABLE)

    def append(self, tick: int, alerts: pl.DataFrame) -> bool:
        """Keep what was told at a tick; whether it is new.

        A tick that was kept before, or one before it, changes nothing. One without alerts writes nothing.

        Args:
            tick: 1, 2, 3, …; gaps are no matter.
            alerts: `ALERTS` of this tick.

        Raises:
            AlertsError: they are not of this tick or not in that shape.
        """
        kept = _checked(tick, alerts)
        return bool(kept.height) and self._table.add(tick, kept)

    def read(self, after: int = 0) -> pl.DataFrame:
        """All alerts of the ticks after one, by tick, session, product and kind."""
        return self._lake.grown(TABLE, after).collect().sort(ORDER, nulls_last=True)

    def last_tick(self) -> int:
        """The last tick at which anything was told; 0 where there is none."""
        return self._table.last()


def _checked(tick: int, alerts: pl.DataFrame) -> pl.DataFrame:
    if alerts.schema != ALERTS:
        raise AlertsError(f"tick {tick}: found alerts with {alerts.schema}, expected {ALERTS}")
    floats = [name for name, dtype in ALERTS.items() if dtype == pl.Float64]
    wrong = {
        "tick": pl.col("tick").ne_missing(tick) | (tick < 1),
        "alert_id": ~pl.col("alert_id").str.contains(_ID).fill_null(value=False) | pl.col("alert_id").is_duplicated(),
        "kind": ~pl.col("kind").str.contains(_KIND).fill_null(value=False),
        "cutoff": pl.col("cutoff").is_null(),
        **{name: ~pl.col(name).is_finite().fill_null(value=True) for name in floats},
    }
    counts = alerts.select(pl.lit(0), *(rule.sum().alias(name) for name, rule in wrong.items())).row(0, named=True)
    for name in wrong:
        if counts[name]:
            raise AlertsError(f"tick {tick}: {counts[name]} of {alerts.height} alerts have a {name} that cannot be")
    return alerts.sort(ORDER, nulls_last=True)
