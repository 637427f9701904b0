from datetime import UTC, datetime

import polars as pl
import pytest
from deltalake import DeltaTable

from flows.lake import Lake
from flows.telling.log import AlertLog, AlertsError
from stocking.acts.advise import ALERTS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def alerts(tick, *products, **values):
    rows = [
        {"alert_id": f"alert-{tick}-{n}", "tick": tick, "cutoff": NOON, "kind": "swap", "session_id": "S", **values}
        | {"product_id": product}
        for n, product in enumerate(products)
    ]
    return pl.DataFrame(rows, schema=ALERTS)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def test_a_log_without_anything_is_empty(lake):
    log = AlertLog(lake)
    assert log.last_tick() == 0
    assert log.read().equals(ALERTS.to_frame())


def test_a_tick_is_kept_once_however_often_it_is_worked_on(lake):
    log = AlertLog(lake)
    assert log.append(3, alerts(3, "P1"))
    assert not log.append(3, alerts(3, "P1"))
    assert not AlertLog(lake).append(3, alerts(3, "P1"))
    assert AlertLog(lake).read().equals(alerts(3, "P1"))


def test_a_tick_without_alerts_writes_nothing_and_is_not_missed(lake):
    log = AlertLog(lake)
    assert not log.append(1, alerts(1))
    assert (lake.commits("alerts"), log.last_tick()) == (0, 0)
    assert log.append(4, alerts(4, "P1"))
    assert not log.append(5, alerts(5))
    assert (lake.commits("alerts"), log.last_tick(), AlertLog(lake).last_tick()) == (1, 4, 4)


def test_alerts_are_read_in_one_order_whatever_order_they_were_told_in(lake):
    log = AlertLog(lake)
    log.append(1, alerts(1, "P2", None, "P1"))
    log.append(2, alerts(2, "P9"))
    assert log.read()["product_id"].to_list() == ["P1", "P2", None, "P9"]
    assert log.read(after=1)["product_id"].to_list() == ["P9"]
    assert log.read(after=2).equals(ALERTS.to_frame())


def test_any_text_comes_back_as_it_was(lake):
    hostile = ["../x", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a\x00b\u202e\n", "爆款", ""]
    log = AlertLog(lake)
    log.append(1, alerts(1, *hostile, reason="'; DROP TABLE alerts; --"))
    assert sorted(log.read()["product_id"]) == sorted(hostile)
    assert sorted(path.name for path in (lake.root / "alerts").iterdir()) == [
        "000000000001-00000.parquet",
        "_delta_log",
    ]


@pytest.mark.parametrize(
    ("tick", "wrong", "name"),
    [
        (1, alerts(2, "P"), "tick"),
        (0, alerts(0, "P"), "tick"),
        (1, alerts(1, "P", alert_id="x\r\nSet-Cookie: a"), "alert_id"),
        (1, alerts(1, "P", alert_id=None), "alert_id"),
        (1, alerts(1, "P", "Q", alert_id="same-for-both"), "alert_id"),
        (1, alerts(1, "P", kind="Sell out"), "kind"),
        (1, alerts(1, "P", cutoff=None), "cutoff"),
        (1, alerts(1, "P", value=float("inf")), "value"),
        (1, alerts(1, "P", minute_low=float("nan")), "minute_low"),
        (1, alerts(1, "P").drop("value"), "Schema"),
        (1, alerts(1, "P").cast({"units": pl.Int32}), "Schema"),
    ],
)
def test_what_is_no_alert_of_this_tick_is_refused_and_nothing_is_kept(lake, tick, wrong, name):
    log = AlertLog(lake)
    with pytest.raises(AlertsError, match=name):
        log.append(tick, wrong)
    assert lake.commits("alerts") == 0


def test_a_commit_that_a_kill_left_unseen_is_made_again(lake):
    log = AlertLog(lake)
    left = lake.root / "alerts" / "000000000001-00000.parquet"
    alerts(1, "P1", "P2").write_parquet(left)
    assert log.read().height == 0
    assert log.append(1, alerts(1, "P1"))
    assert log.read()["product_id"].to_list() == ["P1"]


def test_the_log_of_a_long_watch_is_opened_from_its_checkpoint(lake):
    log = AlertLog(lake)
    for tick in range(1, 51):
        log.append(tick, alerts(tick, "P1"))
    names = {path.name for path in (lake.root / "alerts" / "_delta_log").iterdir()}
    assert f"{39:020d}.checkpoint.parquet" in names
    assert DeltaTable(lake.root / "alerts").version() == 50
    again = AlertLog(lake)
    assert (again.last_tick(), again.read()["tick"].to_list()) == (50, list(range(1, 51)))
    assert not again.append(50, alerts(50, "P1"))
    assert again.append(51, alerts(51, "P1"))
