"""The same work for many files on the machines of a Dask cluster, where BAOKUAN_DASK names one.

Machines of a cluster see the home and the lake under the same paths and run the same release. Who may speak to them may
run there what he likes, since Dask pickles its tasks: so off this machine only TLS, with certificates that both sides
have from the same authority, as Dask's own settings name them (`DASK_DISTRIBUTED__COMM__TLS__…`).
"""

import os
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

SCHEDULER = "BAOKUAN_DASK"
RETRIES = 2
_ANSWER_SECONDS = 30

Piece = TypeVar("Piece")


class SchedulerError(ValueError):
    """An address of a scheduler that is none, or that would be spoken to in the clear."""


class ClusterAwayError(RuntimeError):
    """The cluster that is named does not answer."""


def scheduler() -> str | None:
    """The address of the cluster's scheduler; None where none is named.

    Raises:
        SchedulerError: it is none, or neither TLS nor of this machine.
    """
    address = os.environ.get(SCHEDULER)
    if not address:
        return None
    found = urlsplit(address)
    if not found.hostname or found.scheme not in {"tls", "tcp"}:
        raise SchedulerError(f"{SCHEDULER}: expected tls://HOST:PORT, found {address[:100]!r}")
    if found.scheme == "tcp" and not _own(found.hostname):
        raise SchedulerError(f"{SCHEDULER}: {found.hostname} is another machine, use tls:// (docs/operator.md)")
    return address


def spread(work: Callable[[Piece], object], pieces: Sequence[Piece]) -> None:
    """Do some work for each piece, on the cluster; without one, here.

    Args:
        work: leaves its results where they belong, and does no harm when it is done twice.
        pieces: what to do it for.

    Raises:
        SchedulerError: as for `scheduler`.
        ClusterAwayError: the cluster does not answer.
    """
    address = scheduler()
    if address is None:
        for piece in pieces:
            work(piece)
        return
    from distributed import Client, Security

    security = Security()
    if address.startswith("tls:") and not security.get_connection_args("client").get("ssl_context"):
        raise SchedulerError(f"{SCHEDULER}: no certificate to speak TLS with is named (docs/operator.md)")
    try:
        client = Client(address, security=security, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ClusterAwayError(f"the cluster of {SCHEDULER} does not answer: {type(error).__name__}") from None
    with client:
        client.gather(client.map(work, pieces, pure=False, retries=RETRIES))


def _own(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
