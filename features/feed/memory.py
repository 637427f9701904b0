"""What is remembered of a feed from tick to tick: little, and of each session only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from features.contract import INSTANT

SIGNS = pl.Schema(
    {
        "session_id": pl.String(),
        "first": INSTANT,
        "last": INSTANT,
        "newest": INSTANT,
        "leads_seconds": pl.List(pl.Float64()),
    }
)
"""Of each session: when we first and last heard of it, the latest instant at which one of its rows happened, and by how
much its rows were ahead of their arrival, the median of each of the last few ticks."""

LEADS = 8


@dataclass(frozen=True, eq=False)
class Memory:
    """What the ticks so far have shown of each session.

    Attributes:
        signs: `SIGNS`, one row a session, sorted by its id.
    """

    signs: pl.DataFrame

    @classmethod
    def nothing(cls) -> "Memory":
        """Before the first tick."""
        return cls(pl.DataFrame(schema=SIGNS))

    def joined(self, heard: pl.DataFrame) -> "Memory":
        """The same after a tick in which some sessions were heard of.

        Args:
            heard: `SIGNS`, one row a session.
        """
        together = (
            pl.concat([self.signs, heard])
            .group_by("session_id", maintain_order=True)
            .agg(
                pl.col("first").min(),
                pl.col("last").max(),
                pl.col("newest").max(),
                pl.col("leads_seconds").explode(empty_as_null=False).tail(LEADS),
            )
        )
        return Memory(together.select(list(SIGNS)).sort("session_id"))

    def only(self, sessions: Sequence[str]) -> "Memory":
        """The same of some sessions: those that are over may be forgotten."""
        return Memory(self.signs.filter(pl.col("session_id").is_in(list(sessions))))

    def told(self) -> list[list[Any]]:
        """As JSON takes it."""
        instants = (pl.col(name).dt.epoch("us") for name in ("first", "last", "newest"))
        return [list(row) for row in self.signs.with_columns(instants).rows()]

    @classmethod
    def of(cls, told: Sequence[Sequence[Any]]) -> "Memory":
        """From what `told` gave."""
        numbers = {name: pl.Int64() if dtype == INSTANT else dtype for name, dtype in SIGNS.items()}
        return cls(pl.DataFrame(list(told), schema=numbers, orient="row").cast(SIGNS))
