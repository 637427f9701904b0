"""The contract's tables about plans: sessions, line-ups, products, suppliers and stock."""

import polars as pl

from features.season.dice import among
from features.season.naming import PRODUCT, SESSION, conform, ids, instant
from features.season.settings import SeasonSettings
from features.season.words import CATEGORIES, STYLES
from features.season.world import World

REPRICED_SHARE = 0.03
# Products that say nothing of their supplier, launch, cost and salvage value.
SILENT_SHARES = (0.02, 0.05, 0.06, 0.1)


def sessions(settings: SeasonSettings, world: World, shows: pl.DataFrame) -> pl.DataFrame:
    """The plan of each broadcast and what became of it; the facts are filled in when they happen."""
    dice = settings.chance("sessions told")
    room = world.rooms.select("room_id", "platform", "followers")[shows["room"].to_list()]
    held = pl.col("takes_place")
    told = shows.hstack(room).with_columns(
        session_id=SESSION,
        anchor_id=ids("A", "anchor", 2),
        announced_at=instant(settings, "announced"),
        scheduled_at=instant(settings, "scheduled").dt.truncate("1m"),
        started_at=pl.when(held).then(instant(settings, "start")),
        ended_at=pl.when(held).then(instant(settings, "end")),
        followers=(pl.col("followers") * pl.col("followers_growth")).round().cast(pl.Int64),
    )
    hidden = among(dice, 0.02, shows.height)
    return conform("sessions", told.with_columns(followers=pl.when(~pl.lit(hidden)).then("followers")))


def lineups(settings: SeasonSettings, listings: pl.DataFrame) -> pl.DataFrame:
    """The listings as announced, and, of the few whose price was changed afterwards, the later version too."""
    dice = settings.chance("repricing")
    changed = among(dice, REPRICED_SHARE, listings.height)
    when = pl.col("announced") + pl.Series(dice.uniform(0.2, 0.9, listings.height)) * (
        pl.col("scheduled") - pl.col("announced")
    )
    told = listings.with_columns(
        session_id=SESSION,
        product_id=PRODUCT,
        announced_at=instant(settings, "announced"),
        planned_minutes=(pl.col("planned_minutes") / pl.col("of")).round().cast(pl.Int64),
        received_at=pl.when(changed).then(instant(settings, when)),
    )
    first = told.filter(changed).with_columns(
        price=(pl.col("list_price") * 0.95).round(2),
        received_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )
    return conform("lineups", pl.concat([told, first]).sort("session", "position", "received_at", nulls_last=False))


def products(settings: SeasonSettings, world: World) -> pl.DataFrame:
    """What can be sold; some merchants keep their cost, their salvage value or their launch day to themselves.

    Every title says that the product is simulated, so that every list made from it says so too.
    """
    dice = settings.chance("products told")
    goods = world.products.with_row_index("product")
    no_supplier, no_launch, no_cost, no_salvage = (among(dice, share, goods.height) for share in SILENT_SHARES)
    title = [
        f"{STYLES[s]}{CATEGORIES[k].word} {i:04d} (simulated)"
        for i, (s, k) in enumerate(goods.select("style", "kind").rows())
    ]
    told = goods.with_columns(
        product_id=PRODUCT,
        merchant_id=ids("M", "merchant", 2),
        supplier_id=pl.when(~pl.lit(no_supplier)).then(ids("U", "supplier", 2)),
        category=pl.Series([CATEGORIES[k].path for k in goods["kind"]]),
        title=pl.Series(title),
        unit_cost=(pl.col("list_price") * pl.col("cost_share")).round(2),
        launched_at=pl.when(~pl.lit(no_launch)).then(instant(settings, pl.col("launch_day") * 24)),
    ).with_columns(
        unit_cost=pl.when(~pl.lit(no_cost)).then("unit_cost"),
        salvage_value=pl.when(~pl.lit(no_salvage)).then(
            (pl.col("unit_cost") * pl.col("salvage_share")).round(2),
        ),
    )
    return conform("products", told)


def suppliers(world: World) -> pl.DataFrame:
    """Who makes the products, how fast and in what lots."""
    return conform("suppliers", world.suppliers)


def stock(settings: SeasonSettings, counted: pl.DataFrame) -> pl.DataFrame:
    """What the warehouse counted."""
    told = counted.with_columns(product_id=PRODUCT, as_of=instant(settings, pl.col("day") * 24.0))
    return conform("stock", told)
