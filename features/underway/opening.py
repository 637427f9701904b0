"""What had come together before sessions are followed live: taken from the batch engine and its condensed tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.actions import counts
from features.condensed import ACTED
from features.contracts import Tables
from features.entities import ENTITIES, Codes
from features.history import Cutoffs, history
from features.ingredient import Ingredient
from features.known import facts
from features.ledger import Ints, minute_of
from features.past import Past
from features.trade import REVENUE
from features.underway.board import Board
from features.underway.delivery import Viewers
from features.underway.presence import Presence
from features.underway.seen import familiar, present
from features.underway.state import State
from features.underway.stocked import stocked
from features.underway.totals import KEPT, Totals


@dataclass(frozen=True, eq=False)
class Opening:
    """What is known when sessions are opened, all of it learnt of before a minute.

    Attributes:
        told: condensed tables that hold nothing else.
        before: `features.past.past` of them.
        board: the sessions and listings to follow.
        minute: the first that is not over.
    """

    told: Tables
    before: tuple[Past, Codes]
    board: Board
    minute: int

    def state(self, wanted: Sequence[Ingredient], viewers: Viewers) -> State:
        """All that is kept up for look-ups that are `totals.kept_up`, as it stands; viewers get their codes."""
        totals = self._totals(wanted)
        presence = Presence(self.board.size, totals.kept)
        presence.begin(*present(self.told, self.board, viewers), self.minute)
        return State(
            board=self.board,
            minute=self.minute,
            totals=totals,
            presence=presence,
            familiar=familiar(self.told, self.board, viewers),
            shelf=stocked(self.told, self.board, self.minute, totals),
        )

    def look_up(self, things: pl.DataFrame, asked: Sequence[Ingredient], minutes: Ints) -> pl.DataFrame:
        """Look-ups of things (session_id, product_id) at each of some minutes; all things at the first, and so on."""
        happened, words = self.before
        parts = {part for names in ENTITIES.values() for part in names} - set(things.columns)
        rows = pl.concat([things] * len(minutes)).with_columns(pl.lit(None).alias(part) for part in parts)
        cutoff = np.repeat(minutes, things.height)
        return history(happened, asked).look_up(asked, words.encode(rows), Cutoffs(cutoff, cutoff))

    def _totals(self, wanted: Sequence[Ingredient]) -> Totals:
        totals = Totals(self.board.size, wanted)
        minutes = np.arange(self.minute - totals.kept + 1, self.minute + 1)
        own = self.board.listings.select(pl.col("session_id").unique().sort(), product_id=pl.lit(None, pl.String))
        keys = {"session": slice(0, self.board.open), "listing": slice(self.board.open, None)}
        for entity, things in (("session", own), ("listing", self.board.listings)):
            names = [name for name in totals.names if name.partition(":")[0] in KEPT[entity]]
            asked = [Ingredient(entity, name, "ever") for name in names]
            found = self.look_up(things, asked, minutes)
            for one in asked:
                told = found[one.name].to_numpy().reshape(len(minutes), -1)
                totals.before[minutes % totals.kept, totals.names.index(one.measure), keys[entity]] = told
        self._last_minutes(totals)
        return totals

    def _last_minutes(self, totals: Totals) -> None:
        """When something last came of each measure of whose gaps is asked."""
        sold = facts(self.told["orders"], "orders").select(
            "session_id", "product_id", "units", minute=minute_of(pl.col("known_at")), orders=pl.lit(1), revenue=REVENUE
        )
        for frame in (self.told[ACTED], counts(self.told), sold):
            minute, keys = frame["minute"].to_numpy(), self.board.keys(frame)
            for name in set(totals.gapped) & set(frame.columns):
                last, active = totals.last[totals.gapped.index(name)], frame[name].to_numpy() > 0
                for key in keys:
                    there = active & (key >= 0)
                    np.maximum.at(last, key[there], minute[there])
