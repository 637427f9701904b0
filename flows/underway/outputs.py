"""What was told at each tick, kept so that a restarted watch need not work it out again."""

from os import SEEK_END
from pathlib import Path

import polars as pl

from flows.underway.tick_files import TickFiles
from models.dataset import ROW
from models.nowcast.nowcaster import NOWCAST

_END = b"PAR1"
KEPT = (*ROW, *NOWCAST, "stock_units")


class Outputs(TickFiles):
    """One small file a tick: the nowcasts of all listings.

    They follow from the ticks before, so nothing is lost where one is missing; it is worked out again.
    """

    def has(self, tick: int) -> bool:
        """Whether a tick was worked on to its end; a file that a power cut left without one counts as missing."""
        return _is_whole(self._path(tick))

    def keep(self, tick: int, listings: pl.DataFrame) -> None:
        """Keep what was told, nothing where no session is followed; last of all that a tick comes to."""
        unfinished = self._place / f"_{self._path(tick).name}"
        told = listings.select(KEPT) if listings.height else pl.DataFrame()
        told.write_parquet(unfinished, compression="lz4", statistics=False)
        unfinished.replace(self._path(tick))

    def read(self, tick: int) -> pl.DataFrame:
        """What was told at a tick."""
        return pl.read_parquet(self._path(tick))


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.seek(0, SEEK_END) > len(_END) and file.seek(-len(_END), SEEK_END) >= 0 and file.read() == _END
    except FileNotFoundError:
        return False
