"""A person vouches for a registered predictor: one of before there were signatures, or of another home's key."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from flows.promote import ServiceError, told
from flows.registry import Registry
from flows.seal import doubt, signature
from flows.site import Site
from flows.soundness import Fault, proven
from flows.version import Version

LOG = logging.getLogger("baokuan.sign")


@dataclass(frozen=True)
class Signed:
    """A predictor that may be opened from now on."""

    version: Version

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (f"{self.version} (as of {self.version.as_of.isoformat()}) is signed; nothing else was changed",)


def sign(site: Site, number: int, reason: str) -> Signed:
    """Sign a version whose files are those of its record and pass their check; who did it, and why, is kept.

    Raises:
        NoPredictorError: there is no such version.
        ServiceError: its files are damaged, or their check failed.
    """
    with site.alone():
        registry = Registry(site)
        version = registry.version(number)
        if not doubt(site.made(), version):
            raise ServiceError(f"{version} is signed already")
        found = proven(registry, version, site.settings().tracking)
        if isinstance(found, Fault):
            raise ServiceError(f"{found}: it was not signed")
        mark = signature(site.made(), version.name, version.as_of, version.digest)
        registry.tag(version, {**told("signed", reason), "signature": mark})
        LOG.warning("%s was signed by hand: %s", version, reason)
        return Signed(registry.version(number))
