"""Bytes that survive a power cut: what is written is on the disk before anybody is told of it."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path


def settle(paths: Iterable[Path]) -> None:
    """Wait until files, and the folders that list them, are on the disk."""
    files = sorted(set(paths))
    for path in (*files, *sorted({path.parent for path in files})):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def whole(path: Path, write: Callable[[Path], object]) -> Path:
    """A file that is written under another name, seen onto the disk, and only then given its own."""
    unfinished = folder(path.parent) / f"_{path.name}"
    write(unfinished)
    settle([unfinished])  # first: a name on the disk must not come before what it names
    settle([unfinished.replace(path)])
    return path


def text(path: Path, content: str) -> Path:
    """The same for a text."""
    return whole(path, lambda unfinished: unfinished.write_text(content, encoding="utf-8"))


def folder(path: Path) -> Path:
    """The folder, made if it is not there, and listed durably in the one above it."""
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(exist_ok=True)
        settle([path])
    return path
