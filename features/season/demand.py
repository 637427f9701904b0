"""How many orders each listing would draw if stock were unlimited, and what its merchant expects of it."""

import numpy as np
import polars as pl

from features.season.festivals import festive, weekday
from features.season.interest import LEAD_DAYS, interest
from features.season.settings import SeasonSettings
from features.season.words import CATEGORIES
from features.season.world import Floats, Ints, World

DISCOUNTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
DISCOUNT_ODDS = (0.22, 0.22, 0.22, 0.18, 0.1, 0.06)
WEAR_DAYS = 10
BELIEF_DAYS = 7
# Log: even a craze draws no more than some seventy times what a usual listing draws.
MOST_ABOVE_USUAL = 4.25
EVENING_HOURS = (19, 20, 21)


def priced(settings: SeasonSettings, world: World, shows: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """The listings with their session's and product's traits, discount and price; deeper cuts near festivals."""
    dice = settings.chance("prices")
    traits = ("room", "anchor", "day", "start", "end", "scheduled", "takes_place", "planned_minutes")
    seen = listings.hstack(shows.select(traits)[listings["session"].to_list()])
    seen = seen.hstack(world.products.select("kind", "list_price", "elasticity", "quality")[seen["product"].to_list()])
    sized = np.array([category.sized for category in CATEGORIES])[seen["kind"].to_numpy()]
    near = festive(settings)[seen["day"].to_numpy()]
    discount = dice.choice(DISCOUNTS, seen.height, p=DISCOUNT_ODDS) + np.where(near > 0, 0.1, 0.0)
    price = np.ceil(seen["list_price"].to_numpy() * (1 - discount)) - 0.1
    return seen.with_columns(
        sized=pl.Series(sized), discount=pl.Series(discount), price=pl.Series(price).clip(0.9).round(2)
    )


def expected(settings: SeasonSettings, world: World, seen: pl.DataFrame) -> pl.DataFrame:
    """The priced listings with log_mean (orders), log_lead (the interest that clicks show) and log_belief.

    log_belief is the merchant's own guess: last week's interest, and none of the noise. log_mean is shifted so that
    the mean listing draws `orders_per_listing`.
    """
    dice = settings.chance("demand")
    day, product, session = (seen[name].to_numpy() for name in ("day", "product", "session"))
    wanted = interest(settings, world)
    base = plan_effects(settings, world, seen)
    now = (
        base
        + wanted[product, day]
        + evenings(settings, int(session.max()) + 1)[session]
        + dice.normal(0.0, 0.3, seen.height)
    )
    now = np.minimum(now, np.median(now) + MOST_ABOVE_USUAL)
    level = np.log(settings.orders_per_listing) - np.log(np.exp(now).mean())
    return seen.with_columns(
        log_mean=pl.Series(now + level),
        log_lead=pl.Series(now + level + wanted[product, day + LEAD_DAYS] - wanted[product, day]),
        log_belief=pl.Series(base + level + wanted[product, np.maximum(day - BELIEF_DAYS, 0)]),
    )


def evenings(settings: SeasonSettings, sessions: int) -> Floats:
    """Log mood of each session: some evenings go well for all that is shown, and nobody knew before."""
    return settings.chance("evenings").normal(0.0, 0.22, sessions)


def plan_effects(settings: SeasonSettings, world: World, seen: pl.DataFrame) -> Floats:
    """Log effects of all that a plan fixes: room, host, fit, appeal, price, place, crowding, wear and calendar."""
    room, kind, day, product = (seen[name].to_numpy() for name in ("room", "kind", "day", "product"))
    hour = world.rooms["hour"].to_numpy()[room]
    place = seen.select((pl.col("position") - 1) / pl.col("of")).to_series().to_numpy()
    rivals = seen.select(pl.len().over("session", "kind") - 1).to_series().to_numpy()
    paid = seen.select((pl.col("price") / pl.col("list_price")).log() * pl.col("elasticity")).to_series().to_numpy()
    people = world.rooms["audience"].to_numpy()[room] + world.anchors["pull"].to_numpy()[seen["anchor"].to_numpy()]
    goods = world.products["appeal"].to_numpy()[product] + 0.6 * world.affinity[room, kind]
    calendar = (
        festive(settings)[day] + weekday(settings)[day] + np.where(np.isin(np.floor(hour), EVENING_HOURS), 0.2, 0.0)
    )
    total: Floats = people + goods - paid - 0.4 * place - 0.07 * rivals - 0.12 * wear(settings, product, day) + calendar
    return total


def wear(settings: SeasonSettings, product: Ints, day: Ints) -> Floats:
    """How often the product was shown in the last days: those who wanted it have it."""
    shape = (settings.products, settings.all_days + 1)
    shown = np.bincount(product * shape[1] + day + 1, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    often: Floats = (shown[product, day] - shown[product, np.maximum(day - WEAR_DAYS, 0)]).astype(np.float64)
    return often
