"""A folder with at most one small Parquet file a tick."""

from pathlib import Path

from flows.durable import folder


class TickFiles:
    """The files, by the number of their tick."""

    def __init__(self, place: Path) -> None:
        self._place = folder(place)

    def forget(self, tick: int) -> None:
        """Drop those up to a tick."""
        for path in self._place.glob("[0-9]*.parquet"):
            if int(path.stem) <= tick:
                path.unlink()

    def _path(self, tick: int) -> Path:
        return self._place / f"{tick:012d}.parquet"
