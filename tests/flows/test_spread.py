"""Work that is spread over a Dask cluster: by TLS only, as if it were done here, and finished when a worker dies."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from deployed import ROOT, until
from polars.testing import assert_frame_equal
from small_world import day, filled
from spread_work import mark

from flows.condensing import Condensing
from flows.config import load
from flows.spread import SCHEDULER, SchedulerError, scheduler, spread

TESTS = ROOT / "tests"
TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def certificate(folder):
    """One for all of a cluster, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "c")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    own = {f"{TLS}{who}__{what}": str(folder / f"{what.lower()}.pem")
           for who in ("SCHEDULER", "WORKER", "CLIENT") for what in ("CERT", "KEY")}  # fmt: skip
    return own | {f"{TLS}CA_FILE": str(folder / "cert.pem"), "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The environment of who may ask a scheduler with two workers, by TLS."""
    folder = tmp_path_factory.mktemp("cluster")
    told = {**os.environ, **certificate(folder), "PYTHONPATH": str(TESTS)}
    at = folder / "scheduler.json"
    quiet = {"cwd": ROOT, "env": told, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    both = ("--scheduler-file", str(at), "--no-dashboard", "--protocol", "tls", "--host", "tls://127.0.0.1")
    dask = (sys.executable, "-m", "dask")
    with subprocess.Popen([*dask, "scheduler", *both, "--port", "0"], **quiet) as first:
        try:
            until(at.exists, "the scheduler's file")
            named = ("--scheduler-file", str(at), "--no-dashboard", "--nworkers", "2", "--nthreads", "1")
            with subprocess.Popen([*dask, "worker", *named], **quiet) as workers:
                try:
                    address = at.read_text().split('"address": "')[1].split('"')[0]
                    yield {**told, SCHEDULER: address}
                finally:
                    workers.terminate()
        finally:
            first.terminate()


def client(what, folder, environment):
    return subprocess.run(
        [sys.executable, TESTS / "spread_work.py", what, folder],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def who(folder):
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


@pytest.mark.slow
def test_the_work_is_done_by_the_cluster_s_workers(cluster, tmp_path):
    asked = client("mark", tmp_path, cluster)
    assert asked.returncode == 0, asked.stderr
    found = who(tmp_path)
    assert sorted(found) == list("012345")
    assert asked.stdout.strip() not in found.values()


@pytest.mark.slow
def test_when_a_worker_dies_of_it_the_work_is_finished_all_the_same(cluster, tmp_path):
    asked = client("mark_after_a_kill", tmp_path, cluster)
    assert asked.returncode == 0, asked.stderr
    assert (tmp_path / "died").exists()
    assert sorted(who(tmp_path)) == list("012345")


@pytest.mark.slow
def test_who_has_no_certificate_is_not_let_in(cluster, tmp_path):
    bare = {name: value for name, value in cluster.items() if not name.startswith("DASK_")}
    asked = client("mark", tmp_path, bare)
    assert asked.returncode == 1
    assert "SchedulerError: BAOKUAN_DASK: no certificate to speak TLS with is named" in asked.stderr
    assert who(tmp_path) == {}


@pytest.mark.slow
def test_who_has_a_certificate_of_another_authority_is_not_let_in(cluster, tmp_path):
    """Not even if he takes the scheduler's for sound."""
    own = certificate(tmp_path) | {f"{TLS}CA_FILE": cluster[f"{TLS}CA_FILE"]}
    asked = client("mark", tmp_path, {**cluster, **own})
    assert asked.returncode == 1
    assert "ClusterAwayError: the cluster of BAOKUAN_DASK does not answer" in asked.stderr
    assert who(tmp_path) == {}


@pytest.mark.slow
def test_events_that_the_cluster_condensed_are_those_that_one_machine_condenses(cluster, tmp_path):
    (tmp_path / "events").mkdir()
    for part in range(3):
        rows = [
            {"event_id": f"{part}-{n}", "session_id": "S", "product_id": "P", "viewer_id": f"V{n % 5}", "text": "好看",
             "kind": ("comment", "product_click")[n % 2], "ts": day(part) + timedelta(seconds=7 * n)}
            for n in range(50)
        ]  # fmt: skip
        filled("events", rows).write_parquet(tmp_path / "events" / f"{part}.parquet")
    asked = client("condense", tmp_path, cluster)
    assert asked.returncode == 0, asked.stderr
    files, lexicon = sorted((tmp_path / "events").glob("*.parquet")), load().comments
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "home").rglob("acted.parquet")}
    assert len(kept) == 3
    found, alone = (Condensing(tmp_path / home, lexicon).events(files) for home in ("home", "alone"))
    for name, frame in alone.items():
        assert_frame_equal(found[name], frame)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "home").rglob("acted.parquet")} == kept


def test_without_a_cluster_it_is_done_here(monkeypatch, tmp_path):
    monkeypatch.delenv(SCHEDULER, raising=False)
    spread(partial(mark, tmp_path), range(3))
    assert set(who(tmp_path).values()) == {str(os.getpid())}


@pytest.mark.parametrize("address", ["tls://cluster.internal:8786", "tcp://127.0.0.1:8786", "tcp://localhost:8786"])
def test_a_cluster_is_spoken_to_by_tls_or_on_this_machine(monkeypatch, address):
    monkeypatch.setenv(SCHEDULER, address)
    assert scheduler() == address


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tcp://cluster.internal:8786", "cluster:8786", "http://127.0.0.1:8786", "tls://"]
)
def test_another_address_is_refused(monkeypatch, address):
    monkeypatch.setenv(SCHEDULER, address)
    with pytest.raises(SchedulerError, match=SCHEDULER):
        spread(print, [1, 2])
