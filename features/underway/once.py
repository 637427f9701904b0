"""What was handed over before does not count again: ids by the hour of their events, so that old ones can be let go."""

import numpy as np
import polars as pl

from features.ledger import MICROSECONDS_AN_HOUR, Flags, Ints
from features.underway.delivery import FACT, Delivery, Heard, numbers, only
from features.underway.slots import Slots


class Generations:
    """Which ids there were; those of old hours can be forgotten.

    An id is kept in the hour that came with it, and found again whatever hour comes with it then.
    """

    def __init__(self, ids: Ints) -> None:
        """Some are known already, and never forgotten.

        Args:
            ids: each once, none of them 0.
        """
        self._ever = Slots(keeping=False)
        self._ever.exchange(ids, 1)
        self._hours: dict[int, Slots] = {}
        self._room = 0

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        return self._ever.nbytes + sum(hour.nbytes for hour in self._hours.values())

    def new(self, ids: Ints, hours: Ints) -> Flags:
        """Keep ids, and say which were not there.

        Args:
            ids: each once, none of them 0.
            hours: of each, since 1970.
        """
        known: Flags = self._ever.looked_up(ids) != 0
        for hour, kept in self._hours.items():
            known |= np.where(hours == hour, 0, kept.looked_up(ids)) != 0
        for hour in np.unique(hours):
            rows = np.flatnonzero(hours == hour)
            known[rows] |= self._of(int(hour)).exchange(ids[rows], 1) != 0
        return ~known

    def forget_before(self, instant: int) -> None:
        """Let go of the hours that are over by an instant, in microseconds since 1970."""
        self._hours = {hour: kept for hour, kept in self._hours.items() if (hour + 1) * MICROSECONDS_AN_HOUR > instant}

    def reserve(self, an_hour: int) -> None:
        """Make room for so many in every hour that begins from now on, so that nothing grows until they are there."""
        self._room = an_hour

    def _of(self, hour: int) -> Slots:
        if hour not in self._hours:
            self._hours[hour] = begun = Slots(keeping=False)
            begun.reserve(self._room)
        return self._hours[hour]


class Once:
    """Lets every event and order through once, however often it is handed over, as long as it is not forgotten.

    Attributes:
        repeated: how many were handed over again.
    """

    def __init__(self, events: pl.Series, orders: pl.Series) -> None:
        """Some are known already.

        Args:
            events: hashes of ids, each once.
            orders: likewise.
        """
        self.repeated = 0
        self._events, self._orders = Generations(numbers(events)), Slots(keeping=False)
        self._orders.exchange(numbers(orders), 1)

    @property
    def nbytes(self) -> int:
        """Memory that ids of events take."""
        return self._events.nbytes

    def reserve(self, events: int) -> None:
        """Make room for so many events an hour."""
        self._events.reserve(events)

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
