"""Which predictors there are and which one is in service; with `tracking` and `database`, all that knows MLflow."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.copies import AwayError, Copies, FetchError
from flows.database import own
from flows.site import Site, held
from flows.version import SERVED, WITHDRAWN, Version

if TYPE_CHECKING:
    from mlflow import MlflowClient

SERVER = "MLFLOW_TRACKING_URI"
CHAMPION, CHALLENGER = "champion", "challenger"
MOST_NUMBER = 6  # digits of a version's number; a run's id is longer


class NoPredictorError(ValueError):
    """No predictor is there that was asked for, or that was learnt early enough."""


class NoRunError(ValueError):
    """No recorded run is there that was asked for, or not what was asked of it."""


@contextmanager
def away_told() -> Iterator[None]:
    """Whatever a server cannot answer in the block is an AwayError; faults of a home's own database stay theirs."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if SERVER not in os.environ:
            raise
        raise AwayError(f"{type(error).__name__} at {urlsplit(os.environ[SERVER]).hostname}") from None


class Registry:
    """The predictors of one market, in the home's SQLite or on the server that MLFLOW_TRACKING_URI names."""

    def __init__(self, site: Site) -> None:
        self.home, settings, server = site.made(), site.settings(), os.environ.get(SERVER)
        self.market = settings.market.name
        self.name = settings.registered
        self.shelf = f"{settings.tracking.experiment}/{self.market}"
        self.embedded, self.artifacts, self.copies = not server, self.home / "artifacts", Copies(self.home / "models")
        with held(self.home / ".mlflow.lock"):
            self.uri = server or own(self.home)
            self.client.search_experiments(max_results=1)  # is it there, and of this version?

    @property
    def client(self) -> "MlflowClient":
        """The connection; nothing of it is global, so that two homes never mix."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def experiment_id(self, leaf: float | str) -> str:
        """The experiment of this market that holds runs of a horizon in days, or of a name of their own.

        It is made or restored if it is not there.
        """
        name = f"{self.shelf}/{leaf if isinstance(leaf, str) else f'{leaf:g}d'}"
        found = self.client.get_experiment_by_name(name)
        if found:
            if found.lifecycle_stage == "deleted":  # its name stays taken
                self.client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        place = self.artifacts.as_uri() if self.embedded else None  # a server knows its own place
        return str(self.client.create_experiment(name, artifact_location=place))

    def fitting(self, as_of: datetime) -> list[Version]:
        """All that may serve a cutoff, as they had seen nothing later.

        The champion comes first, then former ones, the last in service before the others. What was trained for an
        earlier cutoff, and so never took over, comes after them, the newest first.
        """
        champion = self.champion()
        return sorted((one for one in self._in_turn() if one.as_of <= as_of), key=lambda one: one != champion)

    def pick(self, as_of: datetime) -> Version | None:
        """The first of those that may serve a cutoff."""
        return next(iter(self.fitting(as_of)), None)

    def champion(self) -> Version | None:
        """The predictor in service."""
        named = self._named_champion()
        return named if named and named.served else None

    def version(self, number: int) -> Version:
        """The version of that number.

        Raises:
            NoPredictorError: there is none.
        """
        found = {one.number: one for one in self.versions()}
        if number not in found:
            known = f"the newest is {max(found)}" if found else "none is registered"
            raise NoPredictorError(f"there is no version {number} of {self.name}: {known}")
        return found[number]

    def versions(self) -> list[Version]:
        """All registered versions."""
        return [Version.of(one) for one in self.client.search_model_versions(f"name = '{self.name}'", max_results=1000)]

    def run_of(self, word: str) -> str:
        """The id of the run that a person names: by a predictor's version number, or by how the run's id begins.

        Raises:
            NoRunError: no run, or more than one, is named so.
            NoPredictorError: no version has that number.
        """
        if word.isdecimal() and len(word) <= MOST_NUMBER:
            return self.version(int(word)).run_id
        shelves = [one.experiment_id for one in self.client.search_experiments()]
        plain = "".join(letter for letter in word if letter.isalnum())
        found = self.client.search_runs(shelves, f"attributes.run_id LIKE '{plain}%'", max_results=2) if plain else []
        if len(found) != 1 or plain != word:
            raise NoRunError(f"{word!r} names {'more than one run' if len(found) > 1 else 'no run'} of {self.uri}")
        return str(found[0].info.run_id)

    def fetched(self, run_id: str, name: str, folder: Path) -> Path:
        """A file of a run, copied into a folder.

        Raises:
            NoRunError: the run has no such file.
        """
        if name not in {one.path for one in self.client.list_artifacts(run_id)}:
            raise NoRunError(f"run {run_id} has no {name}: it was made by an older version, or judged nothing")
        return Path(self.client.download_artifacts(run_id, name, str(folder)))

    def register(self, model_id: str, run_id: str, told: Mapping[str, str]) -> Version:
        """Give a recorded model its version number; it starts as the challenger."""
        source = self.client.get_logged_model(model_id).artifact_location  # models:/ID asks the global tracking URI
        if not self.client.search_registered_models(f"name = '{self.name}'"):
            self.client.create_registered_model(self.name, description="Forecasts the demand of live-session listings.")
        made = self.client.create_model_version(self.name, source, run_id=run_id, tags=dict(told), model_id=model_id)
        self.client.set_registered_model_alias(self.name, CHALLENGER, made.version)
        return Version.of(self.client.get_model_version(self.name, made.version))

    def promote(self, version: Version) -> None:
        """Put a version into service from its cutoff on; one that had seen more stays champion of today."""
        champion = self.champion()
        if champion and champion.as_of > version.as_of:
            self.tag(version, {"served": SERVED})
        else:
            self.appoint(version, {})

    def appoint(self, version: Version, told: Mapping[str, str]) -> None:
        """Make a version the champion of today, whatever serves now and had seen; one that was withdrawn no longer is.

        Args:
            version: that takes over.
            told: tags that say who wanted it and why.
        """
        turn = max((one.turn for one in self.versions()), default=0) + 1
        number = str(version.number)
        self.tag(version, {**told, "served": SERVED, "turn": str(turn)})
        self.client.set_registered_model_alias(self.name, CHAMPION, number)
        for name in self.client.get_model_version(self.name, number).tags:
            if name.startswith("withdrawn_"):
                self.client.delete_model_version_tag(self.name, number, name)

    def formers(self) -> tuple[Version, list[Version]]:
        """The champion, and the champions before it, the last in service first.

        Raises:
            NoPredictorError: nothing serves, or nothing served before.
        """
        champion, served = self._named_champion(), self._in_turn()
        counted = [one for one in served if one.turn] or served  # records of old have no turns
        others = [one for one in counted if one != champion]
        if champion is None or not others:
            serving = f"{champion} is the first" if champion else "nothing is in service"
            raise NoPredictorError(f"there is no champion to go back to: {serving}")
        return champion, others

    def go_back(self, champion: Version, former: Version, told: Mapping[str, str]) -> None:
        """Withdraw the champion for good and put one before it back into service; tags say who wanted it and why."""
        self.tag(champion, {**told, "served": WITHDRAWN})  # first: a kill in between leaves it out of service
        self.client.set_registered_model_alias(self.name, CHAMPION, str(former.number))

    def stand_in(self, version: Version, baseline: str, told: Mapping[str, str]) -> None:
        """Let a baseline make the lists in a version's place, or none; an empty tag of MLflow's is none.

        Args:
            version: in service.
            baseline: its name; empty: the version makes its lists itself again.
            told: tags that say who wanted it, why and from when.
        """
        self.tag(version, {**told, "instead": baseline})

    def folder(self, version: Version, *, anew: bool = False) -> Path:
        """A local copy of the version's files; whoever loads them checks them against its digest.

        Args:
            version: whose files.
            anew: fetch them even if a copy is there, which stays until they are.

        Raises:
            FetchError: they cannot be fetched.
        """
        place = self.copies.place(version)
        if anew or not place.is_dir():
            from mlflow.artifacts import download_artifacts
            from mlflow.exceptions import MlflowException

            source = self.client.get_model_version_download_uri(self.name, str(version.number))
            where = {"tracking_uri": self.uri, "registry_uri": self.uri}
            with self.copies.scratch() as scratch:
                try:
                    fetched = download_artifacts(source, dst_path=str(scratch), **where)
                    self.copies.put(version, Path(fetched) / "predictor")
                except (MlflowException, OSError) as error:
                    raise FetchError(f"{version} cannot be fetched from {source}: {error}") from None
        return place

    def link(self, run_id: str) -> str:
        """Where a person finds a run: a page where there is a server, else the database and the run's id."""
        if self.uri.startswith("http"):
            experiment = self.client.get_run(run_id).info.experiment_id
            return f"{self.uri}/#/experiments/{experiment}/runs/{run_id}?workflowType=machine_learning"
        return f"{run_id} in {self.uri}"

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Write tags of a version."""
        for name, value in tags.items():
            self.client.set_model_version_tag(self.name, str(version.number), name, value)

    def _named_champion(self) -> Version | None:
        from mlflow.exceptions import MlflowException

        try:
            return Version.of(self.client.get_model_version_by_alias(self.name, CHAMPION))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _in_turn(self) -> list[Version]:
        """All that serve or served and were not withdrawn, the last that took over first."""
        served = [one for one in self.versions() if one.served]
        return sorted(served, key=lambda one: (one.turn, one.as_of, one.number), reverse=True)
