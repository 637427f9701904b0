"""What viewers do: while the session runs, and in sessions before."""

from features.feature import Feature
from features.vocabulary import fading_per_listing, last, mean_last, per_listing, ratio, total

_count = (0, 1e10, "events", "zero")
_mean = (0, 1e10, "events", "unknown")
_share = (0, 1e4, "ratio", "unknown")

_SESSION = {
    "enters": "viewers entering",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "follows": "new followers",
    "clicks": "product clicks",
    "carts": "additions to cart",
    "orders": "orders",
}
_LISTING = {
    "clicks": "clicks",
    "carts": "additions to cart",
    "comments": "comments",
    "orders": "orders",
    "units": "units sold",
}
_WINDOWS = {
    "1m": "the last minute",
    "5m": "5 minutes",
    "15m": "15 minutes",
    "30m": "30 minutes",
    "ever": "the session so far",
}

SESSION = tuple(
    Feature(
        f"session_{measure}_{window}",
        f"{words} in {span}",
        total("session", measure, window),
        *_count,
        f"{words.capitalize()} of the whole room in {span}.",
    )
    for measure, words in _SESSION.items()
    for window, span in _WINDOWS.items()
)

LISTING = tuple(
    Feature(
        f"listing_{measure}_{window}",
        f"its {words} in {span}",
        total("listing", measure, window),
        *_count,
        f"{words.capitalize()} of the listing in {span}.",
    )
    for measure, words in _LISTING.items()
    for window, span in _WINDOWS.items()
)

FUNNEL = (
    Feature("session_present", "viewers present",
        total("session", "enters", "ever") - total("session", "leaves", "ever"), 0, 1e10, "viewers", "zero",
        "Viewers who entered less those who left."),
    Feature("listing_carts_per_click", "carts a click",
        ratio(total("listing", "carts", "ever"), total("listing", "clicks", "ever")), *_share,
        "Additions to cart per click in the session so far."),
    Feature("listing_orders_per_cart", "orders a cart",
        ratio(total("listing", "orders", "ever"), total("listing", "carts", "ever")), *_share,
        "Orders per addition to cart in the session so far."),
    Feature("listing_click_share", "its share of the clicks",
        ratio(total("listing", "clicks", "ever"), total("session", "clicks", "ever")), 0, 1, "share", "unknown",
        "Its share of the session's product clicks."),
    Feature("listing_open_carts", "carts not yet ordered",
        total("listing", "carts", "ever") - total("listing", "orders", "ever"), -1e10, 1e10, "events", "zero",
        "Additions to cart less orders in the session so far."),
)

PAST = (
    Feature("clicks_last", "clicks in its last session", last("product", "clicks"), *_mean,
        "Clicks in its last showing."),
    Feature("carts_last", "additions to cart in its last session", last("product", "carts"), *_mean,
        "Additions to cart in its last showing."),
    Feature("carts_mean3", "its mean additions to cart", mean_last("product", "carts", 3), *_mean,
        "Mean additions to cart in its last three showings."),
    Feature("comments_last", "comments in its last session", last("product", "comments"), *_mean,
        "Comments in its last showing."),
    Feature("shares_last", "shares in its last session", last("product", "shares"), *_mean,
        "Shares in its last showing."),
    Feature("clicks_7d", "clicks a showing in 7 days", per_listing("product", "clicks", "7d"), *_mean,
        "Clicks per showing in 7 days."),
    Feature("clicks_28d", "clicks a showing in 28 days", per_listing("product", "clicks", "28d"), *_mean,
        "Clicks per showing in 28 days."),
    Feature("carts_7d", "additions to cart a showing in 7 days", per_listing("product", "carts", "7d"), *_mean,
        "Additions to cart per showing in 7 days."),
    Feature("carts_28d", "additions to cart a showing in 28 days", per_listing("product", "carts", "28d"), *_mean,
        "Additions to cart per showing in 28 days."),
    Feature("carts_fading", "its recent additions to cart", fading_per_listing("product", "carts", "7d"), *_mean,
        "Additions to cart per showing, weights halving in 7 days."),
    Feature("shares_28d", "shares a showing in 28 days", per_listing("product", "shares", "28d"), *_mean,
        "Shares per showing in 28 days."),
    Feature("comments_28d", "comments a showing in 28 days", per_listing("product", "comments", "28d"), *_mean,
        "Comments per showing in 28 days."),
    Feature("carts_per_click_28d", "carts a click",
        ratio(total("product", "carts", "28d"), total("product", "clicks", "28d")), *_share,
        "Additions to cart per click in 28 days."),
    Feature("orders_per_cart_28d", "orders a cart",
        ratio(total("product", "orders", "28d"), total("product", "carts", "28d")), *_share,
        "Orders per addition to cart in 28 days."),
    Feature("orders_per_click_28d", "orders a click",
        ratio(total("product", "orders", "28d"), total("product", "clicks", "28d")), *_share,
        "Orders per click in 28 days."),
    Feature("open_carts_last", "carts left unordered last time", last("product", "carts") - last("product", "orders"),
        -1e10, 1e10, "events", "unknown", "Additions to cart less orders in its last showing."),
    Feature("click_share_last", "its share of a session's clicks",
        ratio(total("product", "clicks", "28d"), total("room", "clicks", "28d")), 0, 1e4, "share", "unknown",
        "Its clicks over all clicks of the room, 28 days."),
    Feature("anchor_carts_last", "additions to cart with this anchor last time", last("product_anchor", "carts"),
        *_mean, "Additions to cart in its last showing by this anchor."),
    Feature("anchor_clicks_28d", "the anchor's clicks a showing", per_listing("anchor", "clicks", "28d"), *_mean,
        "Clicks per showing of the anchor in 28 days."),
    Feature("category_clicks_28d", "its category's clicks a showing", per_listing("category", "clicks", "28d"), *_mean,
        "Clicks per showing of its category in 28 days."),
    Feature("category_carts_28d", "its category's carts a showing", per_listing("category", "carts", "28d"), *_mean,
        "Additions to cart per showing of its category in 28 days."),
    Feature("category_orders_per_cart_28d", "its category's orders a cart",
        ratio(total("category", "orders", "28d"), total("category", "carts", "28d")), *_share,
        "Orders per addition to cart of its category in 28 days."),
    Feature("room_enters_last", "viewers in the room's last session", last("room", "enters"), *_mean,
        "Viewers who entered the room's last session."),
    Feature("room_enters_mean5", "the room's mean viewers", mean_last("room", "enters", 5), *_mean,
        "Mean viewers entering in the room's last five sessions."),
    Feature("anchor_enters_mean5", "the anchor's mean viewers", mean_last("anchor", "enters", 5), *_mean,
        "Mean viewers entering in the anchor's last five sessions."),
    Feature("room_follows_7d", "the room's new followers", total("room", "follows", "7d"), *_count,
        "New followers of the room in 7 days."),
    Feature("room_likes_mean5", "the room's mean likes", mean_last("room", "likes", 5), *_mean,
        "Mean likes in the room's last five sessions."),
    Feature("room_orders_per_enter", "orders a viewer in the room",
        ratio(total("room", "orders", "28d"), total("room", "enters", "28d")), *_share,
        "Orders per entering viewer in 28 days."),
)
