"""What a session's clock says: how long it and the listing have been on, and how long they may last."""

import polars as pl

from features.feature import Feature
from features.ledger import minute_of
from features.vocabulary import total

_minutes = (0, 1e6, "minutes")


def _since(entity: str, told: str) -> pl.Expr:
    """Minutes from the minute that a measure tells once until the cutoff's minute."""
    begun = total(entity, told, "ever")
    return pl.when(begun > 0).then(minute_of(pl.col("cutoff")) - begun)


CLOCK = (
    Feature("session_minutes", "how long the session has been on", _since("session", "begun_minute"), *_minutes,
        "not begun", "Minutes since the session began."),
    Feature("session_minutes_left", "how long the session will last",
        pl.col("planned_minutes") - _since("session", "begun_minute"), *_minutes, "not begun, or length not planned",
        "Planned minutes of the session that are left."),
    Feature("listing_minutes_open", "how long it has been asked for", _since("listing", "opened_minute"), *_minutes,
        "not opened", "Minutes since the listing opened: its first click, addition to cart or order."),
)  # fmt: skip
