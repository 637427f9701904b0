"""What a listing's first minutes and its sell-out tell: when, how soon, how fast, and who could not buy any more."""

import polars as pl

from features.contracts import Tables
from features.known import facts
from features.ledger import minute_of
from features.outages import LISTING, changes, first_known

MEASURES = (
    "outs", "minutes_to_out", "units_to_out", "clicks_out", "carts_out", "carted", "minutes_to_cart", "opened_minute",
)  # fmt: skip
_WANTED = ("clicks", "carts")


def evidence(tables: Tables, acted: pl.DataFrame, showings: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of ids, minute and some of `MEASURES`.

    Args:
        tables: the landing tables.
        acted: what viewers did: ids, minute and one column a kind of action.
        showings: `features.episodes.shown`.
    """
    each = asked_for(acted)
    return [
        _sold_out(tables, showings),
        _in_vain(each, changes(tables, showings)),
        _first_carts(each),
        openings(tables, each).with_columns(minute="opened_minute"),
    ]


def _sold_out(tables: Tables, showings: pl.DataFrame) -> pl.DataFrame:
    """The first time that each listing ran out: how long it had been on show, and what it had sold."""
    out = first_known(tables, showings)
    sold = (
        facts(tables["orders"], "orders")
        .join(out, on=LISTING)
        .filter(pl.col("known_at") <= pl.col("capped_known"))
        .group_by(LISTING)
        .agg(pl.col("units").sum().alias("units_to_out"))
    )
    minute = minute_of(pl.col("capped_known"))
    return (
        out.join(showings.select(*LISTING, shown_minute="minute"), on=LISTING)
        .join(sold, on=LISTING, how="left")
        .select(
            *LISTING,
            minute=pl.max_horizontal(minute, "shown_minute"),
            outs=pl.lit(1, pl.Int64),
            minutes_to_out=(minute - pl.col("shown_minute")).clip(0),
            units_to_out=pl.col("units_to_out").fill_null(0),
        )
    )


def _in_vain(each: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Clicks and carts of listings that were known, when their minute began, to have nothing left."""
    known = turns.with_columns(known_minute=minute_of(pl.col("known_at")))
    latest = known.sort("known_at", "ts", "out").group_by(*LISTING, "known_minute", maintain_order=True).last()
    return (
        each.sort("minute")
        .join_asof(
            latest.sort("known_minute"),
            left_on="minute",
            right_on="known_minute",
            by=list(LISTING),
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .filter("out")
        .select(*LISTING, "minute", clicks_out="clicks", carts_out="carts")
    )


def _first_carts(each: pl.DataFrame) -> pl.DataFrame:
    """Each listing's first cart: how long after the first click or cart."""
    carted = each.filter(pl.col("carts") > 0).group_by(LISTING).agg(pl.col("minute").min())
    began = each.group_by(LISTING).agg(pl.col("minute").min().alias("first"))
    return carted.join(began, on=LISTING).select(
        *LISTING, "minute", carted=pl.lit(1, pl.Int64), minutes_to_cart=pl.col("minute") - pl.col("first")
    )


def openings(tables: Tables, wanted: pl.DataFrame) -> pl.DataFrame:
    """When each listing opened: ids and `opened_minute`, the minute since 1970 of its first click, cart or order.

    Args:
        tables: the landing tables.
        wanted: ids and minute of clicks and carts.
    """
    sold = facts(tables["orders"], "orders").select(*LISTING, minute=minute_of(pl.col("known_at")))
    return (
        pl.concat([wanted.select(*LISTING, "minute"), sold])
        .group_by(LISTING)
        .agg(pl.col("minute").min().alias("opened_minute"))
    )


def asked_for(acted: pl.DataFrame) -> pl.DataFrame:
    """The minutes in which listings drew clicks or carts, and how many: sorted."""
    wanted = acted.lazy().filter(pl.any_horizontal(pl.col(_WANTED) > 0)).select(*LISTING, "minute", *_WANTED)
    return wanted.group_by(*LISTING, "minute").agg(pl.col(_WANTED).sum()).sort(*LISTING, "minute").collect()
