"""Local copies of predictors, so that scoring needs no tracking server."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.version import Version


class FetchError(RuntimeError):
    """A predictor's files cannot be had from where they are kept."""


class AwayError(RuntimeError):
    """The MLflow server cannot be asked just now."""


@dataclass(frozen=True)
class Copies:
    """The folder of a home that holds a copy of each predictor that was made or fetched there."""

    root: Path

    @property
    def home(self) -> Path:
        """Whose copies they are."""
        return self.root.parent

    def place(self, version: Version) -> Path:
        """Where the copy of a version lies, if there is one."""
        return self.root / f"{version.number}-{version.digest[:16]}"

    def keep(self, version: Version, folder: Path) -> None:
        """Copy the files of a version."""
        with self.scratch() as scratch:
            self.put(version, Path(shutil.copytree(folder, scratch / "predictor")))

    def put(self, version: Version, folder: Path) -> None:
        """Move the files of a version to their place; an older copy goes last, so that there always is one.

        Raises:
            FileNotFoundError: there is no such folder; an older copy stays.
        """
        place = self.place(version)
        before = place.with_name(f".{place.name}.before")
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder.name}")
        shutil.rmtree(before, ignore_errors=True)
        if place.exists():
            place.rename(before)
        folder.rename(place)
        shutil.rmtree(before, ignore_errors=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the same disk, for as long as the block runs."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=".fetch-") as folder:
            yield Path(folder)
