"""Who orders what and when, and what happens when the stock runs out."""

import numpy as np
import polars as pl

from features.season.dice import viewers
from features.season.settings import SeasonSettings
from features.season.world import Floats

CAP_SHARE = 0.4
HIDDEN_CAP_SHARE = 0.08
BATCHED_SHARE = 0.35
# While the listing is presented, from then until the end, before its turn.
PHASE_ODDS = (0.72, 0.23, 0.05)
LAST_MOMENT = 0.001


def caps(settings: SeasonSettings, seen: pl.DataFrame) -> pl.DataFrame:
    """The listings with what may be sold: units_offered (stated), stock (true cap) and batch (first part of it).

    Merchants offer what they believe in, which is not what viewers will want; some run out without having said so.
    """
    dice = settings.chance("caps")
    size = seen.height
    odds = dice.random(size)
    belief = np.exp(seen["log_belief"].to_numpy() + dice.normal(0.0, 0.3, size)) * dice.uniform(0.8, 2.2, size)
    units = np.maximum(5, 5 * np.ceil(belief / 5)).astype(np.int64)
    batch = np.where(dice.random(size) < BATCHED_SHARE, np.ceil(units * dice.uniform(0.4, 0.8, size)), units)
    stated, capped = pl.Series(odds < CAP_SHARE), pl.Series(odds < CAP_SHARE + HIDDEN_CAP_SHARE)
    return seen.with_columns(
        listing=pl.int_range(pl.len()),
        units_offered=pl.when(stated).then(pl.Series(units)),
        stock=pl.when(capped).then(pl.Series(units)),
        batch=pl.when(capped).then(pl.Series(batch.astype(np.int64))),
        pause=pl.Series(dice.uniform(3, 12, size) / 60),
    )


def orders(settings: SeasonSettings, listings: pl.DataFrame) -> pl.DataFrame:
    """Every order that viewers want to place, in time, as if stock were unlimited: listing, hour, units, viewer."""
    dice = settings.chance("orders")
    wanted = dice.poisson(np.exp(listings["log_mean"].to_numpy()) * listings["takes_place"].to_numpy())
    listing = np.repeat(np.arange(listings.height), wanted)
    size = len(listing)
    return pl.DataFrame(
        {
            "listing": listing,
            "hour": moments(settings.chance("order times"), listings[listing.tolist()]),
            "wanted": 1 + dice.binomial(1, 0.13, size) + 2 * dice.binomial(1, 0.02, size),
            "viewer": viewers(settings, dice, size),
        },
    ).sort("listing", "hour")


def moments(dice: np.random.Generator, rows: pl.DataFrame) -> Floats:
    """When viewers act on a listing: mostly while it is presented, then until the end, rarely before its turn."""
    start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
    turn = (end - start) / rows["of"].to_numpy()
    stage = start + (rows["position"].to_numpy() - 1) * turn
    case = dice.choice(3, rows.height, p=PHASE_ODDS)
    share = dice.random(rows.height)
    shown = stage + turn * 0.45 * dice.exponential(1.0, rows.height)
    after = stage + share * (end - stage)
    before = start + share * (stage - start)
    hour: Floats = np.clip(np.choose(case, [shown, after, before]), start, end - LAST_MOMENT)
    return hour


def fulfilled(listings: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The orders with `units` that were really sold, and the hours `out`, `back`, `out_again` of their listing's stock.

    The first batch goes until it is gone; after a pause the rest is put on sale, until the cap. Who comes in between,
    or after the cap, gets nothing; the last one takes what is left.
    """
    limits = listings.select("listing", "batch", "pause", rest=pl.col("stock") - pl.col("batch"))
    came_back = (pl.col("hour") >= pl.col("back")).fill_null(value=False)
    return (
        orders.join(limits, on="listing", how="left", maintain_order="left")
        .with_columns(first=_filled("wanted", "batch"), out=_gone("wanted", "batch"))
        .with_columns(back=pl.when(pl.col("rest") > 0).then(pl.col("out") + pl.col("pause")))
        .with_columns(late=pl.when(came_back).then("wanted").otherwise(0))
        .with_columns(second=_filled("late", "rest"), out_again=_gone("late", "rest"))
        .with_columns(units=pl.col("first") + pl.when(came_back).then("second").otherwise(0))
    )


def _filled(wanted: str, limit: str) -> pl.Expr:
    """How much of each order a limit leaves, first come first served; a null limit leaves all of it."""
    before = pl.col(wanted).cum_sum().over("listing") - pl.col(wanted)
    left = (pl.col(limit) - before).clip(0, pl.col(wanted))
    return pl.when(pl.col(limit).is_null()).then(wanted).otherwise(left)


def _gone(wanted: str, limit: str) -> pl.Expr:
    """The hour of the order that takes the last unit; null where that never happens."""
    reached = (pl.col(limit) > 0) & (pl.col(wanted).cum_sum().over("listing") >= pl.col(limit))
    return pl.col("hour").filter(reached).min().over("listing")
