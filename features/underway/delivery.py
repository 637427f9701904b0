"""What is handed over while sessions run: landing rows as numbers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.actions import MEASURE_OF_KIND, MEASURES, actions, comments
from features.comments import Listener
from features.entities import coded
from features.known import facts
from features.ledger import MICROSECONDS_AN_HOUR, Flags, Ints
from features.slots import Slots, numbers
from features.trade import REVENUE
from features.underway.board import Board

_CODES = {"session": pl.Int64(), "product": pl.Int64(), "viewer": pl.Int64()}

ACT = pl.Schema(_CODES | {"kind": pl.Int64(), "known": pl.Int64(), "times": pl.Int64()})
"""An action, as `counting.ACTION` has it, in whole numbers as numpy works on them: -1 for no product and no viewer.

`times`: how many such actions; more than one where they were counted before they came to us."""

TURN = pl.Schema(
    {"session": pl.Int64(), "product": pl.Int64(), "known": pl.Int64(), "ts": pl.Int64(), "out": pl.Boolean()}
)
"""A word of stock running out (`out`) or coming back: codes, and the instants of learning and happening."""

ORDER = pl.Schema(
    {"order_id": pl.String()} | _CODES
    | {"known": pl.Int64(), "ts": pl.Int64(), "units": pl.Int64(), "revenue": pl.Int64()}
)  # fmt: skip
"""An order; its session is -1 where it is none of the board's. Revenue in ten-thousandths."""

FACT = "fact"
NEVER_OVER = 1 << 40
"""An hour whose ids are kept for ever."""
_STOCK = ("sold_out", "restock")


@dataclass(frozen=True, eq=False)
class Heard:
    """What was learnt.

    Attributes:
        actions: `ACT`, of the board's sessions.
        turns: `TURN`, likewise.
        orders: `ORDER`.
    """

    actions: pl.DataFrame
    turns: pl.DataFrame
    orders: pl.DataFrame

    def not_before(self, instant: int) -> tuple["Heard", int]:
        """The same, with what was learnt before an instant learnt then; and how many rows those are."""
        late = [int((frame["known"] < instant).sum()) for frame in self._frames]
        if not any(late):
            return self, 0
        return Heard(*(frame.with_columns(pl.col("known").clip(instant)) for frame in self._frames)), sum(late)

    def parted(self, instant: int) -> tuple["Heard", "Heard | None"]:
        """What was learnt before an instant, and what from then on; None where that is nothing."""
        late = [frame["known"] >= instant for frame in self._frames]
        if not any(rows.any() for rows in late):
            return self, None
        now, later = (
            [frame.filter(which) for frame, which in zip(self._frames, rows, strict=True)]
            for rows in ([~rows for rows in late], late)
        )
        return Heard(*now), Heard(*later)

    @property
    def _frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        return self.actions, self.turns, self.orders


@dataclass(frozen=True, eq=False)
class Delivery:
    """One batch, each fact in it once.

    Attributes:
        heard: its rows; of actions and turns a column more, `FACT`, says which of the events told of them.
        events: 64 bits of the id of every event, then of the key of every count.
        hours: the hour in which each event happened, since 1970; of counts one that is never over.
        orders: 64 bits of the id of every order.
    """

    heard: Heard
    events: Ints
    hours: Ints
    orders: Ints


class Viewers:
    """A code for everyone ever heard of, told apart by 64 bits of their pseudonyms."""

    def __init__(self) -> None:
        self._known = Slots()

    def coded(self, names: pl.Series) -> Ints:
        """The code of each name, however often it comes; who is new gets the next, null -1."""
        hashes = numbers(names.hash())
        told = self._known.looked_up(hashes)
        nobody = names.is_null().to_numpy()
        new = np.unique(hashes[(told == 0) & ~nobody])
        if len(new):
            self._known.exchange(new, self._known.count + 1 + np.arange(len(new)))
            told = self._known.looked_up(hashes)
        return np.where(nobody, -1, told - 1)


@dataclass(frozen=True, eq=False)
class Encoder:
    """From landing rows to numbers."""

    board: Board
    viewers: Viewers
    listener: Listener
    _aside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def encode(self, events: pl.DataFrame, orders: pl.DataFrame, counts: pl.DataFrame) -> Delivery:
        """A delivery of landing rows; of several versions of a fact the first known counts.

        Args:
            events: as the landing table has them.
            orders: likewise.
            counts: actions that were counted per minute before they came to us, as `event_counts` has them.
        """
        told, sold = facts(events, "events").with_row_index(FACT), facts(orders, "orders")
        many = facts(counts, "event_counts").with_row_index(FACT, told.height).rename({"minute": "ts"})
        judged = self._aside.submit(self.listener.topics, comments(told))  # meanwhile, so that it has them at hand
        viewer = pl.Series("viewer", self.viewers.coded(told["viewer_id"])).cast(pl.UInt32, strict=False)
        turns, ordered = self._turns(told), self._orders(sold)
        events_told = np.concatenate((numbers(told["event_id"].hash()), numbers(count_ids(many))))
        hours = np.append(_hours(told), np.full(many.height, NEVER_OVER))
        judged.result()
        acts = self._acts(told.with_columns(viewer))
        if many.height:
            acts, turns = pl.concat([acts, self._counted(many)]), pl.concat([turns, self._turns(many)])
        return Delivery(Heard(acts, turns, ordered), events_told, hours, numbers(sold["order_id"].hash()))

    def _acts(self, told: pl.DataFrame) -> pl.DataFrame:
        """Events, their viewers coded, as actions."""
        words = {"session_id": self.board.sessions, "product_id": self.board.products}
        acted = actions(told, words, self.listener, ("viewer", FACT)).filter(pl.col("session").is_not_null())
        return _whole(acted.with_columns(times=pl.lit(1, pl.Int64)), ACT).select(*ACT.names(), FACT)

    def _counted(self, many: pl.DataFrame) -> pl.DataFrame:
        """Counts as actions of nobody known."""
        acts = many.filter(pl.col("kind").is_in(list(MEASURE_OF_KIND)), pl.col("count") > 0).select(
            *self._place(),
            viewer=pl.lit(-1, pl.Int64),
            kind=coded(pl.col("kind").replace_strict(MEASURE_OF_KIND, return_dtype=pl.String), pl.Series(MEASURES)),
            known=pl.col("known_at").dt.epoch("us"),
            times="count",
            fact=FACT,
        )
        return _whole(acts.filter(pl.col("session").is_not_null()), ACT)

    def _turns(self, told: pl.DataFrame) -> pl.DataFrame:
        said = told.filter(pl.col("count") > 0) if "count" in told.columns else told
        turns = said.filter(pl.col("kind").is_in(_STOCK)).select(
            *self._place(),
            known=pl.col("known_at").dt.epoch("us"),
            ts=pl.col("ts").dt.epoch("us"),
            out=pl.col("kind") == "sold_out",
            fact=FACT,
        )
        return _whole(turns.filter(pl.col("session").is_not_null()), TURN)

    def _orders(self, sold: pl.DataFrame) -> pl.DataFrame:
        orders = sold.select(
            "order_id",
            *self._place(),
            viewer=pl.Series(self.viewers.coded(sold["viewer_id"]), dtype=pl.Int64),
            known=pl.col("known_at").dt.epoch("us"),
            ts=pl.col("ts").dt.epoch("us"),
            units="units",
            revenue=REVENUE,
        )
        return _whole(orders, ORDER)

    def _place(self) -> list[pl.Expr]:
        words = {"session": self.board.sessions, "product": self.board.products}
        return [coded(pl.col(f"{one}_id"), ids).alias(one) for one, ids in words.items()]


def count_ids(counts: pl.DataFrame) -> pl.Series:
    """A hash of the key of each count (session_id, product_id, kind and the minute, as `ts`)."""
    parts = ("session_id", pl.col("product_id").fill_null(""), "kind", pl.col("ts").dt.epoch("s"))
    return counts.select(pl.concat_str(*parts, separator="\x1f").hash()).to_series()


def _hours(rows: pl.DataFrame) -> Ints:
    told: Ints = rows["ts"].dt.epoch("us").to_numpy() // MICROSECONDS_AN_HOUR
    return told


def only(rows: pl.DataFrame, which: Flags) -> pl.DataFrame:
    """Some of the rows."""
    return rows if which.all() else rows.filter(pl.Series(which))


def _whole(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Columns in one piece each, with -1 for null codes; others than the schema's stay as they are."""
    own = (pl.col(name).cast(dtype) for name, dtype in schema.items())
    return rows.with_columns(own).with_columns(pl.col(pl.Int64).fill_null(-1)).rechunk()
