"""Where the lake's tables lie: in a folder of the home, or in a bucket of an object store. The same words for both.

Polars, Delta and we ourselves reach a bucket by one library (object_store), with the key and the endpoint that the
environment has: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`. None
is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import polars as pl

from flows import durable

if TYPE_CHECKING:
    from upath import UPath

Place: TypeAlias = "UPath"
"""A folder or a file: a `Path` on a disk, which knows all that we ask of a `UPath`, or a `UPath` in a store."""
FILE = "lake.url"
"""In the home: the one line that says that the lake lies elsewhere."""
_KIND, _ARROW = "s3://", "\x1b[31m↳\x1b[0m"


class PlaceError(ValueError):
    """A home whose lake cannot be where it is said to be."""


class LakeAwayError(RuntimeError):
    """The object store that the lake lies on does not answer, or refuses."""


def place_of(home: Path) -> Place:
    """Where the tables of a home lie: below the address in its `lake.url`, else in its own folder.

    Raises:
        PlaceError: the address is not one of an object store, or the home has tables of its own besides.
    """
    here, said = home / "lake", home / FILE
    if not said.is_file():
        return cast("Place", here)
    address = said.read_text(encoding="utf-8").strip()
    if not address.startswith(_KIND) or not address.removeprefix(_KIND).strip("/") or address.split() != [address]:
        raise PlaceError(f"{said}: expected one line like {_KIND}BUCKET/FOLDER, found: {address[:100]}")
    if own := sorted(path.name for path in here.glob("[!.]*")):
        told = f"{said} says that the lake lies at {address}, but {here} has tables too: {', '.join(own)}"
        raise PlaceError(f"{told}; move them there first, see docs/operator.md")
    return _in_store(address)


@contextmanager
def answering(place: Place) -> Iterator[None]:
    """That an object store cannot be used is said in one line.

    Raises:
        LakeAwayError: it does not answer, or refuses.
    """
    if isinstance(place, Path):
        yield
        return
    from obstore.exceptions import BaseError

    try:
        yield
    except (OSError, BaseError) as error:
        told = " ".join(str(error).replace(_ARROW, "").split())[:300]
        raise LakeAwayError(f"the lake at {place} cannot be reached: {told}") from None


def unreadable(place: Place) -> tuple[type[BaseException], ...]:
    """What reading a damaged file raises; of an object store not what it raises that is away."""
    damaged = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
    return (*damaged, OSError) if isinstance(place, Path) else damaged


def size_of(file: Place) -> int | None:
    """Its bytes; None where there is no such file."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


def scan_rows(files: Sequence[Place]) -> pl.LazyFrame:
    """The rows of data files, with the columns that lie in the files themselves."""
    return pl.scan_parquet(list(map(str, files)), hive_partitioning=False)


def read_rows(files: Sequence[Place]) -> pl.DataFrame:
    """The same, read."""
    return scan_rows(files).collect()


def folder(place: Place) -> Place:
    """A place that files can be written to; an object store knows no folders."""
    if isinstance(place, Path):
        durable.folder(place)
    return place


def settle(places: Iterable[Place]) -> None:
    """Wait until files are on the disk; what an object store has acknowledged is kept by it."""
    durable.settle(cast("Path", place) for place in places if isinstance(place, Path))


def settle_all(place: Place) -> None:
    """The same for all files of a folder; a store is not even asked for them."""
    if isinstance(place, Path):
        durable.settle(place.iterdir())


@contextmanager
def settling(place: Place, over: str) -> Iterator[None]:
    """See onto the disk what a block adds to a folder, and the one file that it may write over."""
    if not isinstance(place, Path):
        yield
        return
    before = set(place.iterdir())
    yield
    settle(set(place.iterdir()) - (before - {place / over}))


def _in_store(address: str) -> Place:
    from obstore.fsspec import register
    from upath import UPath

    register("s3")
    return UPath(address.rstrip("/"))
