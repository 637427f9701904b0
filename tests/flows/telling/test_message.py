import json
from datetime import UTC, datetime

import polars as pl
import pytest

from flows.telling.message import CutError, messages, tried
from stocking.acts.advise import ALERTS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def alert(**values):
    given = {"alert_id": "alert-1", "tick": 7, "cutoff": NOON, "kind": "swap", "session_id": "S", **values}
    return pl.DataFrame([given], schema=ALERTS)


def test_a_message_is_one_alert_as_canonical_json():
    (one,) = messages(7, alert(units=3, value=1.5).select("kind", "alert_id", "cutoff", "units", "value", "by"))
    assert (one.name, one.tick) == ("alert-1", 7)
    assert one.body == (
        b'{"data":{"alert_id":"alert-1","by":null,"cutoff":"2026-06-01T12:00:00.000000Z","kind":"swap","units":3,'
        b'"value":1.5},"timestamp":"2026-06-01T12:00:00.000000Z","type":"baokuan.alert.swap"}'
    )


@pytest.mark.parametrize("text", ['"},"type":"x', "<script>", "\u202e\x00\n", "爆款", "=1+1", "\\"])
def test_any_text_is_only_text_and_the_body_is_plain_ascii(text):
    (one,) = messages(7, alert(product_id=text))
    assert one.body.isascii()
    assert json.loads(one.body)["data"]["product_id"] == text
    assert json.loads(one.body)["type"] == "baokuan.alert.swap"


def test_the_order_of_columns_does_not_change_the_bytes():
    assert messages(7, alert()) == messages(7, alert().select(reversed(ALERTS.names())))


def test_a_cut_must_leave_what_every_message_needs():
    tried(lambda alerts: alerts.select("alert_id", "kind", "cutoff"), ALERTS)
    with pytest.raises(CutError, match="cutoff"):
        tried(lambda alerts: alerts.select("alert_id", "kind", "reason"), ALERTS)
