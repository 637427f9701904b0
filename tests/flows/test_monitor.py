"""A predictor of two weeks ago is looked at, told of, rolled back, and stood in for."""

import shutil
import time
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter
from recorded import signed_as, training

from flows.drift_alarms import new_alarms
from flows.findings import kept_findings
from flows.moments import Ahead
from flows.monitor import act, look_closely, monitor, read_data, tell_new_alarms
from flows.promote import promote
from flows.recovery import BASELINE, OWN, ROLLBACK, baseline_by_rule, rolled_back_by_rule
from flows.registry import Registry
from flows.serving import Serving, serving
from flows.site import Site
from flows.stock import stock
from flows.tracking import record
from flows.train import train
from models.drift.alarms import Alarm
from models.drift.told import MONITOR
from models.grid import QUANTILES

FORTNIGHT = timedelta(days=14)
ALARM = Alarm("coverage", date(2025, 4, 1), 123.0, ("outside",))


@pytest.fixture(scope="module")
def watched(ran, week, mlflow_database, tmp_path_factory):
    """A home whose champion learnt two weeks before its newest row, and what a look at it told."""
    place = tmp_path_factory.mktemp("watched")
    shutil.copytree(ran[0].home / "lake", place / "home" / "lake")
    shutil.copy(mlflow_database, place / "home" / "mlflow.db")
    overlay = place / "watched.yaml"
    overlay.write_text("monitor: {least_days: 7, reference_days: 28, worse_share: 0.3}")
    site = Site(home=place / "home", config=(*ran[0].config, overlay))
    train(site, Ahead(as_of=week.as_of - FORTNIGHT, horizon=week.horizon))
    return site, place / "out", monitor(site, place / "out", week.as_of)


@pytest.fixture
def copied(watched, tmp_path):
    """A copy of that home."""
    shutil.copytree(watched[0].home, tmp_path / "home")
    return watched[0].model_copy(update={"home": tmp_path / "home"})


@pytest.fixture(scope="module")
def found(watched, week):
    return look_closely(watched[0], read_data(watched[0]), week.as_of)


def test_a_look_writes_a_page_and_tables_and_keeps_its_findings(watched, week):
    site, out, told = watched
    page = (out / "monitor.md").read_text()
    assert page.startswith("# Monitor")
    assert "Features: stability index" in page
    rows = pl.read_parquet(out / "monitor.parquet")
    assert rows.schema == MONITOR
    assert kept_findings(site).select(MONITOR.names()).sort(MONITOR.names()).equals(rows.sort(MONITOR.names()))
    assert {"features", "calibration", "coverage", "feed", "psi", "promised", "realised"} <= set(rows["kind"])
    assert rows["as_of"].unique().to_list() == [week.as_of]
    assert told.actions == ()
    assert "report:" in told.sentences()[-2]


@pytest.mark.slow
def test_a_second_look_at_the_same_moment_changes_nothing(watched, week):
    site, out, told = watched
    before = kept_findings(site)
    again = monitor(site, out, week.as_of)
    assert kept_findings(site).equals(before)
    assert (again.run, again.page.read_text()) == (told.run, told.page.read_text())


def test_only_days_that_the_predictor_knew_nothing_of_are_watched(found, week):
    begins = (week.as_of - FORTNIGHT).date()
    assert found.seen.evidence["day"].min() >= begins
    assert found.seen.evidence["day"].max() < week.as_of.date() + timedelta(days=1)
    assert found.seen.rows["cutoff"].min() == week.as_of - FORTNIGHT
    over = found.seen.rows.filter(pl.col("demand_units").is_not_null())
    assert over.height > 100


def test_a_look_at_a_predictor_that_just_learnt_finds_nothing_and_says_what_cannot_be_watched(ran, week, tmp_path):
    site = Site(home=shutil.copytree(ran[0].home, tmp_path / "home"), config=ran[0].config)
    told = monitor(site, tmp_path / "out", week.as_of)
    assert (told.alarms, told.actions) == ((), ())
    assert "coverage: too few days to compare with: not watched" in told.sentences()


def events():
    wanted = EventFilter(event=EventNameFilter(prefix=["baokuan.drift."]), occurred=EventOccurredFilter())
    with get_client(sync_client=True) as client:
        answer = client.request("POST", "/events/filter", json={"filter": wanted.model_dump(mode="json"), "limit": 50})
    return answer.json()["events"]


def test_an_alarm_is_told_to_prefect_once_for_each_predictor(found, prefect_api):
    alarmed = replace(found, seen=replace(found.seen, alarms=(ALARM,)))

    @flow(name="telling drift")
    def telling():
        return tell_new_alarms(alarmed)

    assert telling() == (ALARM,)
    deadline = time.monotonic() + 90
    while not events() and time.monotonic() < deadline:
        time.sleep(0.5)
    (event,) = events()
    assert event["event"] == "baokuan.drift.coverage"
    assert event["resource"]["prefect.resource.id"] == "baokuan.predictor.1"
    assert event["payload"]["since"] == "2025-04-01"
    name = str(found.serving.version)
    known = pl.DataFrame(
        [(found.as_of, name, "coverage", "coverage", 123.0, 80.0, True, ALARM.since, None)], MONITOR, orient="row"
    )
    assert new_alarms((ALARM,), known, name) == ()
    assert new_alarms((ALARM,), known, "another/2") == (ALARM,)


def second(site, **tags):
    """Version 2 in service, with the files of version 1."""
    registry = Registry(site)
    first = registry.version(1)
    told = signed_as(first) | tags
    source = registry.client.get_model_version(registry.name, "1").source
    registry.client.create_model_version(registry.name, source, run_id=first.run_id, tags=told)
    registry.promote(registry.version(2))
    return registry


def test_a_champion_that_is_worse_day_after_day_is_rolled_back_with_the_reason(copied, found):
    registry = second(copied)
    poor = Serving(registry.champion(), replace(found.serving.predictor, learnt=None), ())
    (done,) = rolled_back_by_rule(copied, poor, found.seen)
    assert done.what == ROLLBACK
    assert registry.champion().number == 1
    tags = registry.client.get_model_version(registry.name, "2").tags
    assert tags["withdrawn_because"].startswith("by rule: worse than demand-predictor-default/1 on ")
    promote(copied, 2, "it was right after all")
    assert registry.champion().number == 2


def test_a_champion_that_is_as_good_as_the_one_before_it_stays(copied, found):
    registry = second(copied)
    assert rolled_back_by_rule(copied, replace(found.serving, version=registry.champion()), found.seen) == ()
    assert registry.champion().number == 2


def test_a_champion_that_a_person_put_there_is_left_to_that_person(copied, found):
    registry = second(copied, promoted_by="anna")
    poor = Serving(registry.champion(), replace(found.serving.predictor, learnt=None), ())
    assert rolled_back_by_rule(copied, poor, found.seen) == ()
    assert registry.champion().number == 2


def test_a_look_back_at_a_time_before_the_champion_does_nothing(copied, found):
    second(copied)
    assert act(replace(found, site=copied)) == ()


def judged(**off):
    """Four listings of demand 50, forecast by each with so many units too much."""
    return pl.concat(
        pl.DataFrame(
            {
                "predictor": name,
                "fold": 1,
                "session_id": "S",
                "product_id": ["A", "B", "C", "D"],
                "cutoff": date(2025, 3, 3),
                "p_hit": [0.1, 0.1, 0.1, 0.9],
                "hit": [False, False, False, True],
                "demand_units": 50.0,
                "demand_mean": 50.0 + units,
                "censored": False,
                "available_share": 1.0,
                **dict.fromkeys(QUANTILES, 50.0 + units),
            }
        )
        for name, units in off.items()
    )


def trained(registry, saved, as_of, predictions):
    kept = replace(training(saved, as_of), predictions=predictions)
    run_id, model_id = record(registry, kept, "predictor")
    return registry.register(model_id, run_id, {"as_of": as_of.isoformat(), "digest": kept.digest})


def test_a_baseline_that_won_three_trainings_running_stands_in_until_it_loses(registry, home, saved, found, week):
    site, service = Site(home=home), found.serving
    wins, loses = judged(challenger=5.0, last_session=1.0), judged(challenger=1.0, last_session=5.0)
    for number, predictions in enumerate((loses, wins, wins, wins)):
        as_of = week.as_of - timedelta(days=7 * (4 - number))
        version = trained(registry, saved, as_of, predictions)
        registry.promote(version)
        version = registry.champion()
        done = baseline_by_rule(site, replace(service, version=version), as_of)
        assert [one.what for one in done] == ([BASELINE] if number == 3 else [])
    version = registry.champion()
    assert (version.instead, version.instead_since) == ("last_session", as_of)
    assert baseline_by_rule(site, replace(service, version=version), as_of) == ()
    trained(registry, saved, week.as_of, loses)
    (done,) = baseline_by_rule(site, replace(service, version=version), week.as_of)
    assert done.what == OWN
    assert registry.champion().instead == ""


@pytest.mark.slow
def test_a_list_by_a_baseline_says_so_and_a_promotion_ends_it(copied, week, tmp_path):
    registry = Registry(copied)
    registry.stand_in(registry.version(1), "last_session", {"instead_since": week.as_of.isoformat()})
    told = stock(copied, week, tmp_path / "list", "zh-CN")
    lines = pl.read_parquet(told.path)
    assert set(lines["model_version"]) == {"demand-predictor-default/1 baseline last_session"}
    note = "the forecasts are those of the baseline last_session, which did better of late"
    assert all(note in notes for notes in lines["notes"])
    assert lines["reasons"].to_list() == [["baseline: last_session"]] * lines.height
    assert serving(copied, week.as_of - timedelta(days=1)).instead == ""
    promote(copied, 1, "we trust it more")
    assert serving(copied, week.as_of).instead == ""
