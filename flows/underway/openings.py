"""What sessions were opened with, and who forecast them, kept for a restart.

A list that was published, a decision that came, a predictor that was promoted or rows that the lake got in between
would else change what is told of sessions that are under way.
"""

from dataclasses import dataclass

import polars as pl

from flows.durable import whole
from flows.underway.group import LASTING, Group
from flows.underway.service import Served
from flows.underway.tick_files import TickFiles

_NUMBER, _DIGEST = "served_number", "served_digest"


@dataclass(frozen=True, eq=False)
class Opened:
    """Sessions that were opened at a tick.

    Attributes:
        kept: `flows.underway.group.Group.kept`.
        served: who forecast them.
    """

    kept: pl.DataFrame
    served: Served

    @property
    def sessions(self) -> set[str]:
        """Their ids."""
        return set(self.kept["session_id"])


class Openings(TickFiles):
    """One small file for each tick at which sessions were opened."""

    def keep(self, tick: int, group: Group) -> None:
        """Keep what a group was opened with, once, before anything is told of it."""
        version = group.serving.version
        rows = group.kept.with_columns(
            pl.lit(version.number, pl.Int64).alias(_NUMBER), pl.lit(version.digest).alias(_DIGEST)
        )
        if self.read(tick) is None:
            whole(self._path(tick), rows.write_parquet)

    def read(self, tick: int) -> Opened | None:
        """The sessions that were opened at a tick; None where none was, or by a release that kept less of them."""
        if not self._path(tick).exists():
            return None
        rows = pl.read_parquet(self._path(tick))
        if rows.is_empty() or LASTING not in rows.columns:
            return None
        return Opened(rows.drop(_NUMBER, _DIGEST), (rows[_NUMBER][0], rows[_DIGEST][0]))
