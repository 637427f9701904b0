"""The contract's tables about what happened: events, counted events, orders and returns."""

import polars as pl

from features.season.naming import HOUR_MICROSECONDS, PRODUCT, SESSION, VIEWER, conform, ids, instant, word
from features.season.settings import SeasonSettings
from features.season.words import COMMENTS, REASONS
from features.season.world import World

LATE_HOURS = 36.0
LIKES_COUNTED_ON = "shop_app"


def split(
    world: World, shows: pl.DataFrame, listings: pl.DataFrame, happened: tuple[pl.DataFrame, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is exported as raw actions, and what only as counts: never both for one session and kind.

    One room exports nothing but counts (its sell-outs come from the seller); one platform counts its likes.
    """
    actions, moves = happened
    shown = listings.select("listing", "session", "product")
    rows = pl.concat(
        [
            actions.join(shown, on="listing", how="left", maintain_order="left").drop("listing"),
            moves.with_columns(product=pl.lit(None, pl.Int64)).select(*moves.columns, "product"),
        ],
        how="diagonal",
    )
    rooms = world.rooms[shows["room"].to_list()].select("only_counts", "platform")
    ways = shows.select("session").hstack(rooms)
    back_office = pl.col("kind").is_in(["sold_out", "restock"])
    counted = (pl.col("only_counts") & ~back_office) | (
        (pl.col("platform") == LIKES_COUNTED_ON) & (pl.col("kind") == "like")
    )
    marked = rows.join(ways, on="session", how="left", maintain_order="left").with_columns(counted=counted)
    return marked.filter(~pl.col("counted")), marked.filter("counted")


def events(settings: SeasonSettings, rows: pl.DataFrame) -> pl.DataFrame:
    """Raw actions in time; the few that arrive late say when."""
    ordered = rows.sort("hour", "session", "kind", "product", "viewer").with_row_index("event")
    named = ordered.with_columns(
        event_id=ids("E", "event", 8),
        session_id=SESSION,
        product_id=PRODUCT,
        viewer_id=VIEWER,
        ts=instant(settings, "hour"),
        text=word(COMMENTS, "text"),
        received_at=late(settings, "late events", ordered["hour"]),
    )
    return conform("events", named)


def event_counts(settings: SeasonSettings, rows: pl.DataFrame) -> pl.DataFrame:
    """The same, counted per session, product, minute and kind, with the number of different viewers."""
    minute = instant(settings, "hour").dt.truncate("1m")
    keys = ("session", "minute", "kind", "product")
    told = (
        rows.with_columns(minute=minute)
        .group_by(keys)
        .agg(count=pl.len(), viewers=pl.col("viewer").drop_nulls().n_unique())
        .sort(keys)
        .with_columns(session_id=SESSION, product_id=PRODUCT)
    )
    return conform("event_counts", told)


def orders(settings: SeasonSettings, sold: pl.DataFrame) -> pl.DataFrame:
    """What was sold, and at what price; `sold` has session, product, viewer, hour, units, price."""
    named = sold.with_row_index("order").with_columns(
        order_id=ids("O", "order", 7),
        session_id=SESSION,
        product_id=PRODUCT,
        viewer_id=VIEWER,
        ts=instant(settings, "hour"),
        unit_price=pl.col("price"),
        received_at=late(settings, "late orders", sold["hour"]),
    )
    return conform("orders", named)


def returns(settings: SeasonSettings, back: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """What came back; the warehouse books it some hours after it arrived, and never before the order was known."""
    booking = pl.Series(settings.chance("booking").uniform(0.5, 20, back.height))
    learnt = ordered.select(order_known=pl.coalesce("received_at", "ts"))[back["order"].to_list()]
    arrived = pl.max_horizontal(instant(settings, "hour"), "order_known")
    named = (
        back.hstack(learnt)
        .with_row_index("return")
        .with_columns(
            return_id=ids("B", "return", 7),
            order_id=ids("O", "order", 7),
            ts=instant(settings, "hour"),
            reason=word(REASONS, "reason"),
            received_at=arrived + pl.duration(microseconds=(pl.lit(booking) * HOUR_MICROSECONDS).cast(pl.Int64)),
        )
    )
    return conform("returns", named)


def late(settings: SeasonSettings, stage: str, hours: pl.Series) -> pl.Series:
    """When a row that came late was received; null for the rest, which were known as they happened."""
    dice = settings.chance(stage)
    delay = pl.Series(dice.exponential(LATE_HOURS / 3, len(hours))).clip(0.05, LATE_HOURS)
    chosen = pl.Series(dice.random(len(hours)) < settings.late_share)
    frame = pl.DataFrame({"hour": hours, "delay": delay, "chosen": chosen})
    return frame.select(
        pl.when("chosen").then(instant(settings, pl.col("hour") + pl.col("delay"))),
    ).to_series()
