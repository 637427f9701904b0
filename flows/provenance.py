"""Which code and which libraries a run was made with."""

import hashlib
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def provenance() -> dict[str, str]:
    """Tags of a training run: the git revision and the digest of the lock, each only where it can be known."""
    told = {"git_revision": _revision(), "lock_sha256": _lock()}
    return {name: value for name, value in told.items() if value}


def _revision() -> str:
    try:
        revision, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""  # no git, or installed without its history
    return f"{revision}+changed" if changed else revision


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()  # noqa: S603


def _lock() -> str:
    lock = ROOT / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
