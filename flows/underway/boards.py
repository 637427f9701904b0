"""What is told of sessions under way, as files: tables for programs, a page for each reader that renews itself.

OUT/nowcast.parquet        every listing now
OUT/alerts.parquet         what people were told
OUT/pages.csv              which page is whose
OUT/pages/<hash>.html      one reader's page
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stocking.acts.audiences import Board, shares
from stocking.acts.page import Status, page_name, pages
from stocking.durable import replace
from stocking.papers.tables import csv, parquet

NOWCAST_FILE, ALERTS_FILE, INDEX_FILE, FOLDER = "nowcast.parquet", "alerts.parquet", "pages.csv", "pages"


@dataclass(frozen=True)
class Boards:
    """Where it was written."""

    nowcast: Path
    alerts: Path
    index: Path
    pages: tuple[Path, ...]


Put = Callable[[Path, bytes], Path]


def write_boards(board: Board, status: Status, out: Path, put: Put = replace) -> Boards:
    """Write what is known now, and each reader's page; a reader sees a file whole or as it was before.

    Args:
        board: all that is known.
        status: what stands beside it.
        out: the folder.
        put: how a file gets its content: by default it is seen onto the disk; `quickly` where it is soon written anew.
    """
    nowcast, alerts = write_tables(board, out, put)
    index, written = write_pages(board, status, out, put)
    return Boards(nowcast, alerts, index, written)


def write_tables(board: Board, out: Path, put: Put) -> tuple[Path, Path]:
    """Write every listing's nowcast and all alerts: a small part of the work that pages are."""
    out.mkdir(parents=True, exist_ok=True)
    return put(out / NOWCAST_FILE, parquet(board.listings)), put(out / ALERTS_FILE, parquet(board.alerts))


def write_pages(board: Board, status: Status, out: Path, put: Put) -> tuple[Path, tuple[Path, ...]]:
    """Write each reader's page, drop those of readers who have nothing to see any more, and write whose they are."""
    made = pages(board, status)
    readers = shares(Board(board.alerts, board.listings, board.history.clear()))
    named = {page_name(one.audience, one.reader): (one.audience, one.reader) for one in readers}
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in set((out / FOLDER).glob("*.html")) - {out / FOLDER / name for name in made}:
        path.unlink()
    written = tuple(put(out / FOLDER / name, content) for name, content in sorted(made.items()))
    index = pl.DataFrame(
        [(*named[name], f"{FOLDER}/{name}") for name in sorted(made)],
        schema={"audience": pl.String, "reader_id": pl.String, "file": pl.String},
        orient="row",
    ).sort("audience", "reader_id", nulls_last=True)
    return put(out / INDEX_FILE, csv(index)), written


def quickly(path: Path, content: bytes) -> Path:
    """Write a file whole, without waiting for the disk: a page that a power cut loses is soon written again."""
    unfinished = path.with_name(f"_{path.name}")
    unfinished.write_bytes(content)
    return unfinished.replace(path)


def read_history(path: Path) -> pl.DataFrame:
    """A frame that `write_tables` wrote."""
    return pl.read_parquet(io.BytesIO(path.read_bytes()))
