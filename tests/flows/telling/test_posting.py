from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.telling.posting import answered

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 201, 202, 204, 299), "delivered"),
        ((408, 425, 429, 500, 502, 503, 504, 599), "later"),
        ((301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 199), "refused"),
    ],
)
def test_a_status_decides_whether_it_is_worth_trying_again(statuses, verdict):
    assert {answered(status, "", NOON).verdict for status in statuses} == {verdict}


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(NOON + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(NOON - timedelta(minutes=2), usegmt=True), 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
    ],
)
def test_a_receiver_may_ask_us_to_wait_a_while_or_until_then(asked, seconds):
    assert answered(503, asked, NOON).wait_seconds == seconds


@given(st.text(max_size=60), st.integers(100, 999))
def test_nothing_that_a_receiver_asks_for_breaks_us(asked, status):
    found = answered(status, asked, NOON)
    assert 0.0 <= found.wait_seconds < float("inf")
    assert str(status) in found.reason
