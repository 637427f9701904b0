"""Whether the machine is fit: room on the disk, the right time, and the libraries that were tested."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from flows.checkup.finding import Finding, Kind

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
_GIGABYTE = 1e9


def disk_findings(free_bytes: int, least_bytes: int, home: str) -> Iterator[Finding]:
    """Too little room for what a run writes."""
    if free_bytes < least_bytes:
        told = f"{home}: {free_bytes / _GIGABYTE:.1f} GB free, expected at least {least_bytes / _GIGABYTE:.1f}"
        yield Finding(Kind.DISK_FULL, told)


def clock_findings(server: str, said: datetime, now: datetime, limit_seconds: float) -> Iterator[Finding]:
    """A server whose clock shows another time than ours."""
    ahead = (now - said).total_seconds()
    if abs(ahead) > limit_seconds:
        word = "ahead of" if ahead > 0 else "behind"
        yield Finding(Kind.CLOCK_WRONG, f"this machine's clock is {abs(ahead):.0f} s {word} that of {server}")


def version_findings(lock: str, installed: Mapping[str, str], needed: frozenset[str]) -> Iterator[Finding]:
    """Libraries other than those of the lock.

    Args:
        lock: the text of requirements.lock.
        installed: versions by name, written as the lock writes names.
        needed: what must be there; tools of contributors need not.
    """
    for name, version in _PIN.findall(lock):
        found = installed.get(name)
        if found is None and name in needed:
            yield Finding(Kind.OTHER_VERSION, f"{name} is not installed, expected {version}")
        if found not in {None, version}:
            yield Finding(Kind.OTHER_VERSION, f"{name} {found} is installed, expected {version}")


def named(package: str) -> str:
    """A package's name as a lock writes it.

    >>> named("Flask_WTF")
    'flask-wtf'
    """
    return re.sub(r"[-_.]+", "-", package).lower()
