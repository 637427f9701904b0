"""Where a company's lake, models and records lie, and the configuration that goes with them."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from flows.config import Config, load
from flows.environment import prepare

LOG = logging.getLogger("baokuan")


class SiteError(ValueError):
    """A home that cannot be used."""


class Site(BaseModel):
    """One home directory and the configuration files laid over the defaults.

    Attributes:
        home: holds the lake, the models, and the embedded MLflow and Prefect state.
        config: YAML files, each laid over the ones before. A text may name several, as a search path does, or none: so
            a variable of the environment can stand for them in a deployment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path(".baokuan")
    config: tuple[Path, ...] = ()

    @field_validator("config", mode="before")
    @classmethod
    def _each(cls, named: object) -> object:
        if not isinstance(named, list | tuple):
            return named  # which pydantic refuses
        several = (one.split(os.pathsep) if isinstance(one, str) else [one] for one in named)
        return [one for some in several for one in some if one != ""]

    def settings(self) -> Config:
        """The resolved configuration."""
        return load(self.config)

    def made(self) -> Path:
        """The home directory, made if it is not there.

        Raises:
            SiteError: the path cannot be a directory that we may write to.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SiteError(f"the home {self.home} cannot be made: {error.strerror}") from None
        return self.home.resolve()

    def found(self) -> Path:
        """The home directory, which must be there.

        Raises:
            SiteError: it is not.
        """
        if not self.home.is_dir():
            raise SiteError(f"there is no home {self.home}: name one with --home in which `baokuan train` has worked")
        return self.made()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold this home: a second run on it waits until the first has ended, however that ends."""
        prepare(self.made())
        LOG.setLevel(logging.INFO)
        with held(self.made() / ".lock"):
            yield


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; the lock goes with the process, also by a kill."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            LOG.info("waiting: another run holds %s", path)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
