"""Alerts are posted to a real server on this machine, and what comes of it is remembered."""

import json
import logging
import socket
import time
from datetime import UTC, datetime

import polars as pl
import pytest

from flows.telling.message import CutError
from flows.telling.signing import SecretError
from flows.telling.webhooks import Webhooks

SOON = 0.3


def names(tick, *products):
    return [f"alert{tick:05d}-{product}" for product in products]


@pytest.fixture
def tell(kit, log):
    """Keep a tick's alerts in the log, then hand them over, as a watch does."""

    def told(hooks, tick, *products, **values):
        alerts = kit.alerts_of(tick, *products, **values)
        assert log.append(tick, alerts)
        hooks.carry(tick, alerts)

    return told


@pytest.fixture
def opened(kit, log, place):
    """Webhooks on this log."""
    return lambda *urls, **changes: Webhooks(log, kit.patient(*urls, **changes), kit.around(place))


def test_an_alert_arrives_signed_with_its_id_as_the_key(kit, receiver, opened, tell):
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "P1", "P2")
        tell(hooks, 2, "P1")
    assert receiver.names == [*names(1, "P1", "P2"), *names(2, "P1")]
    for headers, body in receiver.got:
        assert kit.is_signed(headers, body)
        assert not kit.is_signed(headers, body + b" ")
        assert not kit.is_signed(headers, body, key=bytes(32))
        assert headers["Idempotency-Key"] == headers["webhook-id"] == json.loads(body)["data"]["alert_id"]
        assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
        assert headers["Content-Type"] == "application/json"


def test_short_answers_leave_the_connection_open(kit, receiver, opened, tell):
    receiver.answers(then=kit.Reply(202, body=b"thanks"))
    with opened(receiver.url) as hooks:
        tell(hooks, 1, *(f"P{n}" for n in range(20)))
    assert (len(receiver.got), receiver.opened) == (20, 1)


def test_what_failed_for_a_while_is_sent_again_with_the_same_key_and_the_same_bytes(kit, receiver, opened, tell, place):
    receiver.answers(kit.Reply(500), kit.Reply(429))
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "P1")
        kit.eventually(lambda: len(receiver.got) == 3)
    assert receiver.names == names(1, "P1") * 3
    assert len({body for _, body in receiver.got}) == 1
    assert all(kit.is_signed(*one) for one in receiver.got)
    assert [line["outcome"] for line in kit.told(place) if "outcome" in line] == ["delivered"]


def test_retries_are_bounded_and_others_are_not_held_up_for_ever(kit, receiver, opened, tell, place):
    receiver.answers(*[kit.Reply(503)] * 3)
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "P1")
        tell(hooks, 2, "P2")
        kit.eventually(lambda: len(receiver.got) == 5)
    assert receiver.names == [*names(1, "P1") * 3, *names(2, "P2"), *names(1, "P1")]
    assert [(line["alert_id"], line["outcome"]) for line in kit.told(place) if "outcome" in line] == [
        (*names(1, "P1"), "unreached"), (*names(2, "P2"), "delivered"), (*names(1, "P1"), "delivered"),
    ]  # fmt: skip


def test_an_alert_that_always_fails_is_tried_a_bounded_number_of_times_and_again_after_the_next_start(
    kit, receiver, opened, tell
):
    class Picky:
        def __iter__(self):
            return self

        def __next__(self):
            return kit.Reply(500 if receiver.names[-1] in names(1, "bad") else 200)

    receiver.replies = Picky()
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "bad")
        for tick in range(2, 12):
            tell(hooks, tick, "good")
        kit.eventually(lambda: len(set(receiver.names)) == 11)
    assert receiver.names.count(*names(1, "bad")) <= 5
    before = len(receiver.got)
    receiver.answers()
    with opened(receiver.url):
        kit.eventually(lambda: len(receiver.got) > before)
    assert receiver.names[before:] == names(1, "bad")


def test_a_receiver_that_asks_us_to_wait_is_waited_for_within_bounds(kit, receiver, opened, tell):
    receiver.answers(kit.Reply(429, {"Retry-After": "3600"}))
    with opened(receiver.url, backoff_seconds=0.001, longest_wait_seconds=SOON) as hooks:
        tell(hooks, 1, "P1")
        kit.eventually(lambda: len(receiver.got) == 2)
    first, second = receiver.times
    assert 0.9 * SOON <= second - first < 30 * SOON


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_what_is_refused_is_remembered_with_the_reason_and_not_sent_again(kit, receiver, opened, tell, place, status):
    receiver.answers(kit.Reply(status, body=b"because <script>"))
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "P1", "P2")
    with opened(receiver.url):
        pass
    assert receiver.names == names(1, "P1", "P2")
    refused, delivered = [line for line in kit.told(place) if "outcome" in line]
    assert (refused["outcome"], refused["reason"]) == ("refused", f"answered {status}")
    assert delivered["outcome"] == "delivered"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(kit, receiver, opened, tell, place, status):
    with kit.receiving() as elsewhere:
        receiver.answers(then=kit.Reply(status, {"Location": elsewhere.url}))
        with opened(receiver.url) as hooks:
            tell(hooks, 1, "P1")
        assert (len(receiver.got), len(elsewhere.got)) == (1, 0)
    assert kit.told(place)[1]["reason"] == f"answered {status}; redirects are not followed"


def test_a_dead_address_holds_nothing_up_and_gets_all_when_it_is_there_again(kit, receiver, opened, tell):
    url, port = receiver.url, receiver.server.server_port
    receiver.stop()
    with opened(url) as hooks:
        begin = time.monotonic()
        for tick in range(1, 4):
            tell(hooks, tick, "P1")
        assert time.monotonic() - begin < 5
        receiver.start(port)
        kit.eventually(lambda: len(set(receiver.names)) == 3)
    assert sorted(set(receiver.names)) == [*names(1, "P1"), *names(2, "P1"), *names(3, "P1")]


def test_a_slow_answer_is_given_up_on_and_tried_again(kit, receiver, opened, tell):
    receiver.answers(kit.Reply(pause_seconds=5.0))
    with opened(receiver.url, timeout_seconds=SOON) as hooks:
        tell(hooks, 1, "P1")
        kit.eventually(lambda: len(receiver.got) == 2)
    assert receiver.names == names(1, "P1") * 2


def test_an_answer_that_drips_is_given_up_on_as_a_whole(kit, opened, tell, place):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with opened(url, timeout_seconds=SOON, retries=0, drain_seconds=20.0) as hooks:
            tell(hooks, 1, "P1")
            connection, _ = server.accept()
            with connection:
                until = time.monotonic() + 10
                dripped = 0
                try:
                    while time.monotonic() < until:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nX: y\r\n" if not dripped else b"X: y\r\n")
                        dripped += 1
                        time.sleep(SOON / 10)
                except OSError:
                    pass
            assert time.monotonic() < until
    assert kit.told(place)[1]["reason"] == "TimeoutError"


def test_an_endless_answer_is_not_read_to_its_end(kit, receiver, opened, tell, place):
    receiver.answers(kit.Reply(body=b"x" * 50_000_000))
    with opened(receiver.url) as hooks:
        tell(hooks, 1, "P1", "P2")
    assert receiver.names == names(1, "P1", "P2")
    assert receiver.opened == 2


def test_at_the_end_what_waits_is_posted_for_a_bounded_time(kit, receiver, opened, tell):
    receiver.answers(then=kit.Reply(pause_seconds=30.0))
    hooks = opened(receiver.url, drain_seconds=SOON, timeout_seconds=60.0)
    with hooks:
        tell(hooks, 1, "P1", "P2")
        kit.eventually(lambda: receiver.got)
        begin = time.monotonic()
    assert time.monotonic() - begin < 20 * SOON
    assert not hooks._thread.is_alive()
    receiver.answers()
    with opened(receiver.url):
        kit.eventually(lambda: len(receiver.got) == 3)
    assert receiver.names == [*names(1, "P1"), *names(1, "P1", "P2")]


def test_more_than_fits_into_memory_waits_in_the_lake_and_arrives_in_order(kit, receiver, opened, tell):
    receiver.answers(kit.Reply(pause_seconds=SOON))
    with opened(receiver.url, queue_alerts=2) as hooks:
        tell(hooks, 1, "P1")
        for tick in range(2, 12):
            tell(hooks, tick, "P1", "P2", "P3")
        carrier = hooks._carriers[0]
        assert len(carrier._ready) + carrier._rows <= 4
        kit.eventually(lambda: len(receiver.got) == 31)
    assert receiver.names == sorted(receiver.names)
    assert len(set(receiver.names)) == 31


def test_what_was_told_before_an_address_was_named_is_not_sent_there(kit, receiver, opened, tell):
    with kit.receiving() as later:
        with opened(receiver.url) as hooks:
            tell(hooks, 1, "P1")
        with opened(receiver.url, later.url) as hooks:
            tell(hooks, 2, "P1")
        assert receiver.names == [*names(1, "P1"), *names(2, "P1")]
        assert later.names == names(2, "P1")


def test_an_address_is_told_only_what_its_audience_may_see(kit, receiver, log, place):
    def cut(audience, reader):
        columns = {"merchant": ["value"], "supplier": ["units"]}[audience]
        return lambda alerts: alerts.filter(pl.col(f"{audience}_id") == reader).select(
            "alert_id", "kind", "cutoff", *columns
        )

    with kit.receiving() as supplier:
        hooks = kit.patient(
            {"url": receiver.url, "audience": "merchant", "reader": "M1"},
            {"url": supplier.url, "audience": "supplier", "reader": "F1"},
        )
        alerts = kit.alerts_of(1, "P1", supplier_id="F1")
        others = kit.alerts_of(2, "P2", supplier_id="F2", merchant_id="M2")
        with Webhooks(log, hooks, kit.around(place, cut)) as carried:
            for tick, frame in ((1, alerts), (2, others)):
                log.append(tick, frame)
                carried.carry(tick, frame)
        seen = [[set(json.loads(body)["data"]) for _, body in one.got] for one in (receiver, supplier)]
    assert seen == [[{"alert_id", "kind", "cutoff", "value"}], [{"alert_id", "kind", "cutoff", "units"}]]


def test_without_a_secret_or_with_a_cut_that_leaves_too_little_nothing_begins(kit, receiver, log, place):
    hooks = kit.patient(receiver.url)
    with pytest.raises(SecretError, match="BAOKUAN_WEBHOOK_SECRET"):
        Webhooks(log, hooks, kit.around(place, environment={}))
    with pytest.raises(CutError):
        Webhooks(log, hooks, kit.around(place, lambda *_: lambda alerts: alerts.select("reason")))
    assert not place.exists()


def test_without_addresses_there_is_no_thread_and_no_secret_is_needed(kit, log, place, tell):
    with Webhooks(log, kit.patient(), kit.around(place, environment={})) as hooks:
        tell(hooks, 1, "P1")
        assert not hooks._thread.is_alive()
    assert not place.exists()


def test_a_carrier_that_breaks_says_so_and_the_others_go_on(kit, receiver, log, place, caplog):
    def breaking(alerts):
        if alerts.height:
            raise RuntimeError("a bug in a cut")
        return alerts

    with kit.receiving() as broken:
        urls = ({"url": broken.url, "audience": "anchor"}, {"url": receiver.url, "audience": "merchant"})
        around = kit.around(place, lambda audience, _: breaking if audience == "anchor" else lambda alerts: alerts)
        with Webhooks(log, kit.patient(*urls), around) as hooks:
            alerts = kit.alerts_of(1, "P1")
            log.append(1, alerts)
            hooks.carry(1, alerts)
        assert (broken.got, receiver.names) == ([], names(1, "P1"))
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "webhook 127.0.0.1 (anchor): stopped; what it owes is posted after the next start"
    ]


def test_neither_the_secret_nor_the_address_is_written_anywhere(kit, receiver, opened, tell, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    receiver.answers(kit.Reply(500), kit.Reply(404), kit.Reply(302, {"Location": "/elsewhere"}))
    url = receiver.url.replace("/alerts", "/T0K3N?key=T0K3N")
    with opened(url) as hooks:
        tell(hooks, 1, "P1", "P2", "P3")
    receiver.stop()
    with opened(url, drain_seconds=SOON) as hooks:
        tell(hooks, 2, "P1")
    receiver.start()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    said = "".join(capfd.readouterr()) + caplog.text + repr(opened(url).__dict__)
    for kept in (kit.SECRET, kit.SECRET.removeprefix("whsec_"), "T0K3N"):
        assert kept not in said
        assert not [content for content in written if kept.encode() in content]
    assert "webhook 127.0.0.1 (merchant): answered 500" in said


def test_handing_over_does_not_wait_for_the_address(kit, receiver, opened, tell):
    receiver.answers(then=kit.Reply(pause_seconds=1.0))
    with opened(receiver.url, drain_seconds=0.0) as hooks:
        alerts = kit.alerts_of(1, *(f"P{n}" for n in range(50)))
        begin = time.perf_counter()
        for tick in range(1, 101):
            hooks.carry(tick, alerts)
        assert time.perf_counter() - begin < 0.5
