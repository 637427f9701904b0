"""Who forecasts the sessions that are opened now, and who did for those that were opened before a restart."""

import logging
from datetime import datetime
from typing import Protocol

from flows.copies import AwayError
from flows.registry import NoPredictorError
from flows.remembered import Ranking, ranking
from flows.serving import BrokenPredictorError, Serving, serving
from flows.site import Site
from flows.soundness import examined
from flows.version import Version
from models.predictor import Predictor

LOG = logging.getLogger("baokuan.watch")
Served = tuple[int, str]
"""Number and digest of a version."""


class Service(Protocol):
    """Who forecasts."""

    def now(self, at: datetime) -> Serving:
        """The predictor for sessions that are opened at an instant."""

    def former(self, served: Served, at: datetime) -> Serving:
        """The one that served sessions which were opened at an instant, before a restart."""


class Champions:
    """Asked whenever sessions are opened, so that a new champion serves without a restart.

    While MLflow is away, or none that may serve can be used, the last one goes on.
    """

    def __init__(self, site: Site, first: Serving) -> None:
        self._site, self._last = site, first
        self._loaded = {_served(first.version): first}
        self._fitting: list[Version] | None = None

    def now(self, at: datetime) -> Serving:
        """The champion, or the newest former one that had seen nothing after an instant."""
        try:
            fitting = ranking(self._site).fitting(at)
            if fitting != self._fitting and not (self._fitting is None and fitting[:1] == [self._last.version]):
                self._take(serving(self._site, at))
            self._fitting = fitting
        except (AwayError, NoPredictorError, BrokenPredictorError) as error:
            LOG.warning("%s goes on to forecast: %s", self._last.version, error)
        return self._last

    def former(self, served: Served, at: datetime) -> Serving:
        """That very version, if it may still be used; the champion of now, loudly, where it may not."""
        if served not in self._loaded:
            found = self._examined(served)
            if found is None:
                LOG.error("version %d, which forecast sessions opened at %s, cannot be used any more", served[0], at)
                return self.now(at)
            self._loaded[served] = found
        return self._loaded[served]

    def _examined(self, served: Served) -> Serving | None:
        try:
            ranked = ranking(self._site)
        except AwayError as error:
            LOG.warning("%s", error)
            return None
        version = next((one for one in ranked.versions if _served(one) == served), None)
        return None if version is None else self._sound(ranked, version)

    def _sound(self, ranked: Ranking, version: Version) -> Serving | None:
        found = examined(ranked.shelf, version, self._site.settings().tracking)
        if isinstance(found, Predictor):
            return Serving(version, found, (), away=ranked.away)
        LOG.error("%s: it is not used", found)
        return None

    def _take(self, found: Serving) -> None:
        if found.version != self._last.version:
            LOG.info("%s forecasts sessions that are opened from now on, after %s", found.version, self._last.version)
        self._last = found
        self._loaded[_served(found.version)] = found


def _served(version: Version) -> Served:
    return version.number, version.digest
