"""What operators are told while sessions run: rooms that are late, missing or silent, a silent feed, wrong clocks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.feed.health import HEALTH
from features.feed.skew import SKEW
from stocking.acts.advise import ALERTS, alert_ids

KINDS = {
    "late": "session_late",
    "missing": "session_missing",
    "room_silent": "room_silent",
    "feed_silent": "feed_silent",
}
SKEWED = "clock_skew"
_KEY = ["session_id", "kind"]


@dataclass(frozen=True, eq=False)
class Condition:
    """How the sessions are after a tick.

    Attributes:
        health: `features.feed.health.HEALTH`.
        skew: `features.feed.skew.SKEW` with a session_id each.
    """

    health: pl.DataFrame
    skew: pl.DataFrame

    @classmethod
    def nothing(cls) -> "Condition":
        """Before the first tick."""
        return cls(pl.DataFrame(schema=HEALTH), pl.DataFrame(schema={**SKEW, "session_id": pl.String}))

    @property
    def spells(self) -> pl.DataFrame:
        """What is not as it should be: session_id (null: all of them), kind and the reason in words."""
        rooms = self.health.filter(pl.col("state").is_in(list(KINDS))).select(
            pl.when(pl.col("state") != "feed_silent").then("session_id").alias("session_id"),
            kind=pl.col("state").replace_strict(KINDS, return_dtype=pl.String),
            reason=_sentence(),
        )
        clocks = self.skew.select("session_id", kind=pl.lit(SKEWED), reason=_sentence())
        return pl.concat([rooms, clocks]).unique(_KEY, keep="first", maintain_order=True)

    @property
    def ill(self) -> pl.DataFrame:
        """Of which session, or of all, what kind of spell is not new: a silent room is not well, whoever is silent."""
        unwell = self.health.filter(pl.col("state").is_in(list(KINDS))).select("session_id")
        kinds = pl.DataFrame({"kind": [*(kind for state, kind in KINDS.items() if state != "feed_silent"), SKEWED]})
        return pl.concat([unwell.join(kinds, how="cross"), self.spells.select(_KEY)]).unique()


def upkeep(
    looks: tuple[Condition, Condition], at: tuple[int, datetime], earlier: pl.DataFrame, rest: timedelta
) -> pl.DataFrame:
    """New alerts of the feed; each spell is told once, a silent feed once for all sessions.

    What was told of a session is told again only in a new spell: when the session was well after the tick before, and
    nothing of the kind was told within the rest.

    Args:
        looks: how it was after the tick before, and how it is now.
        at: the tick's number and cutoff.
        earlier: alerts of earlier ticks.
        rest: how long nobody is told the same again.

    Returns:
        `stocking.acts.advise.ALERTS`; of a wrong clock the seconds stand in the reason.
    """
    (before, now), (tick, cutoff) = looks, at
    told = earlier.filter(pl.col("tick") < tick).group_by(_KEY).agg(pl.col("cutoff").max().alias("told"))
    fresh = (
        now.spells.join(told, on=_KEY, how="left", nulls_equal=True, maintain_order="left")
        .join(before.ill.with_columns(was_ill=True), on=_KEY, how="left", nulls_equal=True, maintain_order="left")
        .filter(pl.col("told").is_null() | (pl.col("was_ill").is_null() & (pl.col("told") <= cutoff - rest)))
    )
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in ALERTS.items() if name not in fresh.columns]
    rows = fresh.with_columns(lacking).with_columns(
        tick=pl.lit(tick, pl.Int64), cutoff=pl.lit(cutoff, ALERTS["cutoff"])
    ).sort("kind", "session_id")  # fmt: skip
    return rows.with_columns(alert_ids(rows)).select(pl.col(name).cast(dtype) for name, dtype in ALERTS.items())


def _sentence() -> pl.Expr:
    return pl.col("words").str.slice(0, 1).str.to_uppercase() + pl.col("words").str.slice(1) + "."
