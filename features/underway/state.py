"""All that is kept up while sessions run, minute by minute."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ingredient import VIEWERS, Ingredient
from features.ledger import Ints
from features.underway.board import Board
from features.underway.delivery import Heard
from features.underway.familiar import Familiar
from features.underway.presence import Presence, pair, whole_pairs
from features.underway.shelf import Shelf
from features.underway.totals import SOLD, Totals


@dataclass(eq=False)
class State:
    """What has come together before the minute under way, and in it.

    Rows belong to the minute in which they were learnt of, so that minutes that are over never change.
    """

    board: Board
    minute: int
    totals: Totals
    presence: Presence
    familiar: Familiar
    shelf: Shelf

    def reserve(self, pairs: int) -> None:
        """Make room for so many more pairs of viewers and what they watch."""
        self.presence.seen.reserve(pairs)
        self.familiar.rooms.reserve(pairs // 2)

    def look_up(self, one: Ingredient) -> Ints:
        """A look-up at the minute under way, by key."""
        if one.measure == VIEWERS:
            return self.presence.between(one.length, self.minute)
        return self.totals.between(one, self.minute)

    def hear(self, heard: Heard) -> None:
        """Take up rows of the minute under way."""
        for rows, told in ((heard.actions, self._acted), (heard.turns, self._turned), (heard.orders, self._ordered)):
            if not rows.is_empty():
                told(rows)

    def close(self) -> None:
        """The minute under way is over, and the next begins."""
        self.shelf.close(self.minute, self.totals)
        self.familiar.close(self.totals)
        self.totals.close(self.minute)
        self.presence.close(self.minute)
        self.minute += 1

    def _acted(self, actions: pl.DataFrame) -> None:
        session, product, viewer, kind, times = (
            actions[name].to_numpy() for name in ("session", "product", "viewer", "kind", "times")
        )
        own, listing = self.board.keys_of(session, product)
        self.totals.count(kind, own, times)
        self.totals.count(kind, listing, times)
        self.shelf.alive(own, self.minute)
        pairs = whole_pairs(np.concatenate((pair(own, viewer), pair(listing, viewer))))
        self.familiar.met(pairs, self.presence.sighted(pairs, self.minute), self.minute, self.totals)
        elsewhere = np.flatnonzero((own < 0) & (viewer >= 0))
        self.familiar.entered(session[elsewhere], viewer[elsewhere], self.minute)

    def _turned(self, turns: pl.DataFrame) -> None:
        own, listing = self.board.keys_of(turns["session"].to_numpy(), turns["product"].to_numpy())
        self.shelf.alive(own, self.minute)
        self.shelf.said(turns, listing)

    def _ordered(self, orders: pl.DataFrame) -> None:
        session, product, viewer = (orders[name].to_numpy() for name in ("session", "product", "viewer"))
        own, listing = self.board.keys_of(session, product)
        sums = orders.select(pl.lit(1, pl.Int64).alias("orders"), "units", "revenue")
        for measure in SOLD:
            amount = np.broadcast_to(sums[measure].to_numpy(), own.shape)
            self.totals.add(measure, own, amount)
            self.totals.add(measure, listing, amount)
        self.shelf.sold(orders, own, listing)
        anchor = np.append(self.board.anchor, -1)[session]
        self.familiar.bought_of(anchor, viewer)
        self.familiar.bought_of(np.where(product >= 0, self.familiar.sold_as(product), -1), viewer)
