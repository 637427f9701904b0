"""What a product without a past borrows from its nearest kin, learnt from strictly earlier sessions only.

Each kin's mean is drawn towards that of the wider kin (`vocabulary.shrunk`), up to the whole market.
"""

from features.feature import Feature
from features.vocabulary import earlier, ratio, shrunk

_many = (0, 1e9, "units", "unknown")
_few = (0, 1e10, "events", "unknown")
_UNITS, _DEBUTS, _CARTS = ("units", "exposures"), ("debut_units", "debuts"), ("carts", "exposures")

_market = ratio(earlier("market", "units", "28d"), earlier("market", "exposures", "28d"))
_department = shrunk("department", *_UNITS, _market)
_category = shrunk("category", *_UNITS, _department)
_nearest = shrunk("category_band", *_UNITS, _category)
_supplier = shrunk("category_supplier", *_UNITS, _nearest)
_anchor = shrunk("category_anchor", *_UNITS, _nearest)
_band = shrunk("band", *_UNITS, _market)
_anchor_band = shrunk("anchor_band", *_UNITS, _band)
_own = shrunk("product", *_UNITS, _nearest)

_first = ratio(earlier("market", "debut_units", "28d"), earlier("market", "debuts", "28d"))
_first_department = shrunk("department", *_DEBUTS, _first)
_first_category = shrunk("category", *_DEBUTS, _first_department)
_first_nearest = shrunk("category_band", *_DEBUTS, _first_category)
_first_anchor = shrunk("anchor", *_DEBUTS, _first)
_first_supplier = shrunk("supplier", *_DEBUTS, _first)

_cart_market = ratio(earlier("market", "carts", "28d"), earlier("market", "exposures", "28d"))
_cart_category = shrunk("category", *_CARTS, _cart_market)

COLD = (
    Feature("kin_department_units", "what its department sells", _department, *_many,
        "Units a showing of its department, drawn to the market's."),
    Feature("kin_category_units", "what its category sells", _category, *_many,
        "Units a showing of its category, drawn to its department's."),
    Feature("kin_nearest_units", "what its category sells at this price", _nearest, *_many,
        "Units a showing of its category at about its list price, drawn to its category's."),
    Feature("kin_supplier_units", "what its supplier sells in this category", _supplier, *_many,
        "Units a showing of its supplier in its category, drawn to its nearest kin's."),
    Feature("kin_anchor_units", "what the anchor sells in this category", _anchor, *_many,
        "Units a showing of its category by this anchor, drawn to its nearest kin's."),
    Feature("kin_band_units", "what sells at this price", _band, *_many,
        "Units a showing of all products at about its list price, drawn to the market's."),
    Feature("kin_anchor_band_units", "what the anchor sells at this price", _anchor_band, *_many,
        "Units a showing of the anchor at about its list price, drawn to those of all anchors."),
    Feature("kin_own_units", "its own sales and its kin's", _own, *_many,
        "Its own units a showing, drawn to its nearest kin's; all its kin's as long as it has no past."),
    Feature("kin_category_debut_units", "how its category starts", _first_category, *_many,
        "Units of the first showing of a product of its category, drawn to its department's."),
    Feature("kin_nearest_debut_units", "how its category starts at this price", _first_nearest, *_many,
        "Units of the first showing of a product of its category at about its list price."),
    Feature("kin_anchor_debut_units", "how new products start with the anchor", _first_anchor, *_many,
        "Units of the first showing of a product by this anchor, drawn to the market's."),
    Feature("kin_supplier_debut_units", "how its supplier's products start", _first_supplier, *_many,
        "Units of the first showing of a product of its supplier, drawn to the market's."),
    Feature("kin_category_carts", "additions to cart in its category", _cart_category, *_few,
        "Additions to cart a showing of its category, drawn to the market's."),
)
