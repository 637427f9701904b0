"""Whether a server can be reached by those who should not reach it."""

import ipaddress
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flows.checkup.finding import Finding, Kind

_LISTENING = re.compile(r"^ *[0-9]+: ([0-9A-F]+):([0-9A-F]+) [0-9A-F]+:[0-9A-F]+ 0A ", re.MULTILINE)
_OK = range(200, 300)


@dataclass(frozen=True)
class Answer:
    """How a server answers somebody without credentials.

    Attributes:
        server: its name for people.
        url: its address.
        status: of an answer to a question that tells something; None where nobody answered.
        listening: the addresses of this machine on which its port is open; empty where it runs elsewhere.
    """

    server: str
    url: str
    status: int | None
    listening: tuple[str, ...]


def exposure_findings(answers: Sequence[Answer]) -> Iterator[Finding]:
    """Servers that are away, that answer anybody, that listen off loopback, or that are spoken to in the clear."""
    for one in answers:
        if one.status is None:
            yield Finding(Kind.SERVER_AWAY, f"{one.server} does not answer at {plain(one.url)}")
        elif one.status in _OK:
            yield Finding(Kind.SERVER_OPEN, f"{one.server} at {plain(one.url)} answers without credentials")
        off = [address for address in one.listening if not ipaddress.ip_address(address).is_loopback]
        if off:
            yield Finding(Kind.SERVER_OPEN, f"{one.server} listens off loopback, on {', '.join(off)}")
        parts = urlsplit(one.url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            yield Finding(Kind.SERVER_OPEN, f"{one.server} is spoken to in the clear at {plain(one.url)}: use https")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "db.internal", "10.0.0.1")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def plain(url: str) -> str:
    """An address without the credentials that may stand in it.

    >>> plain("http://anna:secret@127.0.0.1:4200/api")
    'http://127.0.0.1:4200'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


def listeners(table: str, port: int) -> list[str]:
    """The addresses on which a port is open, from the text of /proc/net/tcp or tcp6.

    >>> listeners("  0: 0100007F:1068 00000000:0000 0A 00000000:00000000", 0x1068)
    ['127.0.0.1']
    """
    return [str(_address(address)) for address, number in _LISTENING.findall(table) if int(number, 16) == port]


def _address(hexadecimal: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The kernel writes each four bytes of an address backwards."""
    raw = bytes.fromhex(hexadecimal)
    words = struct.unpack(f">{len(raw) // 4}I", raw)
    turned = struct.pack(f"<{len(words)}I", *words)
    found = ipaddress.ip_address(turned)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
