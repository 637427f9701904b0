"""The product's own record: life cycle, caps and sell-outs, returns, and where it belongs."""

import polars as pl

from features.feature import Feature
from features.vocabulary import days_between, last, mean_last, per_listing, ratio, total

_flag = (0, 1, "0 or 1")

LIFE = (
    Feature("age_days", "its age", days_between("cutoff", "launched_at"), -3650, 36500, "days", "unknown",
        "Days since the product's launch."),
    Feature("product_showings", "its showings so far", total("product", "exposures", "ever"), 0, 1e9, "showings",
        "zero", "Showings of the product so far."),
    Feature("product_showings_7d", "its showings in 7 days", total("product", "exposures", "7d"), 0, 1e9, "showings",
        "zero", "Showings of the product in 7 days."),
    Feature("product_showings_28d", "its showings in 28 days", total("product", "exposures", "28d"), 0, 1e9, "showings",
        "zero", "Showings of the product in 28 days."),
    Feature("product_anchor_showings", "its showings by this anchor", total("product_anchor", "exposures", "ever"), 0,
        1e9, "showings", "zero", "Showings of the product by this anchor so far."),
    Feature("product_anchor_showings_28d", "its showings by this anchor in 28 days",
        total("product_anchor", "exposures", "28d"), 0, 1e9, "showings", "zero", "Showings by this anchor in 28 days."),
    Feature("product_room_showings", "its showings in this room", total("product_room", "exposures", "ever"), 0, 1e9,
        "showings", "zero", "Showings of the product in this room so far."),
    Feature("product_days_since", "days since it was last shown", last("product", "minutes") / 1440, 0, 36500, "days",
        "unknown", "Days since its last showing."),
    Feature("product_anchor_days_since", "days since this anchor last showed it",
        last("product_anchor", "minutes") / 1440, 0, 36500, "days", "unknown",
        "Days since its last showing by this anchor."),
    Feature("product_days_since7", "days since its last seventh showing", last("product", "minutes", 7) / 1440, 0,
        36500, "days", "unknown", "Days since its seventh last showing."),
    Feature("anchor_sessions_28d", "the anchor's sessions in 28 days", total("anchor", "sessions", "28d"), 0, 1e6,
        "sessions", "zero", "Sessions of the anchor in 28 days."),
    Feature("room_days_since", "days since the room's last session", last("room", "minutes") / 1440, 0, 36500, "days",
        "unknown", "Days since the room's last session."),
)

STOCK = (
    Feature("units_offered", "the offered units", pl.col("units_offered"), 0, 1e9, "units", "no cap",
        "Units that the listing may sell at most."),
    Feature("is_capped", "a cap on its units", pl.col("units_offered").is_not_null().cast(pl.Int8), *_flag, "zero",
        "The listing has a cap."),
    Feature("offered_to_last", "offered units against last sales",
        ratio(pl.col("units_offered"), last("product", "units")), 0, 1e6, "ratio", "unknown",
        "Cap over the units of the last showing."),
    Feature("lineup_capped_share", "capped listings on the line-up",
        ratio(pl.col("lineup_capped"), pl.col("lineup_listings")), 0, 1, "share", "unknown",
        "Share of the line-up that has a cap."),
    Feature("sellouts_28d", "its sell-outs in 28 days", total("product", "sellouts", "28d"), 0, 1e6, "sell-outs",
        "zero", "Sell-outs of the product in 28 days."),
    Feature("sellouts_per_showing", "its sell-outs a showing", per_listing("product", "sellouts", "ever"), 0, 1e4,
        "sell-outs", "unknown", "Sell-outs per showing so far."),
    Feature("last_sellouts", "a sell-out last time", last("product", "sellouts"), 0, 1e4, "sell-outs", "unknown",
        "Sell-outs in its last showing."),
    Feature("room_sellouts_last", "a sell-out last time in this room", last("product_room", "sellouts"), 0, 1e4,
        "sell-outs", "unknown", "Sell-outs in its last showing in this room."),
    Feature("room_sellouts_mean7", "its sell-outs in this room", mean_last("product_room", "sellouts", 7), 0, 1e4,
        "sell-outs", "unknown", "Sell-outs in its last seven showings in this room."),
    Feature("last_fill_share", "last sales against the cap",
        ratio(last("product", "units"), last("product", "units_offered")), 0, 1e4, "share", "no cap then",
        "Units of the last showing over its cap."),
)

RETURNS = (
    Feature("product_return_share", "its returns",
        ratio(total("product", "matured_returned", "ever"), total("product", "matured", "ever")), 0, 1, "share",
        "unknown", "Returned share of its units sold long enough ago."),
    Feature("category_return_share", "its category's returns",
        ratio(total("category", "matured_returned", "ever"), total("category", "matured", "ever")), 0, 1, "share",
        "unknown", "Returned share in its category."),
    Feature("anchor_return_share", "the anchor's returns",
        ratio(total("anchor", "matured_returned", "ever"), total("anchor", "matured", "ever")), 0, 1, "share",
        "unknown", "Returned share of the anchor's units."),
    Feature("supplier_return_share", "its supplier's returns",
        ratio(total("supplier", "matured_returned", "ever"), total("supplier", "matured", "ever")), 0, 1, "share",
        "unknown", "Returned share of the supplier's units."),
    Feature("product_matured_units", "its units sold until lately", total("product", "matured", "ever"), 0, 1e12,
        "units", "zero", "Units sold long enough ago for returns to be in."),
    Feature("product_returned_28d", "its returns in 28 days", total("product", "returned", "28d"), 0, 1e9, "units",
        "zero", "Units that came back in 28 days."),
)

PLACE = (
    Feature("category", "its category", pl.col("category"), 0, 0, "name", "unknown", "Category path.", "category"),
    Feature("department", "its department", pl.col("department"), 0, 0, "name", "unknown",
        "First part of the category path.", "category"),
    Feature("room", "the room", pl.col("room_id"), 0, 0, "name", "unknown", "The room.", "category"),
    Feature("anchor", "the anchor", pl.col("anchor_id"), 0, 0, "name", "unknown", "The anchor.", "category"),
    Feature("platform", "the platform", pl.col("platform"), 0, 0, "name", "unknown", "The platform.", "category"),
    Feature("supplier", "its supplier", pl.col("supplier_id"), 0, 0, "name", "unknown", "The supplier.", "category"),
)
