"""Which features a nowcast reads."""

from features.catalog import CATALOG
from features.feature import Feature
from features.live import LIVE

_STATED = frozenset(
    {"position", "position_share", "lineup_listings", "price", "discount_share", "planned_minutes", "units_offered"}
)
SEEN: tuple[Feature, ...] = tuple(one for one in CATALOG if one in LIVE or one.name in _STATED)
"""Those that move while sessions run, and what is stated of the listing."""
