"""How listings stood before their sessions are followed live: shown since when, with what cap, sold out or not."""

import numpy as np
import polars as pl

from features.actions import counts
from features.condensed import ACTED
from features.contracts import Tables
from features.episodes import shown_in, starts
from features.known import versions
from features.ledger import Ints
from features.outages import changes, reached
from features.underway.board import Board
from features.underway.shelf import NEVER, Shelf, Standing
from features.underway.totals import Totals

_LISTING = ["session_id", "product_id"]


def stocked(told: Tables, board: Board, minute: int, totals: Totals) -> Shelf:
    """The shelf at the beginning of a minute, from tables that hold what was known by then."""
    begun = starts(told)
    plans, lineups = versions(told["sessions"], "sessions"), versions(told["lineups"], "lineups")
    sessions = board.sessions.gather(board.under_way).to_frame("session_id")
    showings = shown_in(begun, told)
    caps = _caps(lineups, showings)
    full = reached(told, caps).unique(_LISTING, keep="first", maintain_order=True)
    standing = Standing(
        scheduled=_of(sessions, plans.group_by("session_id").agg(pl.col("scheduled_at").first()), "scheduled_at"),
        start=_of(sessions, begun, "start_known"),
        announced=_of(board.listings, lineups.group_by(_LISTING).agg(pl.col("known_at").min()), "known_at"),
        cap=_of(board.listings, caps, "units_offered"),
        full=_of(board.listings, full, "known_at"),
        filled=_of(board.listings, full, "ts"),
        wanted=_first_wanted(told, board),
    )
    shelf = Shelf(board, standing)
    shelf.counted |= totals.at(minute, "outs")[board.open :] > 0
    shelf.carted |= totals.at(minute, "carted")[board.open :] > 0
    shelf.begin(minute, _turns(changes(told, showings.clear()), board))
    return shelf


def _caps(lineups: pl.DataFrame, showings: pl.DataFrame) -> pl.DataFrame:
    """Units offered of what was shown as it was then, of all else as last announced."""
    last = lineups.unique(_LISTING, keep="last", maintain_order=True).join(showings, on=_LISTING, how="anti")
    offered = [frame.select(*_LISTING, "units_offered") for frame in (showings, last)]
    # Orders are wanted by when they were known themselves: when their listing was shown is kept apart.
    return pl.concat(offered).with_columns(shown_known=pl.lit(None, pl.Datetime("us", "UTC")))


def _turns(words: pl.DataFrame, board: Board) -> pl.DataFrame:
    listing = pl.Series("listing", board.keys(words)[1] - board.open)
    instants = [pl.col(name).dt.epoch("us").alias(alias) for name, alias in (("known_at", "known"), ("ts", "ts"))]
    return words.select(*instants, "out", listing).filter(pl.col("listing") >= 0)


def _of(things: pl.DataFrame, told: pl.DataFrame, column: str) -> Ints:
    """A column of what is told of each thing, instants in microseconds; `NEVER` where nothing is told."""
    keys = [name for name in _LISTING if name in things.columns]
    found = things.join(told.select(*keys, column), on=keys, how="left", maintain_order="left")[column]
    return found.cast(pl.Int64).fill_null(NEVER).to_numpy(writable=True)


def _first_wanted(told: Tables, board: Board) -> Ints:
    first = np.full(board.listings.height, NEVER)
    for frame in (told[ACTED], counts(told)):
        listing = board.keys(frame)[1] - board.open
        wanted = (listing >= 0) & frame.select(pl.col("clicks", "carts") > 0).select(
            pl.any_horizontal(pl.all())
        ).to_series().to_numpy()
        np.minimum.at(first, listing[wanted], frame["minute"].to_numpy()[wanted])
    return first
