"""A whole season of live selling, played from a seed: what an exporter would deliver, and what only the dice know."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.contracts import TABLES
from features.known import known_at
from features.season import (
    crowd,
    demand,
    engagement,
    happenings,
    records,
    returning,
    schedule,
    selling,
    warehouse,
    world,
)
from features.season.naming import PRODUCT, SESSION
from features.season.settings import SeasonSettings


@dataclass(frozen=True, eq=False)
class Season:
    """A simulated season.

    tables: the contract's landing tables, holding only what was known before `as_of` (stock: at it).
    truth: session_id, product_id, demand, sold, sold_out, return_rate of every listing whose session takes place, those
    after the cut too. It is there to judge with, never to learn from.
    """

    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame
    as_of: datetime


@dataclass(frozen=True, eq=False)
class Play:
    """What is played before anything is written down: the cast, the plan and the sales, in codes and hours."""

    cast: world.World
    shows: pl.DataFrame
    listings: pl.DataFrame
    orders: pl.DataFrame


def simulate(settings: SeasonSettings) -> Season:
    """Play the season; the same settings give the same bytes."""
    play = played(settings)
    everything = told(settings, play)
    return Season(tables=cut(everything, settings.as_of), truth=truth(play), as_of=settings.as_of)


def played(settings: SeasonSettings) -> Play:
    """The cast is drawn, the plan made, viewers order, stock runs out."""
    cast = world.build(settings)
    shows = schedule.sessions(settings, cast)
    listings = schedule.lineups(settings, cast, shows)
    listings = demand.expected(settings, cast, demand.priced(settings, cast, shows, listings))
    listings = selling.caps(settings, listings)
    return Play(cast, shows, listings, selling.fulfilled(listings, selling.orders(settings, listings)))


def told(settings: SeasonSettings, play: Play) -> dict[str, pl.DataFrame]:
    """All of it in the contract's tables, what nobody can know yet included."""
    stops = engagement.outages(play.listings, play.orders)
    actions = pl.concat([engagement.actions(settings, play.listings, play.orders), stops])
    moves = crowd.moves(settings, play.cast, play.shows)
    raw, counted = happenings.split(play.cast, play.shows, play.listings, (actions, moves))
    sold = sales(play)
    ordered = happenings.orders(settings, sold)
    return {
        "suppliers": records.suppliers(play.cast),
        "products": records.products(settings, play.cast),
        "sessions": records.sessions(settings, play.cast, play.shows),
        "lineups": records.lineups(settings, play.listings),
        "orders": ordered,
        "returns": happenings.returns(settings, returning.returns(settings, play.listings, sold), ordered),
        "events": happenings.events(settings, raw),
        "event_counts": happenings.event_counts(settings, counted),
        "stock": records.stock(settings, warehouse.counts(settings, play.listings)),
    }


def sales(play: Play) -> pl.DataFrame:
    """The orders that were served, in time, with what their listing says of them."""
    traits = play.listings.select("listing", "session", "product", "price")
    served = play.orders.filter(pl.col("units") > 0).select("listing", "hour", "units", "viewer")
    return served.join(traits, on="listing", how="left", maintain_order="left").sort(
        "hour", "listing", "viewer", "units"
    )


def cut(everything: dict[str, pl.DataFrame], as_of: datetime) -> dict[str, pl.DataFrame]:
    """Only what was known strictly before the cut; a stock count at the cut itself is known."""
    known = {name: frame.filter(known_at(name) < as_of) for name, frame in everything.items() if name != "stock"}
    facts = [pl.when(pl.col(name) < as_of).then(name).alias(name) for name in ("started_at", "ended_at")]
    listed = pl.col("product_id").is_in(known["lineups"]["product_id"].implode())
    launched = pl.col("launched_at").is_null() | (pl.col("launched_at") < as_of)
    known["sessions"] = known["sessions"].with_columns(facts)
    known["products"] = known["products"].filter(listed | launched)
    known["stock"] = everything["stock"].join(known["products"], on="product_id", how="semi", maintain_order="left")
    return {name: known[name] for name in TABLES}


def truth(play: Play) -> pl.DataFrame:
    """What each listing would have sold and did sell; sessions that never start have no truth."""
    totals = play.orders.group_by("listing").agg(
        demand=pl.col("wanted").sum(),
        sold=pl.col("units").sum(),
        sold_out=pl.col("out").is_not_null().any(),
    )
    return (
        play.listings.with_columns(return_rate=returning.rates(play.listings))
        .filter("takes_place")
        .join(totals, on="listing", how="left", maintain_order="left")
        .select(
            SESSION.alias("session_id"),
            PRODUCT.alias("product_id"),
            pl.col("demand").fill_null(0).cast(pl.Int64),
            pl.col("sold").fill_null(0).cast(pl.Int64),
            pl.col("sold_out").fill_null(value=False),
            "return_rate",
        )
    )
