"""Whose turn it is: places of rows, and places of rows within their groups."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


def place_in_group(turn: Places, group: Places) -> Places:
    """The place of each row in its group, the first 0.

    >>> place_in_group(np.array([2, 0, 1]), np.array([7, 8, 7])).tolist()
    [1, 0, 0]

    Args:
        turn: all rows, group by group in ascending order, each in its order.
        group: of each row.
    """
    place = np.empty(len(turn), dtype=np.int64)
    place[turn] = np.arange(len(turn)) - np.searchsorted(group[turn], group[turn], side="left")
    return place
