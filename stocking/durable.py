"""Files that are whole or not there, also after the power went out."""

import os
import tempfile
from pathlib import Path


def replace(path: Path, content: bytes) -> Path:
    """Write a file whole, see it onto the disk, then give it its name: readers get the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(_usual_mode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _keep_names(path.parent)
    return path


def _usual_mode() -> int:
    """What a file made without mkstemp would be: a list is meant to be read by others where the umask allows it."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _keep_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
