"""What viewers do with a listing besides buying it: clicks, carts, questions, praise and complaints."""

import numpy as np
import polars as pl

from features.season.dice import among, viewers
from features.season.selling import moments
from features.season.settings import SeasonSettings
from features.season.words import ASKING, ASKING_SIZE, COMPLAINT, PRAISE, places
from features.season.world import Ints

SECOND = 1 / 3600
ACTION = ("listing", "viewer", "kind", "hour", "text")


def actions(settings: SeasonSettings, listings: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Every action on a listing: listing, viewer, kind, hour, and for comments the place of the text."""
    browsing = browse(settings, listings)
    bought = before_orders(settings, listings, orders)
    return pl.concat([bought, browsing, asked(settings, listings, browsing), opinions(settings, listings)])


def before_orders(settings: SeasonSettings, listings: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Who orders has nearly always clicked, and mostly put it into the cart, some seconds before; sold out or not."""
    dice = settings.chance("before orders")
    placed = orders.join(listings.select("listing", "start"), on="listing", how="left", maintain_order="left")
    size = placed.height
    click = pl.Series(dice.uniform(15, 150, size) * SECOND)
    cart = pl.Series(dice.uniform(2, 14, size) * SECOND)
    hour = pl.max_horizontal(pl.col("hour") - pl.col("gap"), "start")
    clicks = placed.with_columns(gap=click, kind=pl.lit("product_click")).filter(among(dice, 0.92, size))
    carts = placed.with_columns(gap=cart, kind=pl.lit("add_to_cart")).filter(among(dice, 0.8, size))
    return pl.concat([clicks, carts]).with_columns(hour=hour, text=pl.lit(None, pl.Int64)).select(ACTION)


def browse(settings: SeasonSettings, listings: pl.DataFrame) -> pl.DataFrame:
    """Those who only look: they follow the interest of the days to come, so that clicks lead sales."""
    dice = settings.chance("browsing")
    interest = np.exp(listings["log_lead"].to_numpy() + dice.normal(0.0, 0.15, listings.height))
    mean = (settings.clicks_per_order * interest + 0.4) * listings["takes_place"].to_numpy()
    clicks = _repeated(settings, listings, "looks", dice.poisson(mean)).with_columns(kind=pl.lit("product_click"))
    end = listings["end"].to_numpy()[clicks["listing"].to_numpy()]
    later = np.minimum(clicks["hour"].to_numpy() + dice.uniform(3, 90, clicks.height) * SECOND, end - SECOND)
    carts = clicks.with_columns(kind=pl.lit("add_to_cart"), hour=pl.Series(later))
    return pl.concat([clicks, carts.filter(among(dice, 0.13, clicks.height))])


def asked(settings: SeasonSettings, listings: pl.DataFrame, browsing: pl.DataFrame) -> pl.DataFrame:
    """One in fourteen who look asks: about price, stock and shipping, and, of what is worn, about size."""
    dice = settings.chance("questions")
    chosen = browsing.filter(among(dice, 1 / 14, browsing.height))
    low, high = places(ASKING)
    worn = listings["sized"].to_numpy()[chosen["listing"].to_numpy()]
    text = dice.integers(low, np.where(worn, high + len(ASKING_SIZE), high))
    return chosen.with_columns(kind=pl.lit("comment"), text=pl.Series(text)).select(ACTION)


def opinions(settings: SeasonSettings, listings: pl.DataFrame) -> pl.DataFrame:
    """Those who bought before praise good goods and complain about bad ones: what foretells returns."""
    dice = settings.chance("opinions")
    quality = listings["quality"].to_numpy()
    known = np.exp(0.7 * listings["log_mean"].to_numpy()) * listings["takes_place"].to_numpy()
    said = []
    for stage, phrases, share in (
        ("praise", PRAISE, 0.12 * quality),
        ("complaints", COMPLAINT, 0.9 * (1 - quality) ** 2),
    ):
        rows = _repeated(settings, listings, stage, dice.poisson(known * share))
        said.append(
            rows.with_columns(kind=pl.lit("comment"), text=pl.Series(dice.integers(*places(phrases), rows.height)))
        )
    return pl.concat(said)


def outages(listings: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """The sell-outs and the restocks, as the seller's own back office states them, without a viewer."""
    first = pl.col("out").min(), pl.col("back").min(), pl.col("out_again").min()
    stops = sold.group_by("listing", maintain_order=True).agg(first).join(listings, on="listing", maintain_order="left")
    told = [
        stops.filter(pl.col(moment) < pl.col("end")).select("listing", kind=pl.lit(kind), hour=pl.col(moment) + SECOND)
        for kind, moment in (("sold_out", "out"), ("restock", "back"), ("sold_out", "out_again"))
    ]
    silent = {"viewer": pl.lit(None, pl.Int64), "text": pl.lit(None, pl.Int64)}
    return pl.concat(told).with_columns(**silent).select(ACTION)


def _repeated(settings: SeasonSettings, listings: pl.DataFrame, stage: str, counts: Ints) -> pl.DataFrame:
    """One action for each count, at a moment of its listing, by somebody; its kind is still open."""
    dice = settings.chance(stage)
    listing = np.repeat(np.arange(listings.height), counts)
    viewer = viewers(settings, dice, len(listing))
    hour = moments(dice, listings[listing.tolist()])
    silent = {"kind": pl.lit(None, pl.String), "text": pl.lit(None, pl.Int64)}
    return pl.DataFrame({"listing": listing, "viewer": viewer, "hour": hour}).with_columns(**silent).select(ACTION)
