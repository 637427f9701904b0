"""Everything that the system knows about a listing, in order."""

from features.feature import Feature
from features.groups import (
    clock,
    comments,
    engagement,
    history,
    kin,
    momentum,
    plan,
    product,
    returns,
    sellouts,
    supply,
    viewers,
)

GROUPS: dict[str, tuple[Feature, ...]] = {
    "calendar": plan.CALENDAR,
    "line-up": plan.LINEUP,
    "price": plan.PRICE,
    "supply": supply.SUPPLY,
    "life cycle": product.LIFE,
    "fatigue": product.FATIGUE,
    "stock": product.STOCK,
    "sell-outs": sellouts.SELLOUTS,
    "returns": returns.RETURNS,
    "place": product.PLACE,
    "product history": history.PRODUCT,
    "product here": history.PLACES,
    "kin history": history.KIN,
    "cold start": kin.COLD,
    "past engagement": engagement.PAST,
    "past viewers": viewers.PAST,
    "past comments": comments.PAST,
    "clock": clock.CLOCK,
    "session engagement": engagement.SESSION,
    "listing engagement": engagement.LISTING,
    "funnel": (*engagement.FUNNEL, *momentum.RATES),
    "momentum": momentum.MOMENTUM,
    "attention": momentum.ATTENTION,
    "intent": momentum.INTENT,
    "viewers": (*viewers.SESSION, *viewers.LISTING, *viewers.NOW),
    "comments": comments.NOW,
}

CATALOG: tuple[Feature, ...] = tuple(feature for group in GROUPS.values() for feature in group)
