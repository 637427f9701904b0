import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from features.season.settings import SeasonSettings
from features.season.simulate import simulate
from features.season.write import write_landing
from flows.environment import prepare
from flows.moments import Ahead
from flows.registry import Registry
from flows.site import Site


@pytest.fixture(scope="session", autouse=True)
def quiet(tmp_path_factory):
    home = tmp_path_factory.mktemp("quiet")
    prepare(home)
    yield
    os.environ.pop("PREFECT_HOME", None)


@pytest.fixture(scope="session")
def prefect_api(quiet):
    """A Prefect server for the flows of this test session: ten seconds, so only for tests that run one.

    Its database, still empty, is told, and copied into PREFECT_HOME: the migrations take seconds, too.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, get_current_settings, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        prefect_test_harness(server_startup_timeout=300),
    ):
        url = get_current_settings().server.database.connection_url.get_secret_value()
        empty = Path(os.environ["PREFECT_HOME"]) / "empty.db"
        with closing(sqlite3.connect(url.partition("///")[2])) as made, closing(sqlite3.connect(empty)) as copy:
            made.backup(copy)
        shutil.copy(empty, empty.with_name("prefect.db"))
        yield empty


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory):
    """An empty MLflow database: its migrations take seconds, a copy nothing."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments(max_results=1)
    return path


@pytest.fixture
def home(tmp_path, mlflow_database):
    """A home whose MLflow database is ready."""
    place = tmp_path / "home"
    place.mkdir()
    shutil.copy(mlflow_database, place / "mlflow.db")
    return place


@pytest.fixture
def registry(home):
    """The records of a home in which nothing was trained."""
    return Registry(Site(home=home))


@pytest.fixture
def saved(tmp_path):
    """The files of a predictor, as far as the records look at them."""
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "predictor.json").write_text(json.dumps({"levels": [0.5]}))
    return folder


@pytest.fixture(scope="session")
def season():
    """A small simulated season."""
    return simulate(SeasonSettings.small())


@pytest.fixture(scope="session")
def landing(season, tmp_path_factory):
    """The season's landing tables."""
    folder = tmp_path_factory.mktemp("season") / "landing"
    write_landing(season, folder)
    return folder


@pytest.fixture(scope="session")
def quick(tmp_path_factory):
    """Settings with which learning takes a second or two."""
    path = tmp_path_factory.mktemp("settings") / "quick.yaml"
    path.write_text("models: {rounds: 20, patience: 5, plain_rounds: 5, folds: 1, dense_rows: 1}")
    return path


@pytest.fixture(scope="session")
def week(season):
    """The seven days after the season's cut."""
    return Ahead(as_of=season.as_of, horizon=timedelta(days=7))


@pytest.fixture(scope="session")
def ran(prefect_api, mlflow_database, landing, quick, week, tmp_path_factory):
    """A home in which everything has run once, as (site, where the list is, what was told)."""
    from flows.run import run

    home = tmp_path_factory.mktemp("ran")
    shutil.copy(mlflow_database, home / "mlflow.db")
    site, out = Site(home=home, config=(quick,)), home / "out"
    return site, out, run(site, landing, week, out)
