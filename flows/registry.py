"""Which predictors there are and which one is in service; with `tracking`, the only files that know MLflow."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from flows.site import Site, held

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER = "champion", "challenger"


class NoPredictorError(ValueError):
    """Nothing was learnt early enough to be used at a cutoff."""


@dataclass(frozen=True)
class Version:
    """One registered predictor: its number, what it had seen, and what it is known by.

    Attributes:
        name: of the registered model.
        number: its version, counted from 1.
        as_of: the cutoff of its training; it saw nothing known later.
        digest: sha256 of the manifest of its files.
        lost_to: the baselines that were better on the same folds.
    """

    name: str
    number: int
    as_of: datetime
    digest: str
    lost_to: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"


class Registry:
    """The predictors of one site, in the embedded SQLite or on the server that MLFLOW_TRACKING_URI names."""

    def __init__(self, site: Site) -> None:
        home = site.made()
        self.name = site.settings().tracking.predictor
        self.experiment = site.settings().tracking.experiment
        self.uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
        self.embedded = "MLFLOW_TRACKING_URI" not in os.environ
        self.artifacts, self.copies = home / "artifacts", home / "models"
        with held(home / ".mlflow.lock"):
            self.client.search_experiments(max_results=1)  # creates the database: twice at once would break it

    @property
    def client(self) -> "MlflowClient":
        """The connection; nothing of it is global, so that two homes never mix."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def experiment_id(self) -> str:
        """The experiment that holds the training runs, made if it is not there."""
        found = self.client.get_experiment_by_name(self.experiment)
        if found:
            return str(found.experiment_id)
        place = self.artifacts.as_uri() if self.embedded else None  # a server knows its own place
        return str(self.client.create_experiment(self.experiment, artifact_location=place))

    def pick(self, as_of: datetime) -> Version | None:
        """The champion if it had seen nothing after `as_of`, else the newest former champion of which that holds."""
        fitting = [one for one in self._served() if one.as_of <= as_of]
        champion = self.champion()
        if champion in fitting:
            return champion
        return max(fitting, key=lambda one: (one.as_of, one.number), default=None)

    def champion(self) -> Version | None:
        """The predictor in service."""
        from mlflow.exceptions import MlflowException

        try:
            return self._version(self.client.get_model_version_by_alias(self.name, CHAMPION))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def register(self, model_id: str, run_id: str, told: Mapping[str, str]) -> Version:
        """Give a recorded model its version number; it starts as the challenger."""
        source = self.client.get_logged_model(model_id).artifact_location  # models:/ID asks the global tracking URI
        if not self.client.search_registered_models(f"name = '{self.name}'"):
            self.client.create_registered_model(self.name, description="Forecasts the demand of live-session listings.")
        made = self.client.create_model_version(self.name, source, run_id=run_id, tags=dict(told), model_id=model_id)
        self.client.set_registered_model_alias(self.name, CHALLENGER, made.version)
        return self._version(self.client.get_model_version(self.name, made.version))

    def promote(self, version: Version) -> None:
        """Put a version into service from its cutoff on; one that had seen more stays champion of today."""
        self.client.set_model_version_tag(self.name, str(version.number), "served", "true")
        champion = self.champion()
        if champion and champion.as_of > version.as_of:
            return
        self.client.set_registered_model_alias(self.name, CHAMPION, str(version.number))

    def folder(self, version: Version) -> Path:
        """A local copy of the version's files; whoever loads them checks them against its digest."""
        place = self.copies / f"{version.number}-{version.digest[:16]}"
        if not place.is_dir():
            from mlflow.artifacts import download_artifacts

            source = self.client.get_model_version_download_uri(self.name, str(version.number))
            with TemporaryDirectory(dir=_made(self.copies), prefix=".fetch-") as scratch:
                fetched = download_artifacts(source, dst_path=scratch, tracking_uri=self.uri, registry_uri=self.uri)
                _placed(Path(fetched) / "predictor", place)
        return place

    def keep(self, version: Version, folder: Path) -> None:
        """Keep a local copy of the version, so that scoring needs no tracking server."""
        with TemporaryDirectory(dir=_made(self.copies), prefix=".keep-") as scratch:
            copied = shutil.copytree(folder, Path(scratch) / "predictor")
            _placed(copied, self.copies / f"{version.number}-{version.digest[:16]}")

    def link(self, run_id: str) -> str:
        """Where a person finds a run: a page where there is a server, else the database and the run's id."""
        if self.uri.startswith("http"):
            return f"{self.uri}/#/experiments/{self.experiment_id()}/runs/{run_id}?workflowType=machine_learning"
        return f"{run_id} in {self.uri}"

    def _served(self) -> list[Version]:
        found = self.client.search_model_versions(f"name = '{self.name}'", max_results=1000)
        return [self._version(one) for one in found if one.tags.get("served") == "true"]

    def _version(self, found: Any) -> Version:
        lost_to = tuple(name for name in found.tags.get("lost_to", "").split(", ") if name)
        as_of = datetime.fromisoformat(found.tags["as_of"])
        return Version(found.name, int(found.version), as_of, found.tags["digest"], lost_to)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _placed(folder: Path, place: Path) -> None:
    if not place.exists():
        folder.rename(place)
