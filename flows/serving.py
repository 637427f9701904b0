"""The predictor that serves: the champion; where it cannot be used, the one before it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from flows.registry import NoPredictorError, Registry
from flows.site import Site
from flows.soundness import Fault, examined
from flows.version import Version
from models.predictor import Predictor

LOG = logging.getLogger("baokuan.serving")


class BrokenPredictorError(RuntimeError):
    """No predictor that may serve can be used."""


@dataclass(frozen=True, eq=False)
class Serving:
    """A predictor that was checked and loaded.

    Attributes:
        version: which one it is.
        predictor: the thing itself.
        faults: of each version that should have served instead.
    """

    version: Version
    predictor: Predictor
    faults: tuple[Fault, ...]

    @property
    def warnings(self) -> list[str]:
        """What a reader of its forecasts must know."""
        instead = [f"{fault}: {self.version}, in service before it, forecast instead" for fault in self.faults]
        lost = [f"on past sessions the baseline {name} forecast better" for name in self.version.lost_to]
        return [*instead, *lost, *self.predictor.notes]


def serving(site: Site, as_of: datetime) -> Serving:
    """The champion, or the newest former one that had seen nothing after `as_of`; a broken one makes way, loudly.

    Raises:
        NoPredictorError: nothing was trained early enough.
        BrokenPredictorError: nothing that was can be used.
    """
    found, faults = serving_if_any(site, as_of)
    if found:
        return found
    anew = f"`baokuan train --as-of {as_of.isoformat()}`"
    if not faults:
        raise NoPredictorError(
            f"no predictor in {site.home} was trained at or before {as_of.isoformat()}: {anew}, "
            "or `baokuan run` for all of it"
        )
    unsure = "" if all(one.proven for one in faults) else "try again; if it stays so "
    by_hand = " and put what it makes into service with `baokuan promote`" if unsure else ""
    raise BrokenPredictorError(f"{'; '.join(map(str, faults))}; {unsure}train anew: {anew}{by_hand}")


def serving_if_any(site: Site, as_of: datetime) -> tuple[Serving | None, tuple[Fault, ...]]:
    """The same where it may be missing: with the faults of those that should have served."""
    registry, limits = Registry(site), site.settings().tracking
    faults: list[Fault] = []
    for version in registry.fitting(as_of):
        found = examined(registry, version, limits)
        if isinstance(found, Predictor):
            return Serving(version, found, tuple(faults)), tuple(faults)
        LOG.error("%s: it is not used", found)
        faults.append(found)
    return None, tuple(faults)
