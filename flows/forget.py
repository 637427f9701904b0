"""A viewer is forgotten: who acted and what they wrote goes from the lake and from what a watch has kept.

What was done stays, without anybody's name on it, so that sales and counts stay what they were. Rows that are delivered
again, and later ones, come in without a name, too. This is no Prefect flow, since Prefect keeps what a flow was asked.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import polars as pl

from features.privacy import Door
from flows.durable import folder, whole
from flows.erasing import Erasure, erase_each, nameless
from flows.lake import Lake
from flows.site import Site
from flows.tombstones import bury
from flows.viewer_key import door

_KEPT = ("events", "orders", "too_late")
"""What a watch keeps of people."""


class WatchedError(ValueError):
    """A watch is under way, whose memory cannot be made to forget."""


class ViewerError(ValueError):
    """Not the id of one viewer."""


@dataclass(frozen=True)
class Forgotten:
    """What was erased.

    Attributes:
        rows: of each landing table, how many rows lost their viewer or what that viewer wrote.
        kept_rows: the same of rows that a watch has kept.
    """

    rows: dict[str, int]
    kept_rows: int

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal; not whom."""
        told = [f"{name}: {rows:,} rows without their viewer now" for name, rows in self.rows.items() if rows]
        live = [f"kept by a watch: {self.kept_rows:,} rows without their viewer now"] if self.kept_rows else []
        nothing = [] if told or live else ["nothing of this viewer is there: nothing was erased"]
        later = "what is delivered of this viewer from now on comes in without their name"
        return (*told, *live, *nothing, later, "landing files are not ours to change: erase the viewer there, too")


def forget(site: Site, viewer: str) -> Forgotten:
    """Erase a viewer by the id that the landing tables have; a second time changes nothing.

    Raises:
        ViewerError: the id is empty.
        WatchedError: a watch is under way.
        LandingError: the viewer key is not the one that the lake was filled with.
    """
    if not viewer:
        raise ViewerError("an empty id is nobody's: nothing was erased")
    with site.alone(), _unwatched(site.made()):
        home = site.made()
        opened = door(home, keep_text=True)
        known_as = opened.pseudonym(viewer)
        rows = _from_lake(Lake(home), known_as, partial(_bury, opened, viewer))
        kept_rows = _from_journal(home / "live" / "journal", known_as)
        return Forgotten(rows, kept_rows)


def one_of(told: TextIO) -> str:
    """The id on the only line that is not empty, of any system.

    Raises:
        ViewerError: there are more lines, or none.
    """
    lines = [line for line in told.read().replace("\r\n", "\n").split("\n") if line]
    if len(lines) != 1:
        raise ViewerError(f"one viewer's id is expected, and there are {len(lines)} lines: nothing was erased")
    return lines[0]


def _bury(opened: Door, viewer: str, lake: Lake, orders: pl.Series) -> None:
    named = [("viewer_id", viewer), *(("order_id", one) for one in orders)]
    bury(lake, [opened.tombstone(column, value) for column, value in named])


def _from_lake(lake: Lake, known_as: str, buried: Callable[[Lake, pl.Series], None]) -> dict[str, int]:
    """Returns first: they are the viewer's by their orders, as long as these say so."""
    theirs = pl.col("viewer_id") == known_as
    with lake.alone():
        orders = lake.scan("orders").filter(theirs).select(pl.col("order_id").unique()).collect()["order_id"]
        buried(lake, orders)
        reasons = pl.col("order_id").is_in(orders.implode()) & pl.col("reason").is_not_null()
        hits = {"returns": reasons, "orders": theirs, "events": theirs}
        rows = erase_each(lake, [Erasure(name, hit, nameless) for name, hit in hits.items()])
        return dict(zip(hits, rows, strict=True))


def _from_journal(journal: Path, known_as: str) -> int:
    theirs = (pl.col("viewer_id") == known_as).fill_null(value=False)
    return sum(_rewritten(path, theirs) for name in _KEPT for path in sorted(journal.glob(f"*/{name}.parquet")))


def _rewritten(path: Path, theirs: pl.Expr) -> int:
    rows = pl.read_parquet(path)
    count = int(rows.select(theirs.sum()).item())
    private = [name for name in ("viewer_id", "text") if name in rows.columns]
    changed = rows.with_columns(pl.when(theirs).then(None).otherwise(pl.col(name)).alias(name) for name in private)
    if count:
        whole(path, lambda unfinished: changed.write_parquet(unfinished, compression="lz4", statistics=False))
    return count


@contextmanager
def _unwatched(home: Path) -> Iterator[None]:
    """Hold what a watch holds."""
    with (folder(home / "live") / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WatchedError(
                "a watch is under way in this home: stop it, forget the viewer, start it again"
            ) from None
        yield
