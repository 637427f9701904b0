import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.telling.message import Message
from flows.telling.outbox import Outbox

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def message(name, tick=5):
    return Message(name, tick, b"{}")


def put(box, name, outcome, tick=5):
    box.record(message(name, tick), outcome, "answered 200", NOON)


def owed(path, *names, tick=5):
    return [name for name in names if Outbox(path, 0).owes(message(name, tick))]


def test_a_new_outbox_owes_only_what_is_told_from_now_on(tmp_path):
    Outbox(tmp_path / "a", 4)
    assert owed(tmp_path / "a", "x", tick=4) == []
    assert owed(tmp_path / "a", "x", tick=5) == ["x"]


def test_delivered_and_refused_ones_are_not_owed_any_more_unreached_ones_are(tmp_path):
    box = Outbox(tmp_path / "a", 0)
    for name, outcome in (("a", "delivered"), ("b", "refused"), ("c", "unreached")):
        put(box, name, outcome)
    assert [name for name in "abcd" if box.owes(message(name))] == ["c", "d"]
    assert owed(tmp_path / "a", *"abcd") == ["c", "d"]


def test_a_mark_settles_all_before_it(tmp_path):
    box = Outbox(tmp_path / "a", 0)
    put(box, "a", "delivered", tick=40)
    put(box, "b", "delivered", tick=60)
    box.mark(49)
    assert (box.through, len(box.settled)) == (0, 2)
    box.mark(55)
    assert Outbox(tmp_path / "a", 0).settled == {"b"}
    assert not box.owes(message("never seen", 55))
    box.mark(60, last=True)
    box.mark(60, last=True)
    lines = (tmp_path / "a").read_text().splitlines()
    assert [json.loads(line)["through_tick"] for line in lines if "through" in line] == [0, 55, 60]


@settings(deadline=None, max_examples=40)
@given(cut=st.integers(0, 400))
def test_wherever_a_kill_tears_the_file_the_lines_before_count_and_new_ones_can_follow(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("outbox") / "a"
    box = Outbox(path, 0)
    begun = path.stat().st_size
    ends = {}
    for name in "abc":
        put(box, name, "delivered")
        ends[name] = path.stat().st_size
    size = min(begun + cut, path.stat().st_size)
    path.write_bytes(path.read_bytes()[:size])
    again = Outbox(path, 0)
    assert again.settled == {name for name, end in ends.items() if end <= size}
    put(again, "d", "delivered")
    assert Outbox(path, 0).settled == again.settled


def test_a_file_that_was_tampered_with_is_not_read_as_if_nothing_was_delivered(tmp_path):
    Outbox(tmp_path / "a", 0)
    (tmp_path / "a").write_text("nonsense\n")
    with pytest.raises(ValueError, match="Expecting value"):
        Outbox(tmp_path / "a", 0)
