"""Which sessions run, which are late or silent, and whether it is the room or the whole feed that says nothing."""

from datetime import datetime, timedelta

import polars as pl

from features.contract import INSTANT
from features.feed.memory import Memory
from features.feed.settings import Feed

STATES = ("waiting", "late", "missing", "running", "room_silent", "feed_silent", "over")

HEALTH = pl.Schema(
    {
        "session_id": pl.String(),
        "room_id": pl.String(),
        "state": pl.String(),
        "since": INSTANT,
        "minutes": pl.Int64(),
        "words": pl.String(),
    }
)
"""The state of each session, since when, how many whole minutes that is by the cutoff, and the same in words."""

_MINUTE = timedelta(minutes=1)
_WORDS = {
    "waiting": "planned for {}",
    "late": "planned for {} and not heard of since",
    "missing": "planned for {} and not heard of since: taken as never started",
    "running": "running since {}",
    "room_silent": "nothing heard of it since {}, while other rooms deliver",
    "feed_silent": "nothing heard of any room since {}",
    "over": "over since {}",
}


def health(plans: pl.DataFrame, memory: Memory, cutoff: datetime, feed: Feed) -> pl.DataFrame:
    """Tell how each session is at a cutoff, from its plan and the signs of life up to then, and nothing else.

    A session is `waiting` until `late_minutes` after its planned start, then `late`, then `missing`; from its first
    sign on it is `running`; `room_silent` when nothing came for `silence_minutes` while other rooms deliver. All that
    should run are `feed_silent` when nothing came from any room for `feed_silence_minutes`. Of a single session that
    nobody has heard of yet that is not said, since it may just not have started. It is `over` when its row says so, or
    `end_grace_minutes` after both its planned end and its last sign.

    Args:
        plans: one row a session: session_id, room_id, scheduled_at, ends (planned end), started_at and ended_at (null
            until known).
        memory: what the feed has shown.
        cutoff: what is known later is left out.
        feed: how patient we are.

    Returns:
        `HEALTH`, in the order of the plans.
    """
    told = _told(plans, memory, cutoff, feed)
    heard = _heard(memory, told, cutoff)
    silent_since = _silent_since(told, heard, cutoff, feed)
    now, silence = pl.lit(cutoff, INSTANT), feed.silence_minutes * _MINUTE
    unheard = pl.col("_first").is_null()
    others = pl.lit(heard is not None and heard > cutoff - silence)
    state = (
        pl.when(pl.col("_over") <= now)
        .then(pl.lit("over"))
        .when(~pl.col("_due"))
        .then(pl.lit("waiting"))
        .when(pl.lit(silent_since is not None))
        .then(pl.lit("feed_silent"))
        .when(unheard & (pl.col("scheduled_at") + feed.missing_minutes * _MINUTE <= now))
        .then(pl.lit("missing"))
        .when(unheard & (pl.col("scheduled_at") + feed.late_minutes * _MINUTE <= now))
        .then(pl.lit("late"))
        .when(unheard)
        .then(pl.lit("waiting"))
        .when(others & (pl.col("_last") <= now - silence))
        .then(pl.lit("room_silent"))
        .otherwise(pl.lit("running"))
    )
    return _worded(told.with_columns(state=state, _silent=pl.lit(silent_since, INSTANT)), now)


def _told(plans: pl.DataFrame, memory: Memory, cutoff: datetime, feed: Feed) -> pl.DataFrame:
    """The plans with the first and the last sign up to the cutoff, the end, and whether it should run."""
    now = pl.lit(cutoff, INSTANT)
    started = pl.when(pl.col("started_at") <= now).then("started_at")
    signs = memory.signs.filter(pl.col("first") <= cutoff).select(
        "session_id", "first", pl.col("last").clip(None, cutoff)
    )
    ended = pl.when(pl.col("ended_at") <= now).then("ended_at")
    grace = feed.end_grace_minutes * _MINUTE
    return (
        plans.join(signs, on="session_id", how="left", maintain_order="left")
        .with_columns(_first=pl.min_horizontal("first", started), _last=pl.max_horizontal("last", started))
        .with_columns(_over=pl.coalesce(ended, pl.max_horizontal("ends", "_last") + grace))
        .with_columns(_due=((pl.col("scheduled_at") <= now) | pl.col("_first").is_not_null()) & (pl.col("_over") > now))
    )


def _signs(memory: Memory, cutoff: datetime) -> pl.DataFrame:
    signs = memory.signs.filter(pl.col("first") <= cutoff)
    return signs.select("session_id", "first", pl.col("last").clip(None, cutoff))


def _heard(memory: Memory, told: pl.DataFrame, cutoff: datetime) -> datetime | None:
    """When anything was last heard of any room, in the plans or not."""
    last: datetime | None = pl.concat([_signs(memory, cutoff)["last"], told["_last"]]).max()  # type: ignore[assignment]
    return last


def _silent_since(told: pl.DataFrame, heard: datetime | None, cutoff: datetime, feed: Feed) -> datetime | None:
    """Since when nothing came from anywhere although it should, None where that is not long enough to say so."""
    due = told.filter("_due")
    first: datetime | None = due.select(pl.coalesce("_first", "scheduled_at").min()).item()  # earliest that should run
    if first is None or (due.height == 1 and due["_first"].item() is None):
        return None
    since = first if heard is None else max(first, heard)
    return since if cutoff - since >= feed.feed_silence_minutes * _MINUTE else None


def _worded(told: pl.DataFrame, now: pl.Expr) -> pl.DataFrame:
    planned = pl.col("state").is_in(["waiting", "late", "missing"])
    instants = {"running": "_first", "room_silent": "_last", "feed_silent": "_silent", "over": "_over"}
    chosen = [pl.when(pl.col("state") == state).then(column) for state, column in instants.items()]
    shown = pl.coalesce(pl.when(planned).then("scheduled_at"), *chosen)
    written = pl.col("_shown").dt.strftime("%Y-%m-%d %H:%M UTC")
    words = pl.col("state").replace_strict(_WORDS, return_dtype=pl.String).str.replace("{}", written, literal=True)
    return (
        told.with_columns(_shown=shown)
        .with_columns(since=pl.when(pl.col("_shown") <= now).then("_shown"), words=words)
        .with_columns(minutes=(now - pl.col("since")).dt.total_minutes())
        .select(pl.col(name).cast(dtype) for name, dtype in HEALTH.items())
    )
