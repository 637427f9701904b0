from datetime import UTC, datetime

import polars as pl
import pytest

from flows.telling.showing import event, latest
from stocking.acts.advise import ALERTS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOSTILE = "x|y\n<script>alert(1)</script> [a](javascript:b) =cmd `c` \u202e\x1b[31m"


def row(**values):
    given = {"alert_id": "alert-1", "tick": 7, "cutoff": NOON, "kind": "swap", "session_id": "S1", **values}
    return pl.DataFrame([given], schema=ALERTS).to_dicts()[0]


def test_an_event_names_what_it_is_of_by_a_digest_and_tells_the_rest_in_labels():
    found = event(row(product_id="P1", units=3, by=NOON))
    assert found["event"] == "baokuan.alert.swap"
    assert found["resource"] == {
        "prefect.resource.id": "baokuan.listing.f9aed45419245c73",  # sha256 of ["S1", "P1"]
        "prefect.resource.name": "S1 / P1",
        "baokuan.session_id": "S1",
        "baokuan.product_id": "P1",
    }
    assert (found["payload"]["units"], found["payload"]["by"]) == (3, "2026-06-01T12:00:00+00:00")


def test_the_same_alert_is_the_same_event_and_another_is_another():
    assert event(row()) == event(row())
    assert event(row())["id"] != event(row(alert_id="alert-2"))["id"]


@pytest.mark.parametrize("one", [("a", "b/c"), ("a/b", "c"), ("a", None), ("", "a")])
def test_things_with_other_ids_never_share_a_resource(one):
    ids = [("a", "b/c"), ("a/b", "c"), ("a", None), ("", "a")]
    resources = {event(row(session_id=s, product_id=p))["resource"]["prefect.resource.id"] for s, p in ids}
    assert len(resources) == 4


def test_hostile_ids_cannot_leave_their_place_in_an_event():
    found = event(row(session_id=HOSTILE * 9, product_id="prefect.flow-run.1", reason=HOSTILE * 99))
    assert found["resource"]["prefect.resource.id"].startswith("baokuan.listing.")
    assert all(text.isprintable() and len(text) <= 450 for text in found["resource"].values())
    assert found["payload"]["reason"].isprintable()
    assert len(found["payload"]["reason"]) == 200


def test_a_page_shows_the_last_alert_first_and_has_one_line_for_each():
    page = latest([row(product_id="P1", units=1), row(product_id="P2", value=2.5)])
    assert page.splitlines()[0] == "# The latest alerts"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()[2:]]
    assert cells[0] == ["cutoff", "kind", "session", "product", "units", "by", "value", "reason"]
    assert [line[3:5] for line in cells[2:]] == [["P2", ""], ["P1", "1"]]
    assert cells[2][6] == "2.5"


def test_hostile_ids_cannot_pose_as_markup():
    page = latest([row(product_id=HOSTILE, reason=HOSTILE)])
    (line,) = page.splitlines()[4:]
    assert line.isprintable()
    assert len([n for n, letter in enumerate(line) if letter == "|" and line[n - 1] != "\\"]) == 9
    assert not [n for n, letter in enumerate(line) if letter in "<>[]`" and line[n - 1] != "\\"]
