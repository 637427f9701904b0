"""Rooms whose clock is wrong: their rows keep saying that they happen so many seconds from now."""

import polars as pl

from features.feed.memory import Memory
from features.feed.settings import Feed

SKEW = pl.Schema({"room_id": pl.String(), "skew_seconds": pl.Int64(), "words": pl.String()})
TICKS = 3


def skewed(plans: pl.DataFrame, memory: Memory, feed: Feed) -> pl.DataFrame:
    """The rooms whose clock runs ahead, and by how many seconds.

    That is said of a room whose median lead over its rows' arrival is above `max_skew_seconds` in each of the last
    ticks, three at least, and never differs by more than that. A clock that runs behind looks like a slow feed.

    Args:
        plans: session_id and room_id.
        memory: what is known of the feed.
        feed: how patient we are.

    Returns:
        `SKEW`, sorted by room.
    """
    leads = pl.col("leads_seconds").list
    steady = (leads.len() >= TICKS) & (leads.min() > feed.max_skew_seconds)
    steady &= leads.max() - leads.min() <= feed.max_skew_seconds
    rooms = plans.select("session_id", "room_id").unique()
    return (
        memory.signs.filter(steady)
        .join(rooms, on="session_id", how="inner")
        .group_by("room_id")
        .agg(leads.median().max().round().cast(pl.Int64).alias("skew_seconds"))
        .with_columns(words=pl.format("the clock of this room runs {} seconds ahead", "skew_seconds"))
        .select(list(SKEW))
        .sort("room_id")
    )
