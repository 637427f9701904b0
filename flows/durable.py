"""Bytes that survive a power cut: what is written is on the disk before anybody is told of it."""

import os
from collections.abc import Iterable
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


def folder(path: Path) -> Path:
    """The folder, made if it is not there, and listed durably in the one above it."""
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(exist_ok=True)
        settle([path])
    return path
