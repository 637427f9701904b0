"""By hand: another predictor into service, or the one before back."""

import getpass
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import flow

from flows.registry import Registry
from flows.serving import sound_copy
from flows.site import Site
from flows.steps import step
from flows.summaries import page, plain, published
from flows.version import Version

LOG = logging.getLogger("baokuan.promote")


class ServiceError(ValueError):
    """A version that cannot be put into service."""


@dataclass(frozen=True)
class Changed:
    """A change of champion, made by a person.

    Attributes:
        serving: the version that serves from now on.
        before: the one that served until then, if any.
        withdrawn: whether that one may never serve again.
        reason: why, in the person's words.
    """

    serving: Version
    before: Version | None
    withdrawn: bool
    reason: str

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        since = f"{self.serving} (as of {self.serving.as_of.isoformat()}) serves from now on"
        went = "is withdrawn and serves no more" if self.withdrawn else "served until now"
        said = self.serving.verdict or "nothing was kept of it"
        return (
            since,
            *([f"{self.before} {went}"] if self.before else []),
            f"what the rules said when {self.serving} was trained: {plain(said)}",
        )


@flow(name="promote")
def promote(site: Site, number: int, reason: str) -> Changed:
    """Put a version into service, whatever the rules said of it."""
    with site.alone():
        changed = step(put_into_service)(site, number, reason)
        step(publish)(changed)
        return changed


@flow(name="rollback")
def rollback(site: Site, reason: str) -> Changed:
    """Withdraw the champion and put the one before it back into service."""
    with site.alone():
        changed = step(put_back)(site, reason)
        step(publish)(changed)
        return changed


def put_into_service(site: Site, number: int, reason: str) -> Changed:
    """Make a version the champion, if it can be loaded and repeats its own forecasts.

    Raises:
        NoPredictorError: there is no such version.
        ServiceError: it serves already, or is broken.
    """
    registry = Registry(site)
    version, before = registry.version(number), registry.champion()
    if version == before:
        raise ServiceError(f"{version} is in service already")
    folder, wrong = sound_copy(registry, version, site.settings().tracking)
    if folder is None:
        raise ServiceError(f"{version} cannot serve: {wrong}")
    registry.appoint(version, told("promoted", reason))
    LOG.info("%s serves, put there by hand: %s", version, reason)
    return Changed(serving=version, before=before, withdrawn=False, reason=reason)


def put_back(site: Site, reason: str) -> Changed:
    """Withdraw the champion for the one before it.

    Raises:
        NoPredictorError: there is none before it.
    """
    withdrawn, former = Registry(site).rollback(told("withdrawn", reason))
    LOG.warning("%s is withdrawn, %s serves again: %s", withdrawn, former, reason)
    return Changed(serving=former, before=withdrawn, withdrawn=True, reason=reason)


def told(what: str, reason: str) -> dict[str, str]:
    """Tags that say who did it, when and why."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {f"{what}_by": getpass.getuser(), f"{what}_at": at, f"{what}_because": plain(reason)[:4000]}


def publish(changed: Changed) -> str:
    """A page of this change, beside it in Prefect."""
    facts = {"serving": changed.serving, "before": changed.before, "why": changed.reason}
    return published("champion", page("Champion", facts, changed.sentences()))
