"""Who had been seen and who had bought before sessions are followed live."""

import numpy as np
import polars as pl

from features.condensed import ACTED, SEEN
from features.contracts import Tables
from features.known import facts
from features.ledger import Ints, minute_of
from features.placing import placed
from features.underway.board import Board, codes
from features.underway.delivery import Viewers
from features.underway.familiar import Familiar
from features.underway.presence import once, pair


def present(told: Tables, board: Board, viewers: Viewers) -> tuple[Ints, Ints]:
    """When each viewer was last seen in each session and listing: pairs of key and viewer, each once, and minutes."""
    acted, seen = told[ACTED], told[SEEN]
    bucket, minute = seen["bucket"].to_numpy(), acted["minute"].to_numpy()
    keys = [key[bucket] for key in board.keys(acted)]
    there = keys[0] >= 0  # a listing's viewers are its session's
    viewer = viewers.coded(seen["viewer_id"].filter(pl.Series(there)))
    pairs = np.concatenate([pair(key[there], viewer)[key[there] >= 0] for key in keys])
    minutes = np.concatenate([minute[bucket[there]][key[there] >= 0] for key in keys])
    order = np.lexsort((minutes, pairs))
    last = order[np.flatnonzero(np.diff(pairs[order], append=0))]
    return pairs[last], minutes[last]


def familiar(told: Tables, board: Board, viewers: Viewers) -> Familiar:
    """Who was seen in which room, and who had bought."""
    known = Familiar(board)
    near = pl.col("session_id").is_in(board.sessions.implode())
    acts = told[ACTED].select("session_id", "product_id", "minute").with_row_index("bucket").filter(near)
    where = acts.pipe(placed, told).select(
        pl.col("bucket").cast(pl.Int64), "session_id", "room_id", "anchor_id", minute="session_minute"
    )
    seen = told[SEEN].join(where, on="bucket")
    seen = seen.with_columns(viewer=pl.Series(viewers.coded(seen["viewer_id"]), dtype=pl.Int64))
    listed = pl.col("product_id").is_in(board.products.implode())
    sold = (
        facts(told["orders"], "orders")
        .filter(near | listed, pl.col("viewer_id").is_not_null())
        .select("session_id", "product_id", "viewer_id", minute_of(pl.col("known_at")).alias("minute"))
        .pipe(placed, told)
    )
    rooms, viewer = codes(seen["room_id"], board.rooms), seen["viewer"].to_numpy()
    known.rooms.exchange(once(pair(rooms, viewer)[rooms >= 0]), 1)
    buyer = viewers.coded(sold["viewer_id"])
    known.bought_of(codes(sold["anchor_id"], board.anchors), buyer)
    product = codes(sold["product_id"], board.products)
    known.bought_of(np.where(product >= 0, known.sold_as(product), -1), buyer)
    known.settle()
    _moved(known, board, seen, sold)
    return known


def _moved(known: Familiar, board: Board, seen: pl.DataFrame, sold: pl.DataFrame) -> None:
    """Sessions whose room or anchor changed after viewers came.

    A viewer is settled whom the present anchor saw, or who had bought of another before that one first saw him.
    """
    session = codes(seen["session_id"], board.sessions)
    room, anchor = codes(seen["room_id"], board.rooms), codes(seen["anchor_id"], board.anchors)
    own, same = board.own[session], anchor == board.anchor[session]
    known.moved[own[(own >= 0) & ~(same & (room == board.room[session]))]] = True
    here = seen.with_columns(own=pl.Series(own), same=pl.Series(same)).filter(
        pl.col("own").is_in(np.flatnonzero(known.moved).tolist())
    )
    since = sold.group_by("anchor_id", "viewer_id").agg(pl.col("session_minute").min().alias("since"))
    settled = (
        here.group_by("own", "viewer", "anchor_id", "viewer_id")
        .agg(pl.col("minute").min(), pl.col("same").any())
        .join(since, on=["anchor_id", "viewer_id"], how="left")
        .filter(pl.col("same") | (pl.col("since") < pl.col("minute")))
    )
    known.judged.exchange(once(pair(settled["own"].to_numpy(), settled["viewer"].to_numpy())), 1)
