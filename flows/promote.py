"""By hand: another predictor into service, or the one before back."""

import getpass
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import flow

from flows.config import Tracking
from flows.registry import Registry
from flows.run_names import run_name
from flows.site import Site
from flows.soundness import Fault, examined
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
        passed: those that served between the two and are broken.
    """

    serving: Version
    before: Version | None
    withdrawn: bool
    reason: str
    passed: tuple[Fault, ...] = ()

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        since = f"{self.serving} (as of {self.serving.as_of.isoformat()}) serves from now on"
        went = "is withdrawn and serves no more" if self.withdrawn else "served until now"
        said = self.serving.verdict or "nothing was kept of it"
        return (
            since,
            *([f"{self.before} {went}"] if self.before else []),
            *(f"passed over: {fault}" for fault in self.passed),
            f"what the rules said when {self.serving} was trained: {plain(said)}",
        )


@flow(name="promote", flow_run_name=run_name)
def promote(site: Site, number: int, reason: str) -> Changed:
    """Put a version into service, whatever the rules said of it."""
    with site.alone():
        changed = step(put_into_service)(site, number, reason)
        step(publish)(changed)
        return changed


@flow(name="rollback", flow_run_name=run_name)
def rollback(site: Site, reason: str) -> Changed:
    """Withdraw the champion and put the one before it back into service."""
    with site.alone():
        changed = step(put_back)(site, reason)
        step(publish)(changed)
        return changed


def put_into_service(site: Site, number: int, reason: str) -> Changed:
    """Make a version the champion, if it can be loaded, repeats its own forecasts and reads today's features.

    Raises:
        NoPredictorError: there is no such version.
        ServiceError: it serves already, is broken, or could not be checked.
    """
    registry = Registry(site)
    version, before = registry.version(number), registry.champion()
    if version == before and not version.instead:
        raise ServiceError(f"{version} is in service already")
    found = examined(registry, version, site.settings().tracking)
    if isinstance(found, Fault):
        raise ServiceError(f"{found}: nothing was changed")
    registry.appoint(version, {**told("promoted", reason), "instead": ""})
    LOG.info("%s serves, put there by hand: %s", version, reason)
    return Changed(serving=version, before=before, withdrawn=False, reason=reason)


def put_back(site: Site, reason: str) -> Changed:
    """Withdraw the champion for the last one before it that can be used.

    Raises:
        NoPredictorError: there is none before it.
        ServiceError: none before it can be used, or the last that can could not be checked.
    """
    registry = Registry(site)
    champion, formers = registry.formers()
    former, passed = usable(registry, formers, site.settings().tracking)
    registry.go_back(champion, former, told("withdrawn", reason))
    LOG.warning("%s is withdrawn, %s serves again: %s", champion, former, reason)
    return Changed(serving=former, before=champion, withdrawn=True, reason=reason, passed=passed)


def usable(registry: Registry, formers: Sequence[Version], limits: Tracking) -> tuple[Version, tuple[Fault, ...]]:
    """The first version that can be used, and the faults of those passed over, each broken for certain.

    Raises:
        ServiceError: there is none, or one on the way could not be checked.
    """
    passed: list[Fault] = []
    for version in formers:
        found = examined(registry, version, limits)
        if not isinstance(found, Fault):
            return version, tuple(passed)
        passed.append(found)
        if not found.proven:
            break
    why = "; ".join(map(str, passed))
    raise ServiceError(f"nobody takes over, and nothing was changed: {why}")


def told(what: str, reason: str) -> dict[str, str]:
    """Tags that say who did it, when and why."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {f"{what}_by": who(), f"{what}_at": at, f"{what}_because": plain(reason)[:4000]}


def who() -> str:
    """The name of the user, or the number where the machine has no name for it, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def publish(changed: Changed) -> str:
    """A page of this change, beside it in Prefect."""
    facts = {"serving": changed.serving, "before": changed.before, "why": changed.reason}
    return published("champion", page("Champion", facts, changed.sentences()))
