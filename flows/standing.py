"""The list that stands in a folder: a scheduled run that comes late or again must not put an older one in its place."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.beside import previous_list
from flows.data import Stretch
from flows.moments import Ahead

LOG = logging.getLogger("baokuan.stock")


@dataclass(frozen=True)
class Standing:
    """A list that is left alone.

    Attributes:
        out: the folder in which it lies.
        cutoff: its moment.
        asked: the moment for which a list was to be made.
    """

    out: Path
    cutoff: datetime
    asked: datetime

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        stands = f"in {self.out} stands that of {self.cutoff.isoformat()}"
        return (f"no list was made for {self.asked.isoformat()}: {stands}; an `as_of` makes it all the same",)


def standing_list(ahead: Ahead, stretch: Stretch, out: Path) -> Standing | None:
    """The list that stands for the moment of a scheduled run, or for a later one; None where a list is to be made.

    Args:
        ahead: as asked; with an `as_of` somebody wants just this list, and gets it.
        stretch: the same with its moment.
        out: the folder for lists.
    """
    listed = None if ahead.as_of else previous_list(out)
    if listed is None or listed.is_empty():
        return None
    cutoff: datetime = listed["cutoff"][0]
    if cutoff < stretch.cutoff:
        return None
    standing = Standing(out, cutoff, stretch.cutoff)
    LOG.warning("%s", standing.sentences()[0])
    return standing
