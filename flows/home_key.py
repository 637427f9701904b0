"""A key of a home: from the environment, else made once in a file that only its owner may read."""

import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from flows.durable import folder, settle

LOG = logging.getLogger("baokuan")
_KEY_BYTES = 32


@dataclass(frozen=True)
class HomeKey:
    """Where a key stands.

    Attributes:
        variable: of the environment; it comes first, and is never written down.
        file: in the home.
        purpose: what the key is for, in words.
    """

    variable: str
    file: str
    purpose: str

    def read(self, home: Path) -> bytes | None:
        """The key, None where there is none yet."""
        path = home / self.file
        given = os.environ.get(self.variable, "")
        return given.encode() if given else path.read_bytes() if path.exists() else None

    def made(self, home: Path) -> bytes:
        """The key, made if there is none yet; two that make it at once hold the home."""
        path = home / self.file
        if (found := self.read(home)) is not None:
            return found
        write_secret(path, secrets.token_hex(_KEY_BYTES).encode())
        told = (self.variable, self.purpose, path)
        LOG.warning("no %s in the environment: made a key for %s in %s; keep it safe", *told)
        return path.read_bytes()


def write_secret(path: Path, content: bytes) -> None:
    """Write a secret that only its owner may read, whole or not at all."""
    unfinished = folder(path.parent) / f"{path.name}.{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    settle([path])
