"""MLflow's artifacts on an object store: what a training writes lies there, and is had from there."""

import os
import subprocess
import sys

import pytest
from deployed import answers, free_port, until
from object_store import client_of, running

from flows.registry import Registry
from flows.site import Site

pytestmark = pytest.mark.slow
BUCKET = "artifacts"


@pytest.fixture(scope="module")
def store():
    """An object store on loopback, as the environment of whoever uses it."""
    with running() as known:
        yield {**known, "MLFLOW_S3_ENDPOINT_URL": known["AWS_ENDPOINT_URL"]}


@pytest.fixture(scope="module")
def bucket(store):
    client = client_of(store)
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture(scope="module")
def server(store, bucket, tmp_path_factory):
    """MLflow's server, which alone knows the store's key."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    told = {
        "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{folder}/mlflow.db",
        "MLFLOW_ARTIFACTS_DESTINATION": f"s3://{BUCKET}/baokuan",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, env={**os.environ, **store, **told}, stdout=said, stderr=said)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), "MLflow's health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_what_a_run_keeps_lies_in_the_bucket_and_comes_back_byte_for_byte(server, bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    registry = Registry(Site(home=tmp_path / "home"))
    run = registry.client.create_run(registry.experiment_id(7.0)).info.run_id
    kept = tmp_path / "predictions.parquet"
    kept.write_bytes(bytes(range(256)) * 100)
    registry.client.log_artifact(run, str(kept))
    found = [one["Key"] for one in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert [key for key in found if key.startswith("baokuan/") and key.endswith(f"{run}/artifacts/{kept.name}")]
    (tmp_path / "back").mkdir()
    assert registry.fetched(run, kept.name, tmp_path / "back").read_bytes() == kept.read_bytes()
