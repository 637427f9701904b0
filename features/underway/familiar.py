"""Who has been here before, while sessions run: newcomers to a room, earlier buyers of anchor and product."""

import numpy as np

from features.ledger import Flags, Ints
from features.slots import Slots
from features.underway.board import Board
from features.underway.presence import first_of, once, pair, second_of
from features.underway.totals import Totals


class Familiar:
    """Who was ever seen in which room, and who bought of which anchor and product before the minute under way.

    Attributes:
        rooms: pairs of room and viewer; kept is the minute in which they were first seen, 1 for before the opening.
        bought: pairs of seller and viewer; a seller is an anchor, or a product as `sold_as` has it.
        moved: of each session's key whether viewers came while another room or anchor was planned.
        judged: in sessions so moved, pairs of session and viewer about whom it is settled whether they are patrons.
    """

    def __init__(self, board: Board) -> None:
        """Nobody yet."""
        self._board = board
        self._session, self._product = board.under_way, board.product_of
        self.rooms, self.bought, self.judged = Slots(), Slots(keeping=False), Slots(keeping=False)
        self.moved: Flags = np.zeros(board.open, dtype=bool)
        self._buying: list[Ints] = []
        self._buyers = _Marks()
        self._arriving: list[tuple[Ints, Ints]] = []

    def sold_as(self, product: Ints) -> Ints:
        """The number of a product among sellers: anchors come first."""
        return len(self._board.anchors) + product

    def met(self, pairs: Ints, first: tuple[Flags, Flags], minute: int, totals: Totals) -> None:
        """Judge those whom a session or a listing saw first.

        Args:
            pairs: of key and viewer, each once, ascending.
            first: which were never seen before, and which for the first time in the minute.
            minute: under way.
            totals: takes patrons and rebuyers.
        """
        never, come = first
        sessions = int(np.searchsorted(pairs, pair(np.array([self._board.open]), np.array([0])))[0])
        listed = pairs[sessions:][np.flatnonzero(never[sessions:])]
        product = self.sold_as(self._product[first_of(listed) - self._board.open])
        self._judge("rebuyers", listed, product, totals)
        new, again = never[:sessions].copy(), np.flatnonzero(come[:sessions])
        again = again[self.moved[first_of(pairs[again])]]
        new[again] = True
        met = pairs[np.flatnonzero(new)]
        self.entered(self._session[first_of(met)], second_of(met), minute)
        new[again] = self.judged.exchange(pairs[again], 1) == 0
        met = pairs[np.flatnonzero(new)]
        self._judge("patrons", met, self._board.anchor[self._session[first_of(met)]], totals)

    def entered(self, session: Ints, viewer: Ints, minute: int) -> None:
        """Note who was never seen in a session's room before the minute under way; others may be named too."""
        room = self._board.room[session]
        known = np.flatnonzero(room >= 0)
        pairs = pair(room[known], viewer[known])
        before = self.rooms.taken_up(pairs, minute)
        new = np.flatnonzero((before == 0) | (before == minute))
        self._arriving.append((pairs[new], session[known[new]]))

    def bought_of(self, seller: Ints, viewer: Ints) -> None:
        """Remember who bought, for the minutes to come; negative numbers where one is not known."""
        known = (seller >= 0) & (viewer >= 0)
        self._buying.append(pair(seller[known], viewer[known]))
        self._buyers.add(viewer[known])

    def close(self, totals: Totals) -> None:
        """The minute under way is over: who is new to a room is so in the first of its sessions that saw him."""
        if self._arriving:
            pairs, session = (np.concatenate(each) for each in zip(*self._arriving, strict=True))
            order = np.lexsort((session, pairs))
            first = order[np.flatnonzero(np.diff(pairs[order], prepend=0))]
            totals.add("newcomers", self._board.own[session[first]], np.ones_like(first))
            self._arriving.clear()
        self.settle()

    def settle(self) -> None:
        """Who bought so far has bought before the minutes to come."""
        if self._buying:
            self.bought.exchange(once(np.concatenate(self._buying)), 1)
            self._buying.clear()

    def _judge(self, measure: str, pairs: Ints, seller: Ints, totals: Totals) -> None:
        known = np.flatnonzero((seller >= 0) & self._buyers.has(second_of(pairs)))
        before = self.bought.looked_up(pair(seller[known], second_of(pairs[known])))
        bought = np.flatnonzero(before)
        totals.add(measure, first_of(pairs[known[bought]]), before[bought])


class _Marks:
    """Which of many small whole numbers are in a set."""

    def __init__(self) -> None:
        self._marked: Flags = np.zeros(1, dtype=bool)

    def add(self, numbers: Ints) -> None:
        """Put numbers in."""
        more = int(numbers.max(initial=0)) + 1
        if more > len(self._marked):
            self._marked = np.append(self._marked, np.zeros(max(more, len(self._marked)), dtype=bool))
        self._marked[numbers] = True

    def has(self, numbers: Ints) -> Flags:
        """Which numbers are in."""
        there: Flags = np.take(self._marked, numbers, mode="clip") & (numbers < len(self._marked))
        return there
