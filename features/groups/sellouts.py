"""What sell-outs tell: how early and how often, how fast it sold before, and who came too late."""

from features.feature import Feature
from features.vocabulary import last, mean_last, per_listing, ratio, total

_count = (0, 1e10, "events", "unknown")

SELLOUTS = (
    Feature("out_share_28d", "how often it sells out", per_listing("product", "outs", "28d"), 0, 1e4, "share",
        "unknown", "Share of its showings of 28 days that ran out, by event or by cap."),
    Feature("out_last", "it ran out last time", last("product", "outs"), 0, 1e4, "0 or 1", "unknown",
        "Whether its last showing ran out, by event or by cap."),
    Feature("minutes_to_out_mean", "how early it sells out",
        ratio(total("product", "minutes_to_out", "28d"), total("product", "outs", "28d")), 0, 1e6, "minutes",
        "never in 28 days", "Mean minutes from the session's start to the sell-out, in 28 days."),
    Feature("units_to_out_mean", "units sold until it sold out",
        ratio(total("product", "units_to_out", "28d"), total("product", "outs", "28d")), 0, 1e9, "units",
        "never in 28 days", "Mean units that its sold-out showings of 28 days sold before."),
    Feature("rate_to_out", "how fast it sold until it sold out",
        ratio(total("product", "units_to_out", "28d"), total("product", "minutes_to_out", "28d")), 0, 1e9,
        "units a minute", "never in 28 days", "Units a minute before its sell-outs of 28 days."),
    Feature("carts_out_last", "carts in vain last time", last("product", "carts_out"), *_count,
        "Additions to cart of its last showing after it had sold out."),
    Feature("clicks_out_last", "clicks in vain last time", last("product", "clicks_out"), *_count,
        "Clicks of its last showing after it had sold out."),
    Feature("carts_out_mean3", "its mean carts in vain", mean_last("product", "carts_out", 3), *_count,
        "Mean additions to cart after the sell-out in its last three showings."),
    Feature("carts_out_28d", "carts in vain a showing", per_listing("product", "carts_out", "28d"), *_count,
        "Additions to cart after the sell-out, per showing in 28 days."),
    Feature("carts_out_share_28d", "the share of carts in vain",
        ratio(total("product", "carts_out", "28d"), total("product", "carts", "28d")), 0, 1, "share", "unknown",
        "Share of its additions to cart of 28 days that came after the sell-out."),
    Feature("unmet_last", "units asked for and not met last time",
        last("product", "carts_out") * ratio(total("product", "units", "28d"), total("product", "carts", "28d")
            - total("product", "carts_out", "28d")), 0, 1e9, "units", "unknown",
        "Carts in vain of its last showing times its units per cart in stock, 28 days."),
    Feature("minutes_to_cart_mean", "how soon it draws carts",
        ratio(total("product", "minutes_to_cart", "28d"), total("product", "carted", "28d")), 0, 1e6, "minutes",
        "no cart in 28 days", "Mean minutes from its first click to its first cart, in 28 days."),
    Feature("category_out_share_28d", "how often its category sells out", per_listing("category", "outs", "28d"), 0,
        1e4, "share", "unknown", "Share of its category's showings of 28 days that ran out."),
    Feature("anchor_out_share_28d", "how often the anchor sells out", per_listing("anchor", "outs", "28d"), 0, 1e4,
        "share", "unknown", "Share of the anchor's showings of 28 days that ran out."),
    Feature("category_carts_out_28d", "carts in vain in its category", per_listing("category", "carts_out", "28d"),
        *_count, "Additions to cart after the sell-out, per showing of its category in 28 days."),
)
