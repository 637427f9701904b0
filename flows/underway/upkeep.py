"""What operators are told while sessions run: rooms that are late, missing or silent, a silent feed, wrong clocks."""

from datetime import datetime

import polars as pl

from stocking.acts.advise import ALERTS, alert_ids

KINDS = {
    "late": "session_late",
    "missing": "session_missing",
    "room_silent": "room_silent",
    "feed_silent": "feed_silent",
}
SKEWED = "clock_skew"


def upkeep(health: pl.DataFrame, skew: pl.DataFrame, at: tuple[int, datetime], earlier: pl.DataFrame) -> pl.DataFrame:
    """New alerts of the feed; each spell is told once, a silent feed once for all sessions.

    Args:
        health: `features.feed.health.HEALTH`.
        skew: `features.feed.skew.SKEW` with a session_id each.
        at: the tick's number and cutoff.
        earlier: alerts of earlier ticks.

    Returns:
        `stocking.acts.advise.ALERTS`; of a wrong clock the seconds stand in the reason.
    """
    tick, cutoff = at
    spells = health.filter(pl.col("state").is_in(list(KINDS))).select(
        pl.when(pl.col("state") != "feed_silent").then("session_id").alias("session_id"),
        kind=pl.col("state").replace_strict(KINDS, return_dtype=pl.String),
        since="since",
        reason=pl.col("words").str.slice(0, 1).str.to_uppercase() + pl.col("words").str.slice(1) + ".",
    )
    clocks = skew.select(
        "session_id",
        kind=pl.lit(SKEWED),
        since=pl.lit(None, spells.schema["since"]),
        reason=pl.col("words").str.slice(0, 1).str.to_uppercase() + pl.col("words").str.slice(1) + ".",
    )
    told = (
        earlier.filter(pl.col("tick") < tick).group_by("session_id", "kind").agg(pl.col("cutoff").max().alias("told"))
    )
    fresh = (
        pl.concat([spells, clocks])
        .unique(["session_id", "kind"], keep="first", maintain_order=True)
        .join(told, on=["session_id", "kind"], how="left", nulls_equal=True, maintain_order="left")
        .filter(pl.col("told").is_null() | (pl.col("told") < pl.col("since")).fill_null(value=False))
    )
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in ALERTS.items() if name not in fresh.columns]
    rows = fresh.with_columns(lacking).with_columns(
        tick=pl.lit(tick, pl.Int64), cutoff=pl.lit(cutoff, ALERTS["cutoff"])
    ).sort("kind", "session_id")  # fmt: skip
    return rows.with_columns(alert_ids(rows)).select(pl.col(name).cast(dtype) for name, dtype in ALERTS.items())
