"""Servers as they answer: schedules, exposure, clock. The facts come from real sockets and real JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from answering import answering

from flows.checkup.asking import deployed, probes
from flows.checkup.exposure import Answer, exposure_findings, listeners
from flows.checkup.finding import Kind
from flows.checkup.schedules import Deployed, Run, schedule_findings
from flows.config import load

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LIMITS = load().doctor.model_copy(update={"late_minutes": 15.0, "running_hours": 12.0})
AHEAD = tuple(Run(f"next{n}", "SCHEDULED", NOON + n * HOUR, None) for n in (1, 2))
DONE = Run("done", "COMPLETED", NOON - HOUR, NOON - HOUR)
SOUND = Deployed("ingest/incoming", NOON - 100 * HOUR, scheduled=True, paused=False, runs=(DONE, *AHEAD))


def found(**changed: object):
    facts = {name: getattr(SOUND, name) for name in ("name", "made", "scheduled", "paused", "runs")} | changed
    return [(one.kind, one.what) for one in schedule_findings([Deployed(**facts)], NOON, LIMITS)]


def test_a_schedule_that_fires_has_no_findings():
    assert found() == []
    assert found(runs=(DONE, *AHEAD, Run("now", "RUNNING", NOON - HOUR, NOON - HOUR))) == []


@pytest.mark.parametrize(
    ("kind", "words", "changed"),
    [
        (Kind.NOT_SCHEDULED, "it is paused", {"paused": True}),
        (Kind.NOT_SCHEDULED, "no run is planned", {"runs": (DONE,)}),
        (Kind.NOT_SCHEDULED, "nothing ran since", {"runs": AHEAD}),
        (Kind.NOT_SCHEDULED, "a run every 1:00:00", {"runs": (replace(DONE, planned=NOON - 3 * HOUR), *AHEAD)}),
        (Kind.RUN_LATE, "1 runs wait", {"runs": (DONE, *AHEAD, Run("late", "SCHEDULED", NOON - 16 * MINUTE, None))}),
        (Kind.RUN_FAILED, "its last run done crashed", {"runs": (replace(DONE, state="CRASHED"), *AHEAD)}),
        (Kind.RUN_ORPHANED, "old has been running since", {
            "runs": (DONE, *AHEAD, Run("old", "RUNNING", NOON - 13 * HOUR, NOON - 13 * HOUR))}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_schedule_is_told(kind, words, changed):
    ((told, what),) = found(**changed)
    assert (told, words in what) == (kind, True)


def test_a_deployment_that_was_just_made_need_not_have_run():
    assert found(made=NOON - MINUTE, runs=AHEAD) == []


def test_a_deployment_without_a_schedule_may_run_for_days():
    assert found(scheduled=False, runs=(Run("watch", "RUNNING", NOON - 99 * HOUR, NOON - 99 * HOUR),)) == []


def test_a_failure_that_a_later_run_made_good_is_not_told():
    assert found(runs=(Run("bad", "FAILED", NOON - 2 * HOUR, NOON - 2 * HOUR), DONE, *AHEAD)) == []


def test_a_server_on_which_nothing_is_deployed_is_told():
    assert [one.kind for one in schedule_findings([], NOON, LIMITS)] == [Kind.NOT_SCHEDULED]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("MLflow", "http://127.0.0.1:5000", 401, ("127.0.0.1", "::1")), []),
        (Answer("MLflow", "http://127.0.0.1:5000", 403, ()), []),
        (Answer("MLflow", "https://mlflow.internal", 401, ()), []),
        (Answer("MLflow", "http://127.0.0.1:5000", 200, ()), ["answers without credentials"]),
        (Answer("MLflow", "http://127.0.0.1:5000", None, ()), ["does not answer"]),
        (Answer("MLflow", "http://127.0.0.1:5000", 401, ("10.0.0.7", "127.0.0.1")), ["off loopback, on 10.0.0.7"]),
        (Answer("MLflow", "http://127.0.0.1:5000", 401, ("::",)), ["off loopback, on ::"]),
        (Answer("MLflow", "http://mlflow.internal", 401, ()), ["in the clear at http://mlflow.internal: use https"]),
    ],
)
def test_how_a_server_is_exposed_is_told(answer, words):
    said = [one.what for one in exposure_findings([answer])]
    assert len(said) == len(words)
    assert all(word in what for word, what in zip(words, said, strict=True))


def test_credentials_in_an_address_are_never_told():
    answers = [Answer("MLflow", f"http://anna:hush@{host}:1/x", status, ()) for host, status in
               (("127.0.0.1", 200), ("127.0.0.1", None), ("far.internal", 401))]  # fmt: skip
    said = " ".join(map(str, exposure_findings(answers)))
    assert ("hush" in said, said.count("#server-open"), said.count("#server-away")) == (False, 2, 1)


def test_listening_sockets_are_read_as_the_kernel_writes_them():
    table = (
        "   0: 0700000A:1388 00000000:0000 0A 00000000:00000000 00:00000000\n"
        "   1: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000\n"
        "   2: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000\n"
        "   3: 0100007F:1388 0100007F:9999 01 00000000:00000000 00:00000000\n"
        "   4: 00000000000000000000000001000000:1388 00000000000000000000000000000000:0000 0A 0:0\n"
        "   5: 0000000000000000FFFF00000100007F:1388 00000000000000000000000000000000:0000 0A 0:0\n"
    )
    assert listeners(table, 5000) == ["10.0.0.7", "127.0.0.1", "::1", "127.0.0.1"]


RUNS = [
    {"id": 1, "name": "a", "state_type": "COMPLETED", "expected_start_time": "2024-05-01T11:00:00Z",
     "start_time": "2024-05-01T11:00:01Z", "created": "2024-05-01T10:00:00Z"},
    {"id": 2, "name": "b", "state_type": "SCHEDULED", "expected_start_time": "2024-05-01T13:00:00Z",
     "start_time": None, "created": "2024-05-01T10:00:00Z"},
]  # fmt: skip
DEPLOYMENTS = [
    {"id": "d", "flow_id": "f", "name": "incoming", "entrypoint": "flows.ingest:ingest", "paused": False,
     "created": "2024-04-01T00:00:00Z", "schedules": [{"active": True}]},
    {"id": "e", "flow_id": "f", "name": "another", "entrypoint": "elsewhere.py:x", "paused": False,
     "created": "2024-04-01T00:00:00Z", "schedules": []},
]  # fmt: skip
ANSWERS = {"flows": [{"id": "f", "name": "ingest"}], "deployments": DEPLOYMENTS, "flow_runs": RUNS}


def server(address="127.0.0.1", login="Basic YW5uYTpodXNoOmh1c2g="):
    """Answers like Prefect, to `anna` with the password `hush:hush` only; with login None to everybody."""

    def answer(path, headers, body):
        open_to_them = login is None or headers.get("Authorization") == login
        known = "csrf-token" not in path  # it wants no token
        content = json.dumps(ANSWERS.get(path.split("/")[-2], {})).encode()
        return (200 if known else 422) if open_to_them else 401, content

    return answering(answer, address)


def test_what_is_deployed_is_read_with_the_credentials_of_the_environment():
    with server() as port:
        there = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_API_AUTH_STRING": "anna:hush:hush"}
        (one,) = deployed(there, NOON, 10)
        with pytest.raises(httpx.HTTPStatusError):
            deployed({**there, "PREFECT_API_AUTH_STRING": "anna:wrong"}, NOON, 10)
    assert (one.name, one.scheduled, one.paused) == ("ingest/incoming", True, False)
    assert one.runs == (
        Run("a", "COMPLETED", NOON - HOUR, NOON - HOUR + timedelta(seconds=1)),
        Run("b", "SCHEDULED", NOON + HOUR, None),
    )


def test_servers_are_asked_without_credentials_and_tell_their_clock():
    with server() as port:
        (one,) = probes({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}, 10)
    assert (one.answer.status, one.answer.listening) == (401, ("127.0.0.1",))
    assert abs(one.ours - one.clock) < timedelta(seconds=30)
    assert list(exposure_findings([one.answer])) == []


def test_a_server_that_lets_everybody_in_from_everywhere_is_told():
    with server("0.0.0.0", login=None) as port:  # noqa: S104 - what must be noticed
        (one,) = probes({"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"}, 10)
    said = [finding.what for finding in exposure_findings([one.answer])]
    assert len(said) == 2
    assert "answers without credentials" in said[0]
    assert "listens off loopback, on 0.0.0.0" in said[1]


def test_a_server_that_is_away_is_told_and_a_local_database_is_none():
    (one,) = probes({"PREFECT_API_URL": "http://127.0.0.1:9/api", "MLFLOW_TRACKING_URI": "sqlite:///x.db"}, 5)
    assert [finding.kind for finding in exposure_findings([one.answer])] == [Kind.SERVER_AWAY]
