import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from secret_marks import SECRETS
from small_world import day

from features.season.settings import SeasonSettings
from features.season.simulate import simulate
from features.season.write import write_landing
from flows.environment import prepare
from flows.moments import Ahead
from flows.registry import Registry
from flows.seal import KEY, signature
from flows.site import Site
from flows.viewer_key import VARIABLE


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
def shop_files(tmp_path_factory):
    """A predictor of a small shop, learnt until `small_world.day(11)`, as it is saved, with its digest: two seconds."""
    from small_shop import tables

    from flows.config import load
    from models.dataset import build
    from models.store import save
    from models.train import train

    config = load()
    dataset = build(tables(12), day(11), config.sensing(), config.models)
    folder = tmp_path_factory.mktemp("predictor") / "predictor"
    predictor = train(dataset, config.models, config.labels.hit_share, None).predictor
    return folder, save(predictor, folder, dataset.rows)


@pytest.fixture
def shop_site(home, shop_files):
    """A home in which that predictor serves as version 1."""
    site, (folder, digest) = Site(home=home), shop_files
    registry = Registry(site)
    registry.client.create_registered_model(registry.name)
    mark = signature(site.made(), registry.name, day(11), digest)
    tags = {"as_of": day(11).isoformat(), "digest": digest, "signature": mark}
    made = registry.client.create_model_version(registry.name, folder.as_uri(), tags=tags)
    version = registry.version(int(made.version))
    registry.copies.keep(version, folder)
    registry.promote(version)
    return site


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
    """A home in which everything has run once, with secrets set, as (site, where the list is, what was told)."""
    from flows.run import run

    home = tmp_path_factory.mktemp("ran")
    shutil.copy(mlflow_database, home / "mlflow.db")
    site, out = Site(home=home, config=(quick,)), home / "out"
    with pytest.MonkeyPatch.context() as patch:  # but not its own keys, which then are made
        for name, value in SECRETS.items():
            patch.setenv(name, value) if name not in {KEY.variable, VARIABLE} else patch.delenv(name, raising=False)
        return site, out, run(site, landing, week, out)
