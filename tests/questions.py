"""At which instants to ask for features, and of which listings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from features.contract import INSTANT
from features.contracts import Tables


def cutoffs(tables: Tables) -> list[datetime]:
    """The data's own instants and the beginnings and ends of their minutes, each one microsecond to each side too."""
    columns = [
        frame[name].unique() for frame in tables.values() for name, kind in frame.schema.items() if kind == INSTANT
    ]
    own = pl.concat(columns).drop_nulls()
    minute = own.dt.truncate("1m")
    near = pl.concat([own, minute, minute + timedelta(minutes=1)])
    return pl.concat([near + timedelta(microseconds=shift) for shift in (-1, 0, 1)]).unique().sort().to_list()


def just_before_starts(tables: Tables) -> list[datetime]:
    """The last instants at which stated starts still lie ahead though the plan is past and the statement known."""
    known = pl.max_horizontal(pl.coalesce("received_at", "announced_at"), "scheduled_at")
    late = tables["sessions"].filter(pl.col("started_at") > known)["started_at"].unique().sort()
    return (late - timedelta(microseconds=1)).to_list()


def asked(tables: Tables, instants: Sequence[datetime]) -> pl.DataFrame:
    """Every listing, and two that do not exist, at each of some cutoffs."""
    listings = tables["lineups"].select("session_id", "product_id").unique().sort("session_id", "product_id")
    ghosts = pl.DataFrame({"session_id": ["ghost", "S0"], "product_id": ["P0", "ghost"]})
    at = pl.DataFrame({"cutoff": instants}, schema={"cutoff": INSTANT})
    return pl.concat([listings, ghosts]).join(at, how="cross")


def during(tables: Tables, number: int) -> list[datetime]:
    """Evenly spread cutoffs from the first to the last instant at which something was ordered or done."""
    told = pl.concat([tables[name].select("ts") for name in ("orders", "events")])["ts"].unique().sort()
    return [told[place * (len(told) - 1) // number] for place in range(1, number + 1)] if len(told) else []
