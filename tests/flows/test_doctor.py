"""A home as the doctor sees it: sound, and with real damage."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from recorded import FIRST, SECOND, registered
from small_landing import MAY, SETTINGS, order, small_zone
from typer.testing import CliRunner

from features.privacy import Door
from flows.checkup.finding import Finding, Kind
from flows.checkup.predictors import copy_findings, service_findings
from flows.cli import app
from flows.copies import Copies
from flows.doctor import Diagnosis, diagnosed
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver
from flows.site import Site
from flows.version import Version

SOON = MAY + timedelta(hours=1)


@pytest.fixture
def site(home, tmp_path, monkeypatch):
    for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    zone = small_zone(tmp_path / "zone", orders=[order("O1", ts=MAY)])
    receive(Receiver(Lake(home), SETTINGS, Door(b"key", keep_text=True)), zone, MAY)
    overlay = tmp_path / "small.yaml"
    overlay.write_text("doctor: {disk_free_bytes: 0, fresh_hours: {orders: 26, sessions: null, lineups: null}}")
    return Site(home=home, config=(overlay,))


def kinds(site, now=SOON, *, deep=False):
    return [one.kind for one in diagnosed(site, now, deep=deep).findings]


def test_a_home_in_which_nothing_was_trained_lacks_a_predictor_and_nothing_else(site):
    assert kinds(site) == kinds(site, deep=True) == [Kind.NO_PREDICTOR]


def test_a_damaged_table_and_one_that_stopped_coming_are_found_and_the_rest_is_still_looked_at(site):
    path = next((site.home / "lake" / "orders").rglob("day=*/*.parquet"))
    content = path.read_bytes()
    path.unlink()
    found = diagnosed(site, MAY + timedelta(hours=40))
    assert [one.kind for one in found.findings] == [Kind.LAKE_DAMAGED, Kind.NO_PREDICTOR]
    assert str(path) in found.sentences()[0]
    assert found.status == 1
    path.write_bytes(content)
    assert kinds(site, MAY + timedelta(hours=40)) == [Kind.NO_PREDICTOR, Kind.TABLE_OLD]


def test_only_what_somebody_must_act_on_gives_a_bad_exit_status_and_comes_first():
    note = Finding(Kind.BASELINE_SERVES, "a", bad=False)
    assert (Diagnosis(()).status, Diagnosis((note,)).status) == (0, 0)
    assert Diagnosis((note, Finding(Kind.DISK_FULL, "b"))).status == 1
    assert Diagnosis(()).sentences() == ["all is well"]


def test_the_command_tells_its_findings_a_line_each_and_exits_with_1(site):
    arguments = ["doctor", "--home", str(site.home), "--config", str(site.config[0])]
    done = CliRunner().invoke(app, arguments, standalone_mode=False)
    assert done.return_value == 1
    lines = done.output.strip().splitlines()
    assert any(line.startswith("orders: the newest row is ") for line in lines)
    assert all("docs/runbook.md#" in line for line in lines)


def test_who_serves_is_asked_and_a_baseline_in_its_place_is_only_told(registry, saved):
    first = registered(registry, saved, FIRST, served=True)
    assert list(service_findings((first,), SECOND, "")) == []
    assert [one.kind for one in service_findings((first,), FIRST - timedelta(days=1), "")] == [Kind.NO_PREDICTOR]
    assert [one.kind for one in service_findings((first,), SECOND, "away")] == [Kind.SERVER_AWAY]
    instead = Version("m", 1, FIRST, "d", instead="last_session")
    (one,) = service_findings((instead,), SECOND, "")
    assert (one.kind, one.bad) == (Kind.BASELINE_SERVES, False)


def test_a_copy_of_a_predictor_is_compared_file_by_file(tmp_path):
    files = {"predictor.json": b"{}", "hit.lgb": b"tree"}
    manifest = json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in files.items()}).encode()
    version, copies = Version("m", 3, FIRST, hashlib.sha256(manifest).hexdigest()), Copies(tmp_path)
    assert list(copy_findings(copies, (version,))) == []  # it is fetched when it is needed
    place = copies.place(version)
    place.mkdir()
    for name, content in {**files, "manifest.json": manifest}.items():
        (place / name).write_bytes(content)
    assert list(copy_findings(copies, (version,))) == []
    for name in (*files, "manifest.json"):
        whole = (place / name).read_bytes()
        (place / name).write_bytes(whole[:-1] + b"?")
        (one,) = copy_findings(copies, (version,))
        assert (one.kind, str(place / name) in one.what) == (Kind.PREDICTOR_COPY, True)
        (place / name).write_bytes(whole)


def test_rows_from_the_future_are_told(home, tmp_path, monkeypatch):
    for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    later = datetime.now(UTC) + timedelta(days=1)
    append = Lake(home).append("stock", "a")
    rows = pl.DataFrame({"product_id": ["P1"], "received_at": [later]})
    append.add(rows.match_to_schema(Lake(home).scan("stock").collect_schema(), missing_columns="insert"))
    append.commit(["a"], {})
    assert Kind.FUTURE_ROWS in kinds(Site(home=home), datetime.now(UTC))
