"""The key that turns viewers into pseudonyms: from the environment, else made once for a home."""

import logging
import os
import secrets
from pathlib import Path

from features.landing_files import LandingError
from features.privacy import Door
from flows.durable import folder, settle

LOG = logging.getLogger("baokuan")
VARIABLE = "BAOKUAN_VIEWER_KEY"
_KEY_BYTES = 32


def door(home: Path, *, keep_text: bool) -> Door:
    """The door of a home, with the key that its lake was filled with.

    Raises:
        LandingError: the lake was filled with another key, under which the same viewers would look like others.
    """
    opened = Door(_key(home), keep_text=keep_text)
    mark = folder(home / "lake") / ".viewer_key"
    if not mark.exists():
        _write(mark, opened.fingerprint().encode())
    if mark.read_text(encoding="ascii") != opened.fingerprint():
        raise LandingError(f"the viewer key is not the one that {home} was filled with; set {VARIABLE} to that one")
    return opened


def _key(home: Path) -> bytes:
    given = os.environ.get(VARIABLE, "")
    path = home / "viewer.key"
    if given:
        return given.encode()
    if not path.exists():
        _write(path, secrets.token_hex(_KEY_BYTES).encode())
        LOG.warning("no %s in the environment: made a key for viewers' pseudonyms in %s; keep it safe", VARIABLE, path)
    return path.read_bytes()


def _write(path: Path, content: bytes) -> None:
    """Write a secret that only its owner may read, whole or not at all."""
    unfinished = folder(path.parent) / f"{path.name}.{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    settle([path])
