import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.moments import Ahead, MomentError, instant, span


def test_an_instant_is_told_in_utc():
    assert instant("2024-06-19T00:00:00+08:00") == datetime(2024, 6, 18, 16, tzinfo=UTC)
    assert instant("2024-06-18T16:00:00Z") == datetime(2024, 6, 18, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2024-06-19", "2024-06-19T00:00:00", "yesterday", "", "2024-06-31T00:00Z", "0001-01-01T00:00Z"]
)
def test_an_instant_without_offset_or_out_of_reason_is_refused(text):
    with pytest.raises(MomentError, match="'"):
        instant(text)


def test_spans_are_days_hours_minutes_or_weeks():
    assert [span(text) for text in ("7d", "36h", "90m", "2w")] == [
        timedelta(days=7), timedelta(hours=36), timedelta(minutes=90), timedelta(days=14),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["0d", "7", "d", "-7d", "7 d", "1e3d", "7D", "99999d", "999999999d"])
def test_other_spans_are_refused(text):
    with pytest.raises(MomentError):
        span(text)


@given(st.text(max_size=12).filter(lambda text: not re.fullmatch("[0-9]+[mhdw]", text)))
def test_a_refusal_repeats_what_was_written(text):
    with pytest.raises(MomentError, match=re.escape(repr(text))):
        span(text)


def test_a_deployment_may_write_the_horizon_as_people_do():
    assert Ahead.model_validate({"horizon": "36h"}).horizon == timedelta(hours=36)
    assert Ahead.model_validate_json('{"horizon": "P7D"}').horizon == timedelta(days=7)
    with pytest.raises(ValidationError):
        Ahead.model_validate({"horizon": "0d"})


def test_a_cutoff_needs_an_offset_wherever_it_comes_from():
    with pytest.raises(ValidationError, match="timezone"):
        Ahead.model_validate({"horizon": "7d", "as_of": "2024-06-19T00:00:00"})
