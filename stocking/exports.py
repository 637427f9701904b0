"""A plan as files: one Parquet file with the whole list for programs, and each reader's paper in the formats asked for.

    OUT/stocking_list.parquet                              the whole list, exact types
    OUT/papers.csv                                         which file is whose, and of which list
    OUT/papers-<digest>/<audience>/<reader>.<format>       one reader's paper

The papers are complete before `papers.csv` names them, and those of an earlier list go after that: who starts from
`papers.csv` sees one list or the other, never a mixture. Its `list_sha256` says which `stocking_list.parquet` it is
about: between the two renames, or after a crash there, they differ. The folder's digest is of everything that the
papers were made from, their language and formats too, so that papers which differ never share a folder.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import polars as pl

from stocking.decided import DECIDED
from stocking.durable import replace
from stocking.lines import checked
from stocking.papers import tables
from stocking.papers.audiences import Background, papers
from stocking.papers.page import html
from stocking.papers.paper import AUDIENCES, Paper
from stocking.papers.style import Format, Language
from stocking.papers.workbook import workbook
from stocking.stocking_list import published

FORMATS: tuple[Format, ...] = ("xlsx", "html", "csv", "parquet")
LIST_FILE = "stocking_list.parquet"
INDEX_FILE = "papers.csv"
NO_READER = "no-reader"
_AT_ONCE = 8
INDEX = {
    "audience": pl.String,
    "reader_id": pl.String,
    "file": pl.String,
    "format": pl.String,
    "listings": pl.Int64,
    "list_sha256": pl.String,
}
"""One row per file; `listings` counts the lines in it."""

_FOLDER = re.compile(r"papers-[0-9a-f]{12}")
_FILE = re.compile(rf"\.?([0-9a-f]{{16}}|{NO_READER})\.({'|'.join(FORMATS)})(\..+\.tmp)?")
_WRITERS: Mapping[Format, Callable[[Paper, Language, str], bytes]] = {
    "xlsx": workbook,
    "html": lambda paper, language, _: html(paper, language),
    "csv": lambda paper, _, __: tables.csv(paper.lines),
    "parquet": lambda paper, _, __: tables.parquet(paper.lines),
}


@dataclass(frozen=True, eq=False)
class Contents:
    """What is to be written.

    Attributes:
        decided: the plan, line by line (`stocking.decided.DECIDED`).
        limits: what it had to keep to (`stocking.decided.LIMITS`).
        background: what the papers tell beside it.
    """

    decided: pl.DataFrame
    limits: pl.DataFrame
    background: Background


@dataclass(frozen=True)
class Style:
    """How the papers are written: in which language, and in which formats."""

    language: Language = "en"
    formats: tuple[Format, ...] = FORMATS


@dataclass(frozen=True)
class Exported:
    """Where a plan was written.

    Attributes:
        stocking_list: the whole list.
        index: says which paper is whose.
        papers: every file that it names.
        sha256: digest of the list's file.
    """

    stocking_list: Path
    index: Path
    papers: tuple[Path, ...]
    sha256: str


def write(contents: Contents, out_dir: Path, style: Style) -> Exported:
    """Write the list and its readers' papers; the same contents give the same bytes, and replace an earlier list.

    Raises:
        pandera.errors.SchemaErrors: the frames are no plan.
    """
    content = tables.parquet(published(checked(contents.decided, DECIDED)))
    digest = hashlib.sha256(content).hexdigest()
    readers = papers(contents.decided, contents.limits, contents.background)
    folder = out_dir / f"papers-{_of_all(contents, style)[:12]}"
    files = _write_papers(readers, folder, style, digest)
    exported = Exported(
        stocking_list=replace(out_dir / LIST_FILE, content),
        index=replace(out_dir / INDEX_FILE, tables.csv(_index(readers, style, folder.name, digest))),
        papers=files,
        sha256=digest,
    )
    _clear_earlier(out_dir, frozenset(files))
    return exported


def _write_papers(readers: list[Paper], folder: Path, style: Style, digest: str) -> tuple[Path, ...]:
    """Every paper in every format; while one file is on its way to the disk, others are made."""

    def written(job: tuple[Paper, Format]) -> Path:
        paper, form = job
        return replace(folder / _place(paper, form), _WRITERS[form](paper, style.language, digest))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(written, product(readers, style.formats)))


def file_name(reader: str | None, form: Format) -> str:
    """A reader's file, named so that no id can reach outside the folder or clash in upper and lower case.

    >>> file_name("../../etc/passwd", "csv")
    '3754d6cb3a38e118.csv'
    """
    stem = NO_READER if reader is None else hashlib.sha256(reader.encode()).hexdigest()[:16]
    return f"{stem}.{form}"


def _place(paper: Paper, form: Format) -> Path:
    return Path(paper.audience) / file_name(paper.reader, form)


def _of_all(contents: Contents, style: Style) -> str:
    """A digest of everything that the papers are made from."""
    told = contents.background
    frames = [contents.decided, contents.limits, told.quality, *([] if told.previous is None else [told.previous])]
    parts = [*map(tables.parquet, frames), repr((told.about, style)).encode()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _index(readers: list[Paper], style: Style, folder: str, digest: str) -> pl.DataFrame:
    rows = [
        (paper.audience, paper.reader, f"{folder}/{_place(paper, form).as_posix()}", form, paper.lines.height, digest)
        for paper, form in product(readers, style.formats)
    ]
    return pl.DataFrame(rows, schema=INDEX, orient="row")


def _clear_earlier(out_dir: Path, current: frozenset[Path]) -> None:
    """Remove what earlier lists left, whole or in fragments; foreign files stay, and so do their folders."""
    for folder in (path for path in out_dir.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir()):
        for shelf in (folder / audience for audience in AUDIENCES if (folder / audience).is_dir()):
            clear_shelf(shelf, current)
            _remove_if_empty(shelf)
        _remove_if_empty(folder)


def clear_shelf(shelf: Path, current: frozenset[Path]) -> None:
    """Remove readers' files from a folder, whole or in fragments, but for the current ones; foreign files stay."""
    for file in shelf.iterdir():
        if _FILE.fullmatch(file.name) and file not in current:
            file.unlink()


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
