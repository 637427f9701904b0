import shutil
from pathlib import Path

import pytest

from flows.environment import prepare


@pytest.fixture(scope="session", autouse=True)
def quiet(tmp_path_factory):
    """Every tool is quiet and offline, and Prefect keeps what it keeps in a folder of this run."""
    patched = pytest.MonkeyPatch()
    patched.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
    prepare(tmp_path_factory.mktemp("quiet"))
    yield
    patched.undo()


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
    place = Path(tmp_path) / "home"
    place.mkdir()
    shutil.copy(mlflow_database, place / "mlflow.db")
    return place
