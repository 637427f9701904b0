"""Features while sessions run: kept up batch by batch, equal to those that `features.table.compute` gives."""

from datetime import datetime, timedelta

import polars as pl

from features.catalog import CATALOG
from features.comments import Listener
from features.condensed import ACTED, IDS, condensed
from features.context import context
from features.contracts import TABLES, Tables
from features.feature import Feature
from features.known import ALWAYS, known_at, once
from features.ledger import MICROSECONDS_A_MINUTE
from features.past import past
from features.settings import Sensing
from features.table import featured
from features.underway.board import board
from features.underway.delivery import Delivery, Encoder, Heard, Viewers, count_ids
from features.underway.evaluation import Evaluation
from features.underway.opening import Opening
from features.underway.repeats import Once
from features.underway.state import State
from features.underway.totals import kept_up

LIVE: tuple[Feature, ...] = tuple(
    one for one in CATALOG if one.kind == "number" and one.ingredients() and all(map(kept_up, one.ingredients()))
)
"""The features that move while sessions run: all that they look up is of the session or the listing itself."""

PAIRED = 4  # events for each new pair of a viewer and a session or listing: room is made ahead for so many
_MINUTE, _MICROSECOND = timedelta(minutes=1), timedelta(microseconds=1)


class Live:
    """The feature table of sessions under way, refreshed in milliseconds.

    `LIVE` features equal those that `compute` gives at the same cutoff from all that has been handed over. All others,
    such as what the product sold in its last sessions, stay as they were when the sessions were opened, and so do
    plans, line-ups and products: open the sessions anew as often as that matters.

    A row counts in the minute in which it was learnt of. One that is handed over when that minute is over counts in the
    first minute that is not: then it was learnt of, and so its `received_at` should say in the landing zone. Of rows
    with one id the first handed over counts, as long as it is not forgotten; ids are told apart by 64 bits. Of a
    session and a kind either events or counts per minute may be handed over, not both.

    Attributes:
        late: how many actions, words of stock and orders came when their minute was over.
    """

    def __init__(self, state: State, once_only: Once, encoder: Encoder, evaluation: Evaluation) -> None:
        """Use `opened`."""
        self.late = 0
        self._state, self._once, self._encoder, self._evaluation = state, once_only, encoder, evaluation
        self._waiting: list[Heard] = []
        self._cutoff = ALWAYS + state.minute * _MINUTE

    @classmethod
    def opened(cls, tables: Tables, listings: pl.DataFrame, at: datetime, settings: Sensing) -> "Live":
        """Begin to follow sessions, from what was known before the minute that holds an instant.

        Args:
            tables: the landing tables; of condensed ones the events must all have been learnt of before that minute.
            listings: session_id and product_id of the listings to follow; sessions may have begun or not. Features that
                are told beside them, as `lasting` gives them, stay as told there.
            at: what was learnt of from its minute on is handed over by `add`.
            settings: the market's, the features' and the labels' settings.

        Raises:
            ValueError: condensed events are of that minute or a later one.
        """
        minute = (at - ALWAYS) // _MINUTE
        begins = ALWAYS + minute * _MINUTE
        told = once(condensed(_known_before(tables, begins), settings.comments))
        if (told[ACTED]["minute"] >= minute).any():
            raise ValueError(f"condensed events hold some learnt of after {begins}: open later, or from raw events")
        rows = listings.select("session_id", "product_id", cutoff=pl.lit(begins, pl.Datetime("us", "UTC")))
        known, before, viewers = context(told, rows, settings), past(told, settings), Viewers()
        opening = Opening(told, before, board(told, rows), minute)
        wanted = sorted({i for one in LIVE for i in one.ingredients()}, key=lambda one: one.name)
        state = opening.state(wanted, viewers)
        table = featured(known, before)
        lasting = [listings[name] for name in listings.columns if name in table.columns and name not in rows.columns]
        evaluation = Evaluation(LIVE, opening.board, known, table.with_columns(lasting))
        encoder = Encoder(opening.board, viewers, Listener(settings.comments))
        counted = count_ids(told["event_counts"].rename({"minute": "ts"}))
        ids = pl.concat([told[IDS]["id"], counted]).unique()
        return cls(state, Once(ids, told["orders"]["order_id"].hash()), encoder, evaluation)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the live features."""
        return tuple(one.name for one in LIVE)

    @property
    def lasting(self) -> pl.DataFrame:
        """Of each listing, session_id, product_id and all features that stay as they were at the opening."""
        return self._evaluation.opening.drop("cutoff", *self.features)

    @property
    def repeated(self) -> int:
        """How many events and orders were handed over again."""
        return self._once.repeated

    @property
    def ids_bytes(self) -> int:
        """Memory that the ids of events take, which tell what was handed over before."""
        return self._once.nbytes

    def reserve(self, events_an_hour: int) -> None:
        """Make room ahead, for each hour's events and an hour's viewers: then little grows while somebody waits.

        Room for the hours after the next one is made by `forget_before`.
        """
        self._once.reserve(events_an_hour)
        self._state.reserve(events_an_hour // PAIRED)

    def encode(self, events: pl.DataFrame, orders: pl.DataFrame, counts: pl.DataFrame | None = None) -> Delivery:
        """Landing rows as numbers, ready to be added.

        Args:
            events: rows of the landing table.
            orders: likewise.
            counts: rows of `event_counts`; None: none.
        """
        none = TABLES["event_counts"].empty()
        return self._encoder.encode(events, orders, none if counts is None else counts)

    def add(self, delivery: Delivery) -> None:
        """Take up what was learnt; what was handed over before changes nothing."""
        heard, late = self._once.first(delivery).not_before(self._state.minute * MICROSECONDS_A_MINUTE)
        self.late += late
        self._hear(heard)

    def forget_before(self, instant: datetime) -> None:
        """Let go of what events there were in the hours that are over by an instant: memory that else only grows.

        One of them that is handed over again counts again. So keep from `add` what happened before that instant; a
        version of such an event that tells a later instant is taken for another event. Counts and orders are kept.
        """
        self._once.forget_before((instant - ALWAYS) // _MICROSECOND)

    def refresh(self, cutoff: datetime) -> pl.DataFrame:
        """The feature table of all listings at a cutoff, in their order: what `compute` promises of it holds.

        Args:
            cutoff: not before the last one; what was learnt of in its own, unfinished minute is left out.

        Raises:
            ValueError: the cutoff lies before the last one.
        """
        self.advance(cutoff)
        return self._evaluation.table(cutoff, self._state)

    def advance(self, cutoff: datetime) -> None:
        """Go on to a cutoff without telling anything.

        Args:
            cutoff: not before the last one.

        Raises:
            ValueError: the cutoff lies before the last one.
        """
        if cutoff < self._cutoff:
            raise ValueError(f"the cutoff {cutoff} lies before {self._cutoff}: what is over cannot be told again")
        while self._state.minute < (cutoff - ALWAYS) // _MINUTE:
            self._state.close()
            waiting, self._waiting = self._waiting, []
            for heard in waiting:
                self._hear(heard)
        self._cutoff = cutoff

    def _hear(self, heard: Heard) -> None:
        now, later = heard.parted((self._state.minute + 1) * MICROSECONDS_A_MINUTE)
        self._state.hear(now)
        if later is not None:
            self._waiting.append(later)


def _known_before(tables: Tables, begins: datetime) -> Tables:
    """What was learnt of before a minute."""
    return {name: frame.filter(known_at(name) < begins) if name in TABLES else frame for name, frame in tables.items()}
