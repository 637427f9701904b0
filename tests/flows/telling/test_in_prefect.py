"""Alerts in a real Prefect server."""

import time

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.telling.in_prefect import KEY, InPrefect
from flows.telling.settings import Shown
from flows.telling.telling import Teller
from flows.telling.webhooks import Webhooks

SHOWN = Shown(page_seconds=1.0, page_alerts=3, queue_alerts=1000, drain_seconds=30.0)


def events():
    wanted = EventFilter(event=EventNameFilter(prefix=["baokuan.alert."]), occurred=EventOccurredFilter())
    with get_client(sync_client=True) as client:
        answer = client.request("POST", "/events/filter", json={"filter": wanted.model_dump(mode="json"), "limit": 50})
    return answer.json()["events"]


def pages():
    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[KEY])))


def test_alerts_of_a_run_are_events_of_it_and_one_page_of_the_latest(kit, log, place, prefect_api):
    hostile = "<script>|`x`"

    @flow(name="telling")
    def watched():
        with Webhooks(log, kit.patient(), kit.around(place)) as hooks, InPrefect(SHOWN) as prefect:
            teller = Teller(log, hooks, prefect)
            told = [teller.tell(tick, kit.alerts_of(tick, hostile, "P2")) for tick in (1, 2, 2, 3)]
        return told, flow_run.id

    told, run = watched()
    assert told == [True, True, False, True]
    kit.eventually(lambda: len(events()) >= 6, seconds=90)
    found = events()
    assert len(found) == 6
    assert {one["event"] for one in found} == {"baokuan.alert.sell_out"}
    assert {one["resource"]["baokuan.product_id"] for one in found} == {hostile, "P2"}
    assert all(f"prefect.flow-run.{run}" in [r["prefect.resource.id"] for r in one["related"]] for one in found)
    assert sorted(one["payload"]["alert_id"] for one in found) == sorted(log.read()["alert_id"])
    (page,) = pages()
    assert str(page.flow_run_id) == run
    lines = page.data.splitlines()[4:]
    assert len(lines) == 3
    assert "\\<script\\>\\|\\`x\\`" in page.data
    assert "2026\\-06\\-01T12\\:03" in lines[0]


def test_a_server_that_is_not_there_holds_nothing_up_and_is_said_once(kit, caplog):
    shown = SHOWN.model_copy(update={"page_seconds": 0.05})
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), InPrefect(shown) as prefect:
        begin = time.perf_counter()
        for tick in range(1, 51):
            prefect.tell(kit.alerts_of(tick, "P1", "P2"))
        handed = time.perf_counter() - begin
        kit.eventually(lambda: prefect._done == 100)
        time.sleep(0.3)
    assert handed < 1.0
    said = [record.getMessage() for record in caplog.records if record.name == "baokuan.telling"]
    assert said == [
        "Prefect does not take alerts (ConnectError): they are not shown there until it does",
        "100 alerts were not shown in Prefect; the alert log has them",
    ]


def test_more_than_may_wait_is_left_out_and_counted(kit, caplog):
    prefect = InPrefect(SHOWN.model_copy(update={"queue_alerts": 3, "drain_seconds": 0.01}))
    prefect.tell(kit.alerts_of(1, "P1", "P2"))
    prefect.tell(kit.alerts_of(2, "P1", "P2"))
    prefect.tell(kit.alerts_of(3, "P1"))
    assert (prefect._waiting.qsize(), prefect._left_out) == (2, 2)


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_the_page_is_written_at_most_so_often(kit, prefect_api, seconds):
    now = [100.0]
    prefect = InPrefect(SHOWN.model_copy(update={"page_seconds": 1.0}), clock=lambda: now[0])
    with get_client(sync_client=True) as client:
        prefect._show(client, kit.alerts_of(1, "P1"))
        first = prefect._page
        now[0] += seconds
        prefect._show(client, kit.alerts_of(2, "P2"))
        assert prefect._page == first
        assert prefect._is_written == (seconds > 1.0)
