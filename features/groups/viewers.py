"""Who watches: different viewers, newcomers, and viewers who have bought before."""

import polars as pl

from features.feature import Feature
from features.vocabulary import last, mean_last, ratio, total

_many = (0, 1e10, "viewers", "unknown")
_share = (0, 1, "share", "unknown")
_WINDOWS = {
    "1m": "the last minute",
    "5m": "5 minutes",
    "15m": "15 minutes",
    "30m": "30 minutes",
    "ever": "the session so far",
}


def _known(entity: str, window: str) -> pl.Expr:
    """Different viewers; unknown where nobody in the session was ever told apart."""
    return pl.when(total("session", "viewers", "ever") > 0).then(total(entity, "viewers", window))


SESSION = tuple(
    Feature(f"session_viewers_{window}", f"different viewers in {span}", _known("session", window), *_many,
        f"Different viewers active in the room in {span}.")
    for window, span in _WINDOWS.items()
)  # fmt: skip

LISTING = tuple(
    Feature(f"listing_viewers_{window}", f"its different viewers in {span}", _known("listing", window), *_many,
        f"Different viewers who did something with the listing in {span}.")
    for window, span in _WINDOWS.items()
)  # fmt: skip

NOW = (
    Feature("session_newcomer_share", "viewers new to the room",
        ratio(total("session", "newcomers", "ever"), total("session", "viewers", "ever")), *_share,
        "Share of the session's viewers who were never seen in the room before."),
    Feature("session_newcomers_15m", "viewers new to the room in 15 minutes", total("session", "newcomers", "15m"), 0,
        1e10, "viewers", "zero", "Viewers seen in the room for the first time, in 15 minutes."),
    Feature("session_returning_viewers", "viewers who came back",
        (total("session", "viewers", "ever") - total("session", "newcomers", "ever")).clip(0), 0, 1e10, "viewers",
        "zero", "Viewers of the session who had been in the room before."),
    Feature("session_patron_share", "viewers who bought from the anchor before",
        ratio(total("session", "patrons", "ever"), total("session", "viewers", "ever")), *_share,
        "Share of the session's viewers who had bought from its anchor before they came."),
    Feature("listing_rebuyer_share", "its viewers who bought it before",
        ratio(total("listing", "rebuyers", "ever"), total("listing", "viewers", "ever")), *_share,
        "Share of the listing's viewers who had bought the product before."),
    Feature("listing_viewer_share", "its share of the viewers",
        ratio(total("listing", "viewers", "ever"), total("session", "viewers", "ever")), *_share,
        "The listing's different viewers over those of the session."),
    Feature("listing_orders_per_viewer", "its orders a viewer",
        ratio(total("listing", "orders", "ever"), total("listing", "viewers", "ever")), 0, 1e4, "ratio", "unknown",
        "Orders of the listing per different viewer of it."),
    Feature("session_orders_per_viewer", "orders a viewer",
        ratio(total("session", "orders", "ever"), total("session", "viewers", "ever")), 0, 1e4, "ratio", "unknown",
        "Orders of the session per different viewer."),
)

PAST = (
    Feature("viewers_last", "its viewers last time", last("product", "viewers"), *_many,
        "Different viewers of its last showing."),
    Feature("viewers_mean3", "its mean viewers", mean_last("product", "viewers", 3), *_many,
        "Mean different viewers of its last three showings."),
    Feature("viewers_28d", "its viewers in 28 days", total("product", "viewers", "28d"), 0, 1e10, "viewers", "zero",
        "Different viewers who did something with the product in 28 days."),
    Feature("orders_per_viewer_28d", "orders a viewer in 28 days",
        ratio(total("product", "orders", "28d"), total("product", "viewers", "28d")), 0, 1e4, "ratio", "unknown",
        "Orders of the product per different viewer of it in 28 days."),
    Feature("rebuyer_share_28d", "its viewers who bought it before",
        ratio(total("product", "rebuyers", "28d"), total("product", "viewers", "28d")), 0, 1e4, "ratio", "unknown",
        "Viewers of its showings who had bought it before, over its different viewers in 28 days."),
    Feature("rebuyers_last", "earlier buyers last time", last("product", "rebuyers"), *_many,
        "Viewers of its last showing who had bought the product before."),
    Feature("room_viewers_last", "the room's viewers last session", last("room", "viewers"), *_many,
        "Different viewers of the room's last session."),
    Feature("room_viewers_mean5", "the room's mean viewers a session", mean_last("room", "viewers", 5), *_many,
        "Mean different viewers of the room's last five sessions."),
    Feature("room_viewers_7d", "the room's viewers in 7 days", total("room", "viewers", "7d"), 0, 1e10, "viewers",
        "zero", "Different viewers of the room in 7 days."),
    Feature("room_newcomer_share_28d", "the room's new viewers",
        ratio(total("room", "newcomers", "28d"), total("room", "viewers", "28d")), *_share,
        "Share of the room's different viewers of 28 days who were new in them."),
    Feature("anchor_patrons_mean5", "viewers who bought from the anchor before",
        mean_last("anchor", "patrons", 5), *_many,
        "Mean viewers of the anchor's last five sessions who had bought from the anchor before."),
    Feature("room_follows_28d", "the room's new followers in 28 days", total("room", "follows", "28d"), 0, 1e10,
        "viewers", "zero", "Followers gained by the room in 28 days."),
    Feature("room_follows_to_followers", "new followers against all",
        ratio(total("room", "follows", "28d"), pl.col("followers")), 0, 1e4, "ratio", "unknown",
        "Followers gained in 28 days over all followers as last announced."),
)
