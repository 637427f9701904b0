"""The predictor that serves: the champion; where it cannot be used, the one before it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from flows.registry import NoPredictorError
from flows.remembered import ranking
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
        instead: the baseline that makes the list in its place, by the rules; empty where it does so itself.
        away: why MLflow could not be asked who serves; empty where it could.
    """

    version: Version
    predictor: Predictor
    faults: tuple[Fault, ...]
    instead: str = ""
    away: str = ""

    @property
    def name(self) -> str:
        """Who forecasts, as a list names it."""
        return f"{self.version} baseline {self.instead}" if self.instead else str(self.version)

    @property
    def warnings(self) -> list[str]:
        """What a reader of its forecasts must know."""
        instead = [f"{fault}: {self.version}, in service before it, forecast instead" for fault in self.faults]
        lost = [f"on past sessions the baseline {name} forecast better" for name in self.version.lost_to]
        stands_in = [f"the forecasts are those of the baseline {self.instead}, which did better of late"]
        away = [self.away] if self.away else []
        return [*away, *instead, *(stands_in if self.instead else lost), *self.predictor.notes]


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
    ranked, limits = ranking(site), site.settings().tracking
    faults: list[Fault] = []
    for version in ranked.fitting(as_of):
        found = examined(ranked.shelf, version, limits)
        if isinstance(found, Predictor):
            return Serving(version, found, tuple(faults), standing_in(version, as_of), ranked.away), tuple(faults)
        LOG.error("%s: it is not used", found)
        faults.append(found)
    return None, tuple(faults)


def standing_in(version: Version, as_of: datetime) -> str:
    """The baseline that makes the lists of a cutoff in a version's place; empty where none does."""
    since = version.instead_since
    return version.instead if since is not None and since <= as_of else ""
