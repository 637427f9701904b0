"""Whether a registered predictor may be used: checked in a process of its own, and asked what it reads."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from features.catalog import CATALOG
from flows.config import Tracking
from flows.copies import Copies, FetchError
from flows.seal import doubt
from flows.version import Version
from models.canary import DAMAGED, DIFFERENT, UNREADABLE
from models.predictor import Predictor
from models.store import load

LOG = logging.getLogger("baokuan.soundness")
PROVEN = {
    DAMAGED: "its files are damaged",
    DIFFERENT: "its forecasts are not those it was registered with",
    UNREADABLE: "another version of baokuan saved it, in a form that this one does not read",
}
STALE = "it was trained on features that are not made any more"
SECRET = re.compile(r"^(BAOKUAN|AWS|MLFLOW|PREFECT|PG)_?|KEY|SECRET|PASSWORD|TOKEN|CREDENTIAL|AUTH")
LONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


class Keeper(Protocol):
    """Who has the files of predictors."""

    @property
    def copies(self) -> Copies:
        """Of the home that it works for."""

    def folder(self, version: Version, *, anew: bool = False) -> Path:
        """A local copy of a version's files.

        Raises:
            FetchError: they cannot be had.
        """


@dataclass(frozen=True)
class Fault:
    """Why a version cannot be used.

    Attributes:
        version: which one.
        said: what was found, in words.
        proven: whether the predictor itself is at fault; not where its check crashed or did not end, or where its
            files could not be fetched, all of which a busy machine or a lost connection does to a sound one too.
    """

    version: Version
    said: str
    proven: bool

    def __str__(self) -> str:
        return f"{self.version} {'is broken' if self.proven else 'could not be checked'} ({self.said})"


def examined(registry: Keeper, version: Version, limits: Tracking) -> Predictor | Fault:
    """A version that is signed, passed its check and reads today's features.

    Before its signature was found right nothing of it is fetched or read.
    """
    if said := doubt(registry.copies.home, version):
        return Fault(version, said, proven=not version.signature)
    found = proven(registry, version, limits)
    return found if isinstance(found, Fault) else _reading(version, load(found, version.digest))


def proven(registry: Keeper, version: Version, limits: Tracking) -> Path | Fault:
    """The folder of a version whose files passed their check; they are fetched anew if they are damaged."""
    status: int | None = DAMAGED
    for anew in (False, True):
        try:
            folder = registry.folder(version, anew=anew)
        except FetchError as error:
            LOG.error("%s", error)  # noqa: TRY400 - its story is one line
            damaged = "its files are damaged and cannot be fetched anew"
            return Fault(version, damaged if anew else "its files cannot be fetched", proven=False)
        status = checked(folder, version.digest, limits)
        if status == 0:
            return folder
        LOG.error("%s: the copy in %s: %s", version, folder, told(status, limits))
        if status != DAMAGED:
            break  # the files are those that were registered: fetching brings the same ones
    return Fault(version, told(status, limits), proven=status in PROVEN)


def checked(folder: Path, digest: str, limits: Tracking) -> int | None:
    """Let a saved predictor load and repeat its own forecasts in a process of its own.

    Returns:
        The exit status, 0 if all is well; None where it did not end in time.
    """
    command = [sys.executable, "-P", "-m", "models.canary", str(folder), digest, str(limits.check_memory_bytes)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            env=bare(os.environ),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limits.check_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        LOG.error("check of %s ended with status %d: %s", folder, done.returncode, done.stderr.strip()[-2000:])
    return done.returncode


def bare(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for one thread, without what might be a secret: what a hostile file does, it does without keys."""
    return {name: value for name, value in environment.items() if not SECRET.search(name)} | LONE


def told(status: int | None, limits: Tracking) -> str:
    """What is wrong with a predictor whose check ended so, in words."""
    if status is None:
        return f"its check did not end within {limits.check_seconds:g} seconds"
    return PROVEN.get(status, "its check crashed")


def todays_features() -> pl.DataFrame:
    """A feature table without a row, as the catalog has it today."""
    return pl.DataFrame(schema={one.name: pl.String if one.kind == "category" else pl.Float32 for one in CATALOG})


def _reading(version: Version, predictor: Predictor) -> Predictor | Fault:
    return predictor if predictor.reads(todays_features()) else Fault(version, STALE, proven=True)
