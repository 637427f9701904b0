"""Raw events told shortly: counted by minute, who was there, and the few that must be known one by one.

Parts of the events, such as one delivery, are condensed alone and put together by `joined`: a new day costs itself.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from features.actions import MEASURES, actions
from features.comments import Listener
from features.contracts import TABLES, Tables
from features.counting import counted
from features.entities import vocabulary
from features.known import facts
from features.ledger import minute_of
from features.settings import Comments

ACTED, SEEN, IDS = "acted", "seen", "ids"
_STOCK = ("sold_out", "restock")
_ALONE = (*_STOCK, "add_to_cart")


def condensed(tables: Tables, lexicon: Comments) -> Tables:
    """The tables with their events condensed, as `condense` does; tables that are so already stay as they are."""
    return tables if ACTED in tables else {**tables, **condense(tables["events"], lexicon)}


def condense(events: pl.DataFrame, lexicon: Comments) -> dict[str, pl.DataFrame]:
    """All that features and labels need of some events.

    Returns:
        `events`: those that must be known one by one, without viewers and their words: sell-outs, restocks, carts, and
        the last of each session and minute, as a sign of life. `acted`: session_id, product_id, minute and one Int64
        column a measure of `features.actions`. `seen`: viewer_id, each viewer once a row of `acted`, and that row's
        number `bucket`. `ids`: a hash of each event's id, ascending, by which repetitions in other parts are noticed.
    """
    told = facts(events, "events")
    names = ("session_id", "product_id", "viewer_id")
    words = {name: vocabulary(told[name]) for name in names}
    found = counted(actions(told, words, Listener(lexicon)), MEASURES)
    return {
        "events": _alone(told),
        ACTED: found.buckets.select(
            *(words[f"{one}_id"].gather(found.buckets[one]).alias(f"{one}_id") for one in ("session", "product")),
            "minute",
            *MEASURES,
        ),
        SEEN: pl.DataFrame({"viewer_id": words["viewer_id"].gather(found.viewer), "bucket": found.bucket}),
        IDS: told["event_id"].hash().unique().sort().alias("id").to_frame(),
    }


def joined(parts: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """Condensed parts as one; no event may be in two of them (`repeated` tells)."""
    before = 0
    seen = []
    for part in parts:
        seen.append(part[SEEN].with_columns(pl.col("bucket") + before))
        before += part[ACTED].height
    return {name: pl.concat([part[name] for part in parts]) for name in ("events", ACTED, IDS)} | {
        SEEN: pl.concat(seen)
    }


def repeated(ids: Sequence[pl.Series]) -> list[int]:
    """The parts that hold an event which another part holds too, by the ids of each part."""
    every = pl.concat(ids).sort()
    twice = every.filter(every == every.shift(1)).unique()
    return [number for number, own in enumerate(ids) if len(twice) and own.is_in(twice.implode()).any()]


def _alone(told: pl.DataFrame) -> pl.DataFrame:
    alive = (
        told.filter(~pl.col("kind").is_in(_ALONE))
        .with_columns(minute=minute_of(pl.col("known_at")))
        .sort("known_at", "event_id")
        .unique(["session_id", "minute"], keep="last", maintain_order=True)
    )
    return (
        pl.concat([told.filter(pl.col("kind").is_in(_ALONE)), alive], how="diagonal")
        .select(TABLES["events"].dtypes.names())
        .with_columns(pl.lit(None, pl.String).alias(name) for name in ("viewer_id", "text"))
    )
