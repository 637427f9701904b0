"""The predictor that serves: checked in a process of its own before use; if it is broken, the one before it."""

import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.config import Tracking
from flows.registry import FetchError, NoPredictorError, Registry
from flows.site import Site
from flows.version import Version
from models.canary import DAMAGED, DIFFERENT
from models.predictor import Predictor
from models.store import load

LOG = logging.getLogger("baokuan.serving")
SAID = {DAMAGED: "its files are damaged", DIFFERENT: "its forecasts are not those it was registered with"}
LONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


class BrokenPredictorError(RuntimeError):
    """No predictor that may serve can be used."""


@dataclass(frozen=True, eq=False)
class Serving:
    """A predictor that was checked and loaded.

    Attributes:
        version: which one it is.
        predictor: the thing itself.
        broken: what is wrong with each version that should have served instead, in words.
    """

    version: Version
    predictor: Predictor
    broken: tuple[str, ...]

    @property
    def warnings(self) -> list[str]:
        """What a reader of its forecasts must know."""
        instead = [f"{said}: {self.version}, in service before it, forecast instead" for said in self.broken]
        lost = [f"on past sessions the baseline {name} forecast better" for name in self.version.lost_to]
        return [*instead, *lost, *self.predictor.notes]


def serving(site: Site, as_of: datetime) -> Serving:
    """The champion, or the newest former one that had seen nothing after `as_of`; a broken one makes way, loudly.

    Raises:
        NoPredictorError: nothing was trained early enough.
        BrokenPredictorError: all that was is broken.
    """
    registry, limits = Registry(site), site.settings().tracking
    fitting = registry.fitting(as_of)
    cutoff = as_of.isoformat()
    if not fitting:
        raise NoPredictorError(
            f"no predictor in {site.home} was trained at or before {cutoff}: `baokuan train --as-of {cutoff}`, "
            "or `baokuan run` for all of it"
        )
    broken: list[str] = []
    for version in fitting:
        folder, wrong = sound_copy(registry, version, limits)
        if folder:
            return Serving(version, load(folder, version.digest), tuple(broken))
        LOG.error("%s is broken and is not used: %s", version, wrong)
        broken.append(f"{version} is broken ({wrong})")
    raise BrokenPredictorError(f"{'; '.join(broken)}; train anew: `baokuan train --as-of {cutoff}`")


def serving_if_any(site: Site, as_of: datetime) -> tuple[Serving | None, tuple[str, ...]]:
    """The same where it may be missing: with what is wrong with those that should have served."""
    try:
        found = serving(site, as_of)
    except NoPredictorError:
        return None, ()
    except BrokenPredictorError as error:
        return None, (str(error),)
    return found, found.broken


def sound_copy(registry: Registry, version: Version, limits: Tracking) -> tuple[Path | None, str]:
    """A local copy of a version that passed its check, fetched again if need be; else None and what is wrong."""
    wrong = ""
    for anew in (False, True):
        try:
            folder = registry.folder(version, anew=anew)
        except FetchError as error:
            LOG.error("%s", error)  # noqa: TRY400 - its story is one line
            return None, wrong or "its files cannot be fetched"
        wrong = checked(folder, version.digest, limits)
        if not wrong:
            return folder, ""
        LOG.error("%s: the copy in %s: %s", version, folder, wrong)
    return None, wrong


def checked(folder: Path, digest: str, limits: Tracking) -> str:
    """Let a saved predictor load and repeat its own forecasts in a process of its own.

    Returns:
        What is wrong with it, in words; nothing if it may be used.
    """
    command = [sys.executable, "-P", "-m", "models.canary", str(folder), digest, str(limits.check_memory_bytes)]
    environment = {**os.environ, **LONE}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limits.check_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"its check did not end within {limits.check_seconds:g} seconds"
    if done.returncode:
        LOG.error("check of %s ended with status %d: %s", folder, done.returncode, done.stderr.strip()[-2000:])
        return SAID.get(done.returncode, "its check crashed")
    return ""
