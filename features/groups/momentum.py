"""How a session moves: rates between steps, their change, bursts, attention, and intent not yet met."""

import polars as pl

from features.feature import Feature
from features.vocabulary import acceleration, burstiness, pace, ratio, total

_share = (0, 1e4, "ratio", "unknown")
_change = (-1e4, 1e4, "ratio", "unknown")
_count = (-1e10, 1e10, "events", "zero")
_even = (-1, 1, "ratio", "unknown")
_STEPS = {
    "carts_per_click": ("carts", "clicks", "additions to cart per click"),
    "orders_per_cart": ("orders", "carts", "orders per addition to cart"),
    "orders_per_click": ("orders", "clicks", "orders per click"),
}
_MOVING = {
    "listing": {"clicks": "its clicks", "carts": "its additions to cart", "orders": "its orders"},
    "session": {"enters": "viewers entering", "clicks": "the room's clicks", "orders": "the room's orders"},
}


def _rate(above: str, below: str, window: str) -> pl.Expr:
    return ratio(total("listing", above, window), total("listing", below, window))


RATES = tuple(
    feature
    for name, (above, below, words) in _STEPS.items()
    for feature in (
        Feature(f"listing_{name}_5m", f"{words}, 5 minutes", _rate(above, below, "5m"), *_share,
            f"{words.capitalize()} of the listing in 5 minutes."),
        Feature(f"listing_{name}_15m", f"{words}, 15 minutes", _rate(above, below, "15m"), *_share,
            f"{words.capitalize()} of the listing in 15 minutes."),
        Feature(f"listing_{name}_change", f"the change of {words}",
            _rate(above, below, "5m") - _rate(above, below, "30m"), *_change,
            f"{words.capitalize()} of the listing in 5 minutes less those in 30."),
    )
)  # fmt: skip

MOMENTUM = tuple(
    feature
    for entity, moving in _MOVING.items()
    for measure, words in moving.items()
    for feature in (
        Feature(f"{entity}_{measure}_pace", f"the pace of {words}", pace(entity, measure), *_share,
            f"{words.capitalize()} a minute in 5 minutes over those in 30."),
        Feature(f"{entity}_{measure}_acceleration", f"how {words} speed up", acceleration(entity, measure), *_count,
            f"{words.capitalize()} in 5 minutes less those in the 5 before."),
        Feature(f"{entity}_{measure}_burstiness", f"how unevenly {words} come", burstiness(entity, measure), *_even,
            f"{words.capitalize()}: dispersion of the time between arrivals, -1 even, 1 in bursts."),
    )
)  # fmt: skip

ATTENTION = (
    Feature("listing_click_share_5m", "its share of the clicks in 5 minutes",
        ratio(total("listing", "clicks", "5m"), total("session", "clicks", "5m")), 0, 1, "share", "unknown",
        "Its share of the session's clicks in 5 minutes."),
    Feature("listing_click_share_15m", "its share of the clicks in 15 minutes",
        ratio(total("listing", "clicks", "15m"), total("session", "clicks", "15m")), 0, 1, "share", "unknown",
        "Its share of the session's clicks in 15 minutes."),
    Feature("listing_comment_share_15m", "its share of the comments",
        ratio(total("listing", "comments", "15m"), total("session", "comments", "15m")), 0, 1, "share", "unknown",
        "Its share of the session's comments in 15 minutes."),
    Feature("listing_cart_share", "its share of the additions to cart",
        ratio(total("listing", "carts", "ever"), total("session", "carts", "ever")), 0, 1, "share", "unknown",
        "Its share of the session's additions to cart."),
    Feature("listing_order_share", "its share of the orders",
        ratio(total("listing", "orders", "ever"), total("session", "orders", "ever")), 0, 1, "share", "unknown",
        "Its share of the session's orders."),
)

INTENT = (
    Feature("listing_minutes_to_cart", "minutes until its first addition to cart",
        pl.when(total("listing", "carted", "ever") > 0).then(total("listing", "minutes_to_cart", "ever")), 0, 1e6,
        "minutes", "unknown", "From the listing's first click or cart to its first addition to cart."),
    Feature("listing_open_carts_15m", "carts of 15 minutes not yet ordered",
        total("listing", "carts", "15m") - total("listing", "orders", "15m"), *_count,
        "Additions to cart less orders in 15 minutes."),
    Feature("session_open_carts", "the room's carts not yet ordered",
        total("session", "carts", "ever") - total("session", "orders", "ever"), *_count,
        "Additions to cart less orders of the whole room in the session so far."),
    Feature("listing_carts_out", "additions to cart after it sold out", total("listing", "carts_out", "ever"), *_count,
        "Additions to cart of the listing known to have nothing left."),
    Feature("listing_clicks_out", "clicks after it sold out", total("listing", "clicks_out", "ever"), *_count,
        "Clicks of the listing known to have nothing left."),
    Feature("listing_minutes_to_out", "minutes until it sold out",
        pl.when(total("listing", "outs", "ever") > 0).then(total("listing", "minutes_to_out", "ever")), 0, 1e6,
        "minutes", "unknown", "From the session's start to the listing's first sell-out."),
)
