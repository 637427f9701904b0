import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.checkup.asking import installed, needed
from flows.checkup.finding import RUNBOOK, Finding, Kind
from flows.checkup.freshness import Newest, freshness_findings
from flows.checkup.machine import clock_findings, disk_findings, version_findings
from flows.config import load

ROOT = Path(__file__).parents[3]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LIMITS = load().doctor.model_copy(update={"fresh_hours": {"orders": 26.0}, "clock_seconds": 30.0})
HOUR = timedelta(hours=1)
LOCK = "polars==2.1.0 \\\n    --hash=sha256:aa\nflask-wtf==1.2.2 \\\n    --hash=sha256:bb\nruff==0.14.0 \\\n"


def kinds(findings):
    return [one.kind for one in findings]


def test_every_finding_has_its_chapter_in_the_runbook():
    headings = re.findall(r"^#+ (.+)$", (ROOT / RUNBOOK).read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert {kind.anchor for kind in Kind} <= anchors
    assert len({kind.anchor for kind in Kind}) == len(Kind)


def test_a_finding_says_what_what_to_do_and_where_it_is_written():
    said = str(Finding(Kind.CLOCK_WRONG, "the clock is wrong"))
    assert said == "the clock is wrong; let NTP set the clock; docs/runbook.md#clock-wrong"
    assert str(Finding(Kind.BASELINE_SERVES, "x", bad=False)).startswith("note: x; ")


def test_a_disk_with_too_little_room_is_told_with_how_much():
    assert [one.what for one in disk_findings(1_500_000_000, 2_000_000_000, "/srv")] == [
        "/srv: 1.5 GB free, expected at least 2.0"
    ]
    assert list(disk_findings(2_000_000_000, 2_000_000_000, "/srv")) == []


def test_a_clock_beyond_the_limit_is_told_either_way():
    for seconds, word in ((31, "ahead of"), (-31, "behind")):
        (one,) = clock_findings("Prefect", NOON, NOON + timedelta(seconds=seconds), 30)
        assert f"31 s {word} that of Prefect" in one.what
    assert list(clock_findings("Prefect", NOON, NOON + timedelta(seconds=30), 30)) == []


def test_other_versions_than_the_locks_are_told_and_only_what_is_needed_must_be_there():
    found = version_findings(LOCK, {"polars": "2.0.0", "flask-wtf": "1.2.2"}, frozenset({"polars", "flask-wtf"}))
    assert [one.what for one in found] == ["polars 2.0.0 is installed, expected 2.1.0"]
    found = version_findings(LOCK, {"flask-wtf": "1.2.2"}, frozenset({"polars"}))
    assert [one.what for one in found] == ["polars is not installed, expected 2.1.0"]


def test_the_lock_of_this_checkout_is_what_is_installed_here():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert {"polars", "deltalake", "sqlalchemy", "psycopg"} <= needed()
    assert {"ruff", "hatchling"}.isdisjoint(needed())
    assert [one.what for one in version_findings(lock, installed(), needed())] == []


def test_an_old_table_is_told_and_an_empty_one_only_where_it_must_be_there():
    fresh = Newest(NOON - 26 * HOUR, None, required=True)
    assert list(freshness_findings({"orders": fresh}, NOON, LIMITS)) == []
    (one,) = freshness_findings({"orders": fresh}, NOON + HOUR, LIMITS)
    assert (one.kind, one.what) == (Kind.TABLE_OLD, "orders: the newest row is 27 h old, expected at most 26")
    empty = {"orders": Newest(None, None, required=True), "events": Newest(None, None, required=False)}
    assert kinds(freshness_findings(empty, NOON, LIMITS)) == [Kind.NOT_DELIVERED]
    old = {"events": Newest(NOON - 1000 * HOUR, None, required=False)}
    assert kinds(freshness_findings(old, NOON, LIMITS)) == []  # nothing is asked of it


def test_rows_that_were_received_in_the_future_are_told():
    for seconds, found in ((30, []), (31, [Kind.FUTURE_ROWS])):
        newest = {"events": Newest(NOON, NOON + timedelta(seconds=seconds), required=False)}
        assert kinds(freshness_findings(newest, NOON, LIMITS)) == found
