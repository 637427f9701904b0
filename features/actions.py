"""What viewers did, as numbers ready to be counted."""

from collections.abc import Mapping

import polars as pl

from features.comments import TOPICS, Listener
from features.contracts import Tables
from features.counting import ACTION
from features.entities import coded
from features.known import facts
from features.ledger import minute_of

MEASURE_OF_KIND = {
    "enter": "enters",
    "leave": "leaves",
    "view": "views",
    "like": "likes",
    "comment": "comments",
    "share": "shares",
    "follow": "follows",
    "gift": "gifts",
    "product_click": "clicks",
    "add_to_cart": "carts",
    "sold_out": "sellouts",
}
MEASURES = (*MEASURE_OF_KIND.values(), *TOPICS)
"""What actions are counted as; the place of a measure here is the number of its kind."""


_COMMENT = pl.when(pl.col("kind") == "comment").then("text")


def comments(events: pl.DataFrame) -> pl.Series:
    """What was written in some events; null for those that are no comments."""
    return events.select(_COMMENT).to_series()


def actions(
    told: pl.DataFrame, vocabularies: Mapping[str, pl.Series], listener: Listener, kept: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Every raw event as an `ACTION`; a comment is one more for each topic that it touches.

    Args:
        told: the events, each once, with `known_at`.
        vocabularies: all ids of `session_id`, `product_id` and `viewer_id`; of one that is coded already, none.
        listener: tells which topics a comment touches.
        kept: further columns of `told` to hand on, those that are coded already among them.
    """
    events = told.filter(pl.col("kind").is_in(list(MEASURE_OF_KIND)))
    measure = pl.col("kind").replace_strict(MEASURE_OF_KIND, return_dtype=pl.String)
    numbers = events.select(
        *(coded(pl.col(name), words).alias(name.removesuffix("_id")) for name, words in vocabularies.items()),
        kind=coded(measure, pl.Series(MEASURES)),
        known=pl.col("known_at").dt.epoch("us"),
        text=_COMMENT,
        **{name: pl.col(name) for name in kept},
    )
    said = numbers.filter(pl.col("text").is_not_null())
    touched = listener.topics(said["text"])
    about = [
        said.filter(touched[topic].cast(pl.Boolean)).with_columns(kind=pl.lit(MEASURES.index(topic), pl.UInt32))
        for topic in TOPICS
    ]
    numbered = (pl.col(name).cast(dtype) for name, dtype in ACTION.items())
    return pl.concat([numbers, *about]).select(*numbered, *(name for name in kept if name not in ACTION))


def counts(tables: Tables) -> pl.DataFrame:
    """Actions that were counted per minute before they came to us: ids, minute of knowing and one column a measure."""
    known = facts(tables["event_counts"], "event_counts").filter(pl.col("kind").is_in(list(MEASURE_OF_KIND)))
    return known.select(
        "session_id",
        "product_id",
        minute_of(pl.col("known_at")).alias("minute"),
        *(
            pl.when(pl.col("kind") == kind).then("count").otherwise(0).alias(measure)
            for kind, measure in MEASURE_OF_KIND.items()
        ),
    )
