"""No secret, and nobody's id, stands in any byte that a home, its records or its papers hold, nor in what is said."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from deployed import unnamed
from secret_marks import MARK, SECRETS, WANTED, holding

from flows.seal import KEY as MODEL_KEY
from flows.viewer_key import KEY as VIEWER_KEY

KEY_FILES = {MODEL_KEY.file, VIEWER_KEY.file}


def of_viewers(landing):
    """The ids of the viewers of a landing zone, all of one length, which is long enough to stand for nothing else."""
    frames = [pl.read_parquet(landing / table, columns=["viewer_id"]) for table in ("events", "orders")]
    ids = pl.concat(frames)["viewer_id"].unique().drop_nulls().sort().to_list()
    assert len(ids) > 100
    assert min(map(len, ids)) == max(map(len, ids)) >= 5
    return tuple(one.encode() for one in ids)


def test_no_byte_of_a_home_its_records_and_its_papers_holds_a_secret_of_the_environment(ran):
    site, out, _ = ran
    assert {path.name for path in out.iterdir()} >= {"stocking_list.parquet", "papers.csv"}
    assert holding(site.home, *WANTED) == set()
    assert holding(Path(os.environ["PREFECT_HOME"]), *WANTED) == set()
    assert holding(prefect_database().parent, *WANTED) == set()


def prefect_database():
    """Where the server of this test session keeps its records."""
    from prefect.settings import get_current_settings

    return Path(get_current_settings().server.database.connection_url.get_secret_value().partition("///")[2])


def test_the_keys_of_a_home_stand_in_their_own_files_only(ran):
    keys = {name: (ran[0].home / name).read_bytes() for name in KEY_FILES}
    assert holding(ran[0].home, *keys.values()) == KEY_FILES
    assert {(ran[0].home / name).stat().st_mode & 0o777 for name in KEY_FILES} == {0o600}
    assert holding(prefect_database().parent, *keys.values()) == set()


def test_no_byte_of_a_home_and_its_records_names_a_viewer(ran, landing):
    ids = of_viewers(landing)
    assert holding(landing, *ids)
    assert holding(ran[0].home, *ids) == set()
    assert holding(prefect_database().parent, *ids) == set()


def test_the_search_finds_what_is_packed(tmp_path):
    import gzip
    import sqlite3
    import zipfile

    secret = SECRETS["AWS_SECRET_ACCESS_KEY"]
    pl.DataFrame({"said": [secret] * 9}).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.gz").write_bytes(gzip.compress(secret.encode() * 9))
    with zipfile.ZipFile(tmp_path / "c.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet", secret * 9)
    database = sqlite3.connect(tmp_path / "d.db")
    database.execute("CREATE TABLE said (word)")
    database.execute("INSERT INTO said VALUES (?)", ("x" * 4_000 + secret,))
    database.commit()
    database.close()
    (tmp_path / "e").write_text(MARK.encode().hex())
    (tmp_path / "f").write_text("nothing")
    assert holding(tmp_path, *WANTED) == {"a.parquet", "b.gz", "c.xlsx", "d.db", "e"}


HOOKED = f"""
live:
  telling:
    webhooks:
      retries: 0
      drain_seconds: 1
      hooks: [{{url: "http://127.0.0.1:9/{MARK}", audience: operator}}]
"""
FOLLOWED = """
live:
  database:
    tables: {events: {relation: public.events, cursor: seq, transaction: null, overlap: 10}}
    batch_rows: 100
    timeout_seconds: 2
"""
AUDIT = """
import os, sys
def told(event, arguments):
    if event == "pickle.find_class":
        with open(os.environ["UNPICKLED"], "a") as file:
            file.write(" ".join(map(str, arguments[-2:])) + chr(10))
sys.addaudithook(told)
"""


def spoken(call, environment, status):
    """What a command says; one that waits for somebody who never comes is stopped."""
    command = [str(Path(sys.executable).with_name("baokuan")), *call]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        try:
            told, _ = running.communicate(timeout=None if status == 0 else 60)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)
            told, _ = running.communicate(timeout=120)
    assert status in {None, running.returncode}, told
    return told.decode()


@pytest.fixture(scope="module")
def told(landing, quick, week, tmp_path_factory):
    """All commands of the small path by the command line, with every secret set; where they worked, what they said."""
    place = tmp_path_factory.mktemp("marked")
    home, out = str(place / "home"), str(place / "out")
    settings = tmp_path_factory.mktemp("settings")
    (settings / "hooked.yaml").write_text(HOOKED)
    (settings / "followed.yaml").write_text(FOLLOWED)
    (settings / "sitecustomize.py").write_text(AUDIT)
    environment = unnamed() | SECRETS | {"PYTHONPATH": str(settings), "UNPICKLED": str(settings / "unpickled")}
    first = ["--home", home, "--config", str(quick)]
    as_of, nowhere = week.as_of.isoformat(), "127.0.0.1:9"
    ahead = ["--as-of", as_of, "--horizon", "7d", "--out", out]
    feed = place / "feed"
    (feed / "orders").mkdir(parents=True)
    calls = [
        (0, ["run", "--landing", str(landing), *ahead, *first], {}),
        (0, ["feedback", "--as-of", as_of, "--out", out, *first], {}),
        (0, ["monitor", "--as-of", as_of, "--out", out, *first], {}),
        (0, ["watch", "--landing", str(feed), "--clock", "data", "--since", as_of, "--out", out, *first,
             "--config", str(settings / "hooked.yaml")], {}),
        (None, ["watch", "--landing", str(feed), "--since", as_of, "--out", out, *first,
             "--config", str(settings / "followed.yaml"), "--debug"], {}),
        (None, ["stock", *ahead, *first, "--debug"], {"MLFLOW_TRACKING_URI": f"http://o:{MARK}@{nowhere}"}),
        (None, ["stock", *ahead, *first, "--debug"], {"PREFECT_API_URL": f"http://o:{MARK}@{nowhere}/api"}),
    ]  # fmt: skip
    said = [spoken(call, environment | more, status) for status, call, more in calls]
    return place, said, settings / "unpickled"


@pytest.mark.slow
def test_by_the_command_line_no_secret_is_written_or_said(told, landing):
    place, said, _ = told
    assert holding(place, *WANTED) == set()
    assert holding(place, *of_viewers(landing)) == set()
    assert [one for one in said if any(word.decode() in one for word in WANTED)] == []


@pytest.mark.slow
def test_by_the_command_line_nothing_is_unpickled_but_babels_own_locale_data(told):
    place, _, unpickled = told
    assert {line.partition(".")[0] for line in unpickled.read_text().splitlines()} == {"babel"}
    packed = [str(path) for path in place.rglob("*") if path.is_file() and is_pickle(path)]
    assert packed == []


def is_pickle(path):
    """Whether a file has the beginning and the end of a pickle of protocol 2 or later."""
    content = path.read_bytes()
    return content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05" and content.endswith(b".")
