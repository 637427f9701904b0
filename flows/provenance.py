"""Which code and which libraries a run was made with."""

import hashlib
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEARNING = ("features", "models")  # the rooms whose code decides what rows hold and what is learnt from them


def provenance() -> dict[str, str]:
    """Tags of a training run: the git revision and the digest of the lock, each only where it can be known."""
    told = {"git_revision": _revision(), "lock_sha256": _lock()}
    return {name: value for name, value in told.items() if value}


def learning_code() -> str:
    """Digest of all code that decides what is learnt, also where it was changed and not committed."""
    files = sorted(path for room in LEARNING for path in (ROOT / room).rglob("*.py"))
    told = "".join(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in files)
    return hashlib.sha256(told.encode()).hexdigest()


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
