"""What listings under way tell of their stock and their first carts, as `features.evidence` has it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ledger import MICROSECONDS_A_MINUTE, Flags, Ints
from features.underway.board import Board
from features.underway.totals import Totals

NEVER: int = np.iinfo(np.int64).max

_SAID = pl.Schema({"known": pl.Int64(), "ts": pl.Int64(), "out": pl.Boolean(), "listing": pl.Int64()})


@dataclass(frozen=True, eq=False)
class Standing:
    """How each session and listing stands, in microseconds since 1970; `NEVER` for what has not happened.

    Attributes:
        scheduled: of each session, as first planned: signs of life count from then on.
        start: of each session, when it was known to have begun.
        announced: of each listing, when it was first known.
        cap: of each listing, the units that it may sell.
        full: of each listing, when the order was known by which it had sold them.
        filled: of each listing, when that order was made.
        wanted: of each listing, the minute of its first click or cart.
    """

    scheduled: Ints
    start: Ints
    announced: Ints
    cap: Ints
    full: Ints
    filled: Ints
    wanted: Ints


class Shelf:
    """Stock and first carts of all listings, kept up from minute to minute.

    Attributes:
        out: of each listing, whether it is known to have nothing left.
        gone: of each listing, when it was first known to have nothing left.
        counted: of each listing, whether its running out has been counted.
        carted: of each listing, whether a cart has been counted.
    """

    def __init__(self, board: Board, standing: Standing) -> None:
        """Nothing is out, nothing counted."""
        self._first, self._session, self._at = board.open, board.session_of, standing
        self.out: Flags = np.zeros(board.listings.height, dtype=bool)
        self.counted, self.carted = self.out.copy(), self.out.copy()
        self.gone: Ints = np.full(len(self.out), NEVER)
        self._turns: list[pl.DataFrame] = []
        self._orders: list[pl.DataFrame] = []

    def begin(self, minute: int, turns: pl.DataFrame) -> None:
        """Take up all words of stock known before a minute; those of the minute itself wait for its end.

        Args:
            minute: the first that is not over.
            turns: `known`, `ts`, `out` and `listing`, counted from the first.
        """
        instant = minute * MICROSECONDS_A_MINUTE
        caps = np.flatnonzero(np.maximum(self._at.full, self._shown()) < NEVER)
        self._turn(pl.concat([turns, self._caps(caps)]).filter(pl.col("known") < instant))
        self._turns.append(turns.filter(pl.col("known") >= instant))

    def alive(self, session: Ints, minute: int) -> None:
        """Actions in sessions: a sign of life, known for certain when their minute ends; negative keys are left out."""
        heard = np.flatnonzero(np.bincount(session + 1, minlength=1)[1:])
        begun = heard[self._at.scheduled[heard] // MICROSECONDS_A_MINUTE <= minute]
        self._at.start[begun] = np.minimum(self._at.start[begun], (minute + 1) * MICROSECONDS_A_MINUTE - 1)

    def sold(self, orders: pl.DataFrame, session: Ints, listing: Ints) -> None:
        """Orders (`delivery.ORDER`) of sessions' and listings' keys, and signs of life; negative ones are left out."""
        known = orders["known"].to_numpy()
        begun = (session >= 0) & (known >= np.append(self._at.scheduled, NEVER)[session])
        np.minimum.at(self._at.start, session[begun], known[begun])
        placed = orders.select("order_id", "known", "ts", "units", listing=pl.Series(listing - self._first))
        self._orders.append(placed.filter(pl.col("listing") >= 0))

    def said(self, turns: pl.DataFrame, listing: Ints) -> None:
        """Words of stock running out or coming back (`delivery.TURN`) of listings' keys; negative ones are left out."""
        placed = turns.select("known", "ts", "out", listing=pl.Series(listing - self._first))
        self._turns.append(placed.filter(pl.col("listing") >= 0))

    def close(self, minute: int, totals: Totals) -> None:
        """The minute under way is over."""
        self._open(minute, totals)
        self._want(minute, totals)
        self._fill(minute, totals)
        known = np.maximum(self._at.full, self._shown())
        caps = np.flatnonzero(known // MICROSECONDS_A_MINUTE == minute)
        if len(caps) or self._turns:
            self._turn(pl.concat([*self._turns, self._caps(caps)]))
        self._run_out(minute, totals)
        self._turns.clear()
        self._orders.clear()

    def _shown(self) -> Ints:
        return np.maximum(self._at.announced, self._at.start[self._session])

    def _caps(self, full: Ints) -> pl.DataFrame:
        """Words that of some listings all which may be sold is sold; known with the showing at the earliest."""
        known = np.maximum(self._at.full, self._shown())[full]
        return pl.DataFrame({"known": known, "ts": self._at.filled[full], "out": True, "listing": full}, schema=_SAID)

    def _want(self, minute: int, totals: Totals) -> None:
        """Clicks and carts: in vain where nothing was left when the minute began; and the first of them."""
        clicks, carts = (totals.of(name)[self._first :] for name in ("clicks", "carts"))
        totals.of("clicks_out")[self._first :] = np.where(self.out, clicks, 0)
        totals.of("carts_out")[self._first :] = np.where(self.out, carts, 0)
        wanted = self._at.wanted
        wanted[(wanted == NEVER) & (clicks + carts > 0)] = minute
        first = ~self.carted & (carts > 0)
        totals.of("carted")[self._first :] = first
        totals.of("minutes_to_cart")[self._first :] = np.where(first, minute - wanted, 0)
        self.carted |= first

    def _open(self, minute: int, totals: Totals) -> None:
        """Sessions that have begun, and listings that were clicked, put into a cart or ordered for the first time."""
        start, told = self._at.start // MICROSECONDS_A_MINUTE, totals.at(minute, "begun_minute")[: self._first]
        totals.of("begun_minute")[: self._first] = np.where((told == 0) & (start <= minute), start, 0)
        asked = sum(totals.of(name)[self._first :] for name in ("clicks", "carts", "orders"))
        told = totals.at(minute, "opened_minute")[self._first :]
        totals.of("opened_minute")[self._first :] = np.where((told == 0) & (asked > 0), minute, 0)

    def _fill(self, minute: int, totals: Totals) -> None:
        """The orders by which listings have now sold all that they may."""
        before, now = totals.at(minute, "units")[self._first :], totals.of("units")[self._first :]
        filled = np.flatnonzero((self._at.full == NEVER) & (now > 0) & (before + now >= self._at.cap))
        if not len(filled):
            return
        caps = pl.DataFrame({"listing": filled, "left": self._at.cap[filled] - before[filled]})
        last = (
            pl.concat(self._orders)
            .join(caps, on="listing")
            .sort("known", "order_id")
            .filter(pl.col("units").cum_sum().over("listing") >= pl.col("left"))
            .unique("listing", keep="first", maintain_order=True)
        )
        self._at.full[last["listing"].to_numpy()] = last["known"].to_numpy()
        self._at.filled[last["listing"].to_numpy()] = last["ts"].to_numpy()

    def _turn(self, turns: pl.DataFrame) -> None:
        ordered = turns.sort("known", "ts", "out")
        listing, out = ordered["listing"].to_numpy(), ordered["out"].to_numpy()
        self.out[listing] = out  # of several words of one listing the last is written last
        np.minimum.at(self.gone, listing[out], ordered["known"].to_numpy()[out])

    def _run_out(self, minute: int, totals: Totals) -> None:
        gone, shown = self.gone // MICROSECONDS_A_MINUTE, self._shown() // MICROSECONDS_A_MINUTE
        now = ~self.counted & (np.maximum(gone, shown) <= minute)
        totals.of("outs")[self._first :] = now
        totals.of("minutes_to_out")[self._first :] = np.where(now, np.maximum(gone - shown, 0), 0)
        self.counted |= now
