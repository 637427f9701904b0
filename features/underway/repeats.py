"""What was handed over before does not count again: ids by the hour of their events, so that old ones can be let go."""

import numpy as np
import polars as pl

from features.ledger import MICROSECONDS_AN_HOUR, Flags, Ints
from features.slots import Slots, numbers
from features.underway.delivery import FACT, Delivery, Heard, only


class HourlyIds:
    """Which ids there were; those of old hours can be forgotten.

    An id is kept in the hour that came with it, and found again whatever hour comes with it then.
    """

    def __init__(self, ids: Ints) -> None:
        """Some are known at the opening, and never forgotten.

        Args:
            ids: each once, none of them 0.
        """
        self._at_opening = Slots(keeping=False)
        self._at_opening.exchange(ids, 1)
        self._hours: dict[int, Slots] = {}
        self._first = 0
        self._room, self._next = 0, Slots(keeping=False)

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        return sum(kept.nbytes for kept in (self._at_opening, self._next, *self._hours.values()))

    def new(self, ids: Ints, hours: Ints) -> Flags:
        """Keep ids, and say which were not there.

        Args:
            ids: each once, none of them 0.
            hours: of each, since 1970; those that are forgotten count as the first that is not.
        """
        known: Flags = self._at_opening.looked_up(ids) != 0
        mine = np.maximum(hours, self._first)
        for hour, kept in self._hours.items():
            known |= np.where(mine == hour, 0, kept.looked_up(ids)) != 0
        for hour in np.unique(mine):
            rows = np.flatnonzero(mine == hour)
            known[rows] |= self._of(int(hour)).exchange(ids[rows], 1) != 0
        return ~known

    def forget_before(self, instant: int) -> None:
        """Let go of the hours that are over by an instant, in microseconds since 1970."""
        self._first = max(self._first, instant // MICROSECONDS_AN_HOUR)
        self._hours = {hour: kept for hour, kept in self._hours.items() if hour >= self._first}
        self._next.reserve(self._room)

    def reserve(self, an_hour: int) -> None:
        """Make room for so many in the next hour that begins, and ahead of each one after that."""
        self._room = an_hour
        self._next.reserve(an_hour)

    def _of(self, hour: int) -> Slots:
        if hour not in self._hours:
            self._hours[hour], self._next = self._next, Slots(keeping=False)
        return self._hours[hour]


class Once:
    """Lets every event, count and order through once, however often it is handed over.

    Events may be forgotten, the few counts and orders are not.

    Attributes:
        repeated: how many were handed over again.
    """

    def __init__(self, events: pl.Series, orders: pl.Series) -> None:
        """Some are known already.

        Args:
            events: hashes of ids of events and of keys of counts, each once.
            orders: hashes of ids, likewise.
        """
        self.repeated = 0
        self._events, self._orders = HourlyIds(numbers(events)), Slots(keeping=False)
        self._orders.exchange(numbers(orders), 1)

    @property
    def nbytes(self) -> int:
        """Memory that ids of events take."""
        return self._events.nbytes

    def reserve(self, events_an_hour: int) -> None:
        """Make room for so many events in the next hour that begins, and ahead of each one after that."""
        self._events.reserve(events_an_hour)

    def forget_before(self, instant: int) -> None:
        """Let go of events of the hours that are over by an instant, in microseconds since 1970."""
        self._events.forget_before(instant)

    def first(self, delivery: Delivery) -> Heard:
        """What was not handed over before."""
        events = self._events.new(delivery.events, delivery.hours)
        orders = self._orders.exchange(delivery.orders, 1) == 0
        heard, again = delivery.heard, len(events) + len(orders) - int(events.sum() + orders.sum())
        if not again:
            return heard
        self.repeated += again
        acts, turns = (only(frame.drop(FACT), events[frame[FACT].to_numpy()]) for frame in (heard.actions, heard.turns))
        return Heard(acts, turns, only(heard.orders, orders))
