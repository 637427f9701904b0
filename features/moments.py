"""Instants within sessions at which listings are looked at, as somebody who follows the session would."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from features.actions import counts
from features.condensed import ACTED, condensed
from features.contracts import Tables
from features.episodes import spans
from features.evidence import asked_for, openings
from features.known import ALWAYS
from features.outages import LISTING
from features.settings import Sensing

_MINUTE = timedelta(minutes=1)


def moments(tables: Tables, listings: pl.DataFrame, minutes: Sequence[int], sensing: Sensing) -> pl.DataFrame:
    """Each listing so many minutes after it opened and, until it opens, so many minutes after its session began.

    Args:
        tables: the landing tables; raw events or condensed ones.
        listings: session_id and product_id; only those whose session began give rows.
        minutes: how long after.
        sensing: the settings of the market and the features.

    Returns:
        session_id, product_id and cutoff, sorted; cutoffs lie on whole minutes, after the session's begin and before
        its end.
    """
    after = pl.DataFrame({"after": minutes}, schema={"after": pl.Int64}).with_columns(pl.col("after") * _MINUTE)
    told = condensed(tables, sensing.comments)
    wanted = asked_for(pl.concat([told[ACTED], counts(told)], how="diagonal"))
    opened = openings(told, wanted).select(*LISTING, opened=ALWAYS + pl.col("opened_minute") * _MINUTE)
    length = sensing.features.default_session_minutes
    shown = (
        listings.select(LISTING)
        .join(spans(told, length).select("session_id", "begins", "ends"), on="session_id")
        .join(opened, on=LISTING, how="left")
        .join(after, how="cross")
    )
    since_opening = shown.with_columns(cutoff=pl.col("opened") + pl.col("after"))
    waiting = shown.with_columns(cutoff=pl.col("begins").dt.truncate("1m") + pl.col("after")).filter(
        pl.col("opened").is_null() | (pl.col("cutoff") <= pl.col("opened"))
    )
    return (
        pl.concat([since_opening, waiting])
        .filter(pl.col("cutoff") > pl.col("begins"), pl.col("cutoff") < pl.col("ends"))
        .select(*LISTING, "cutoff")
        .unique()
        .sort("cutoff", *LISTING)
    )
