"""The words on the live pages, all in one place."""

from collections.abc import Mapping

from stocking.acts.audiences import Audience

NAMES: Mapping[Audience, str] = {
    "merchant": "Live: your products",
    "supplier": "Live: what to make",
    "anchor": "Live: your show",
    "logistics": "Live: what moves",
    "operator": "Live: all sessions",
}

KINDS: Mapping[str, str] = {
    "sell_out": "sells out",
    "sell_out_off": "all-clear",
    "convert": "make",
    "reallocate": "move",
    "slow_down": "slow down",
    "speed_up": "speed up",
    "swap": "swap",
    "feed_silent": "feed silent",
    "room_silent": "room silent",
    "session_late": "late start",
    "session_missing": "not started",
    "clock_skew": "clock is off",
}

DEEDS: Mapping[str, str] = {
    "convert": "Make {units} units in all from the reserve; the supplier has to know by {by}",
    "reallocate": "Move {units} units in all to session {to_session} by {by}",
    "slow_down": "Slow down and turn to {to_title}",
    "speed_up": "Show it longer, or again",
    "swap": "Show {to_title} instead",
}
"""What is to be done; a kind that is not here tells its reason alone."""

REPLACED = ("sell_out", "convert", "reallocate")
"""Kinds of which only the last of a listing holds: earlier ones are told as replaced."""

ANOTHER_PRODUCT = "another product"
UNKNOWN = "not known"

FACTS: Mapping[str, tuple[str, str]] = {
    "sessions": ("session under way", "sessions under way"),
    "open": ("product on sale", "products on sale"),
    "alerts": ("thing told", "things told"),
}
"""What is counted, for one and for many."""

TEXTS: Mapping[str, str] = {
    "as_of": "as of {moment} · batch {tick}",
    "stale": "These figures may be old: not all rows until {moment} could be read in time. Ask before you act on them.",
    "refreshed": "This page reads itself anew every {seconds} seconds. Hours are those of {zone}.",
    "feed": "Feed",
    "told": "What was told, newest first",
    "replaced": "replaced by what was told later",
    "nothing": "Nothing has been told so far.",
    "more_alerts": "{count} older ones are not shown.",
    "more_curves": "{count} more products are not drawn.",
    "curves": "How it sells",
    "no_curves": "No product has been on sale yet.",
    "sold": "sold",
    "middle": "expected of the whole session",
    "band": "8 of 10 times within",
    "stock": "stock",
    "mark": "something told",
    "left": "left",
    "over": "{count} too many",
    "expected": "expected",
    "sells_out": "sells out in",
    "minutes": "{mid} min",
    "span": "{low} to {high}",
    "later": "{low} or later",
    "session": "Session {session}",
    "at": "at",
    "do": "what",
    "worth": "worth",
}

WHEN = ("planned until {end}", "was planned until {end}", "begins {begin}, planned until {end}")
"""Of a session under way, of one whose time is over, of one to come."""

HEADLINES: Mapping[Audience, tuple[str, str, str]] = {
    "merchant": ("Nothing to do just now", "One thing told of your products", "{count} things told of your products"),
    "supplier": ("Nothing to make just now", "Make goods of one product", "Make goods of {count} products"),
    "anchor": ("Go on as planned", "One hint for your show", "{count} hints for your show"),
    "logistics": ("Nothing to move or to expect", "Goods of one product move", "Goods of {count} products move"),
    "operator": ("Nothing told so far", "One thing told", "{count} things told"),
}  # fmt: skip
"""For none, one and many: alerts, for suppliers and logistics products."""
