"""The sessions under way and their listings as numbers."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.contracts import Tables
from features.entities import coded, vocabulary
from features.known import versions
from features.ledger import Ints


@dataclass(frozen=True, eq=False)
class Board:
    """Which sessions are under way, with which listings, and whose doings matter to them.

    A key is the place of a session or a listing in all that is kept up: first the sessions under way, then listings.

    Attributes:
        sessions: ids of the sessions under way, and of others in their rooms or with their anchors; sorted.
        products: ids of what is listed; sorted.
        rooms: ids of the sessions' rooms; sorted.
        anchors: ids of the sessions' anchors; sorted.
        own: the key of each of `sessions`; -1 for those not under way.
        listed: the key of each pair of a session's key and a product; -1 where there is no such listing, and in the
            last row and column, so that -1 for no session and no product finds -1.
        room: the room of each of `sessions`; -1 for others and where it is not known.
        anchor: their anchors, likewise.
        listings: session_id and product_id in the order of their keys.
    """

    sessions: pl.Series
    products: pl.Series
    rooms: pl.Series
    anchors: pl.Series
    own: Ints
    listed: Ints
    room: Ints
    anchor: Ints
    listings: pl.DataFrame

    @property
    def open(self) -> int:
        """How many sessions are under way."""
        return len(self.listed) - 1

    @property
    def size(self) -> int:
        """How many keys there are."""
        return self.open + self.listings.height

    @property
    def under_way(self) -> Ints:
        """The place in `sessions` of each session's key."""
        return np.flatnonzero(self.own >= 0)

    @property
    def session_of(self) -> Ints:
        """The session's key of each listing, in the order of their keys."""
        return self.own[codes(self.listings["session_id"], self.sessions)]

    @property
    def product_of(self) -> Ints:
        """The product of each listing."""
        return codes(self.listings["product_id"], self.products)

    def keys(self, rows: pl.DataFrame) -> tuple[Ints, Ints]:
        """Of rows with session_id and product_id the keys of their sessions and of their listings; -1 for none."""
        return self.keys_of(codes(rows["session_id"], self.sessions), codes(rows["product_id"], self.products))

    def keys_of(self, session: Ints, product: Ints) -> tuple[Ints, Ints]:
        """The same of codes; -1 for none."""
        own = np.take(np.append(self.own, -1), session, mode="wrap")
        return own, np.take(self.listed.ravel(), own * self.listed.shape[1] + product, mode="wrap")


def board(tables: Tables, listings: pl.DataFrame) -> Board:
    """The board of some listings (session_id, product_id), as their sessions' plans are known."""
    pairs = listings.select("session_id", "product_id").unique().sort("session_id", "product_id")
    own = vocabulary(pairs["session_id"])
    plans = versions(tables["sessions"], "sessions").select("session_id", "room_id", "anchor_id")
    mine = plans.filter(pl.col("session_id").is_in(own.implode())).unique(
        "session_id", keep="last", maintain_order=True
    )
    rooms, anchors = vocabulary(mine["room_id"]), vocabulary(mine["anchor_id"])
    near = pl.col("room_id").is_in(rooms.implode()) | pl.col("anchor_id").is_in(anchors.implode())
    sessions = vocabulary(own, plans.filter(near)["session_id"])
    products = vocabulary(pairs["product_id"])
    last = sessions.to_frame("session_id").join(
        plans.unique("session_id", keep="last", maintain_order=True),
        on="session_id",
        how="left",
        maintain_order="left",
    )
    listed = np.full((len(own) + 1, len(products) + 1), -1, dtype=np.int64)
    place = codes(pairs["session_id"], own), codes(pairs["product_id"], products)
    listed[place] = len(own) + np.arange(pairs.height)
    return Board(
        sessions=sessions,
        products=products,
        rooms=rooms,
        anchors=anchors,
        own=codes(sessions, own),
        listed=listed,
        room=codes(last["room_id"], rooms),
        anchor=codes(last["anchor_id"], anchors),
        listings=pairs,
    )


def codes(values: pl.Series, words: pl.Series) -> Ints:
    """The place of each value in a sorted vocabulary; -1 for null and for values not in it."""
    number = coded(pl.col("value"), words).cast(pl.Int64).fill_null(-1)
    return values.alias("value").to_frame().select(number).to_series().to_numpy()
