import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

BINARIES = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534


def own_user():
    """How to start a server that refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL 15 of its own, on a socket in a temporary folder; its address."""
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 in {BINARIES}")
    place = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    data, quiet = place / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place}
    making = [BINARIES / "initdb", "-D", data, "-U", "watcher", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    subprocess.run(making, check=True, **quiet, **own_user())
    settings = [f"-k{place}", "-h", "", "-F", "-c", "shared_buffers=16MB"]
    running = subprocess.Popen([BINARIES / "postgres", "-D", data, *settings], **quiet, **own_user())
    try:
        subprocess.run(
            ["sh", "-c", f"until {BINARIES}/pg_isready -q -h {place}; do sleep 0.1; done"], check=True, timeout=60
        )
        yield f"host={place} user=watcher dbname=postgres"
    finally:
        running.terminate()
        running.wait(timeout=60)
        shutil.rmtree(place)


@pytest.fixture
def database(server, monkeypatch):
    """The address of an empty database, also in the environment, and a connection that appends to it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        connection.execute("CREATE DATABASE shop")
    address = server.replace("dbname=postgres", "dbname=shop")
    monkeypatch.setenv("BAOKUAN_POSTGRES", address)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection
