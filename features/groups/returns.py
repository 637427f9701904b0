"""What comes back: of units old enough for their returns to be in, and of those whose returns still come."""

from features.feature import Feature
from features.vocabulary import early_return_share, ratio, return_share, total

_share = (0, 1, "share", "unknown")
_units = (0, 1e12, "units", "zero")

RETURNS = (
    Feature("product_return_share", "its returns", return_share("product"), *_share,
        "Returned share of its units sold long enough ago."),
    Feature("category_return_share", "its category's returns", return_share("category"), *_share,
        "Returned share in its category."),
    Feature("anchor_return_share", "the anchor's returns", return_share("anchor"), *_share,
        "Returned share of the anchor's units."),
    Feature("supplier_return_share", "its supplier's returns", return_share("supplier"), *_share,
        "Returned share of the supplier's units."),
    Feature("depth_return_share", "returns at this discount", return_share("depth"), *_share,
        "Returned share of units sold at about this discount."),
    Feature("category_depth_return_share", "its category's returns at this discount", return_share("category_depth"),
        *_share, "Returned share of its category's units sold at about this discount."),
    Feature("product_early_return_share", "its returns so far", early_return_share("product"), *_share,
        "Returned share of its units whose returns are still coming in."),
    Feature("category_early_return_share", "its category's returns so far", early_return_share("category"), *_share,
        "Returned share of its category's units whose returns are still coming in."),
    Feature("anchor_early_return_share", "the anchor's returns so far", early_return_share("anchor"), *_share,
        "Returned share of the anchor's units whose returns are still coming in."),
    Feature("depth_early_return_share", "returns so far at this discount", early_return_share("depth"), *_share,
        "Returned share of units sold at about this discount whose returns are still coming in."),
    Feature("product_matured_units", "its units sold until lately", total("product", "matured", "ever"), *_units,
        "Units sold long enough ago for returns to be in."),
    Feature("product_maturing_units", "its units whose returns still come",
        total("product", "units", "ever") - total("product", "matured", "ever"), *_units,
        "Units sold too lately for all returns to be in."),
    Feature("product_returned_28d", "its returns in 28 days", total("product", "returned", "28d"), 0, 1e9, "units",
        "zero", "Units that came back in 28 days."),
    Feature("product_returned_to_sold_28d", "its returns against its sales",
        ratio(total("product", "returned", "28d"), total("product", "units", "28d")), 0, 1e4, "ratio", "unknown",
        "Units that came back in 28 days over units sold in them."),
)
