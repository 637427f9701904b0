import os
import shutil

import pytest

from flows.environment import prepare


@pytest.fixture(scope="session", autouse=True)
def quiet(tmp_path_factory):
    home = tmp_path_factory.mktemp("quiet")
    prepare(home)
    yield
    os.environ.pop("PREFECT_HOME", None)


@pytest.fixture(scope="session")
def prefect_api(quiet):
    """A Prefect server for the flows of this test session: ten seconds, so only for tests that run one."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        prefect_test_harness(server_startup_timeout=120),
    ):
        yield


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
