"""Sessions that really began, and the listings shown in them: what history counts."""

from datetime import timedelta

import polars as pl

from features.contracts import Tables
from features.known import facts, versions
from features.ledger import minute_of


def starts(tables: Tables, *, in_hindsight: bool = False) -> pl.DataFrame:
    """One row per session that began: session_id and `start_known`, the instant at which we knew that it had.

    A session began at its `started_at`, or at its first event or order from the scheduled time on. As long as no
    session has ever stated a start, each is taken to begin as last scheduled.

    Args:
        tables: the landing tables.
        in_hindsight: for tables cut to what is known at one instant: whether starts were stated is then judged by when
            the sessions started, not by when we learnt of it.
    """
    history = versions(tables["sessions"], "sessions")
    stated = history.filter(pl.col("started_at").is_not_null()).select(
        "session_id", "started_at", pl.max_horizontal("known_at", "started_at").alias("start_known")
    )
    heard = stated["started_at" if in_hindsight else "start_known"].min()
    unheard = pl.lit(True) if heard is None else pl.col("scheduled_at") < heard
    replaced_in_time = (pl.col("known_at").shift(-1).over("session_id") <= pl.col("scheduled_at")).fill_null(False)
    assumed = history.filter(unheard, ~replaced_in_time).select(
        "session_id", pl.max_horizontal("known_at", "scheduled_at").alias("start_known")
    )
    plan = history.group_by("session_id").agg(pl.col("scheduled_at").first(), pl.col("known_at").min())
    alive = (
        _signs_of_life(tables)
        .join(plan, on="session_id")
        .select("session_id", pl.max_horizontal("life", "scheduled_at", "known_at").alias("start_known"))
    )
    return (
        pl.concat([stated.drop("started_at"), assumed, alive])
        .group_by("session_id")
        .agg(pl.col("start_known").min())
        .sort("start_known", "session_id")
    )


def _signs_of_life(tables: Tables) -> pl.DataFrame:
    plan = versions(tables["sessions"], "sessions").group_by("session_id").agg(pl.col("scheduled_at").first())
    # Of actions only the minute is told: their sign is known for certain when it ends.
    minute_ends = pl.col("known_at").dt.truncate("1m") + timedelta(minutes=1) - timedelta(microseconds=1)
    seen = {"events": minute_ends, "event_counts": pl.col("known_at"), "orders": pl.col("known_at")}
    parts = [
        facts(tables[name], name)
        .lazy()
        .select("session_id", life=instant)
        .join(plan.lazy(), on="session_id")
        .filter(pl.col("life") >= pl.col("scheduled_at"))
        .group_by("session_id")
        .agg(pl.col("life").min())
        .collect()
        for name, instant in seen.items()
    ]
    return pl.concat(parts).group_by("session_id").agg(pl.col("life").min())


def shown(tables: Tables, *, in_hindsight: bool = False) -> pl.DataFrame:
    """One row per listing of a session that began: ids, `minute` of knowing both, and its price and cap known then."""
    return shown_in(starts(tables, in_hindsight=in_hindsight), tables)


def shown_in(begun: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The same for sessions whose starts are known already."""
    return (
        versions(tables["lineups"], "lineups")
        .join(begun, on="session_id")
        .with_columns(
            shown_known=pl.max_horizontal(pl.col("known_at").min().over("session_id", "product_id"), "start_known")
        )
        .filter(pl.col("known_at") <= pl.col("shown_known"))
        .sort("known_at", "session_id", "product_id", maintain_order=True)
        .unique(["session_id", "product_id"], keep="last", maintain_order=True)
        .select(
            "session_id", "product_id", "price", "units_offered", "shown_known", minute=minute_of(pl.col("shown_known"))
        )
        .sort("minute", "session_id", "product_id")
    )


def debuts(showings: pl.DataFrame) -> pl.DataFrame:
    """Each product's first showing, out of what `shown` gave."""
    ordered = showings.sort("shown_known", "session_id", "product_id")
    return ordered.unique("product_id", keep="first", maintain_order=True).drop("shown_known")


def spans(tables: Tables, default_minutes: int) -> pl.DataFrame:
    """One row per session that began: session_id, `begins`, `ends` (best known facts) and `over_known`.

    `over_known` is when we knew that it was over: its stated end, or else start plus planned (or default) length.
    """
    history = versions(tables["sessions"], "sessions")
    last = history.unique("session_id", keep="last", maintain_order=True)
    length = pl.col("planned_minutes").fill_null(default_minutes).clip(1, 100_000) * timedelta(minutes=1)
    begins = pl.coalesce("started_at", pl.max_horizontal("scheduled_at", "start_known"))
    return (
        last.join(starts(tables, in_hindsight=True), on="session_id")
        .with_columns(begins=begins)
        .with_columns(ends=pl.coalesce("ended_at", pl.col("begins") + length))
        .select(
            "session_id",
            "begins",
            "ends",
            over_known=pl.max_horizontal("ends", pl.when(pl.col("ended_at").is_not_null()).then("known_at")),
        )
    )
