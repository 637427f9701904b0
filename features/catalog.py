"""Everything that the system knows about a listing, in order."""

from features.feature import Feature
from features.groups import engagement, history, plan, product

GROUPS: dict[str, tuple[Feature, ...]] = {
    "calendar": plan.CALENDAR,
    "line-up": plan.LINEUP,
    "price": plan.PRICE,
    "life cycle": product.LIFE,
    "stock": product.STOCK,
    "returns": product.RETURNS,
    "place": product.PLACE,
    "product history": history.PRODUCT,
    "product here": history.PLACES,
    "kin history": history.KIN,
    "session engagement": engagement.SESSION,
    "listing engagement": engagement.LISTING,
    "funnel": engagement.FUNNEL,
    "past engagement": engagement.PAST,
}

CATALOG: tuple[Feature, ...] = tuple(feature for group in GROUPS.values() for feature in group)
