"""One session at one instant, in a home in which everything has run once."""

import shutil
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from small_world import filled

from features.labels import hit_labels, outcomes
from flows.cli import main
from flows.data import read_data
from flows.lake import Lake
from flows.sense import (
    Asked,
    find_advice,
    nowcast_listings,
    over_since,
    prepare,
    put_together,
    sense,
    write_results,
)
from flows.site import Site
from flows.underway.boards import read_history
from flows.underway.told import NO_NOWCASTS
from models.dataset import LISTING
from models.nowcast.lessons import lessons
from models.nowcast.nowcaster import learnt
from stocking.acts.advise import ALERTS
from stocking.acts.audiences import LISTINGS

MINUTE = timedelta(minutes=1)
HOSTILE = "../x"


@pytest.fixture(scope="module")
def begins(week):
    return week.as_of + timedelta(hours=2)


@pytest.fixture(scope="module")
def at(begins):
    return begins + 20 * MINUTE


@pytest.fixture(scope="module")
def home(ran, begins, tmp_path_factory):
    """A copy of that home. In a session of two listings with ids that mean harm much is clicked and bought of one."""
    site, _, _ = ran
    place = tmp_path_factory.mktemp("sensed") / "home"
    shutil.copytree(site.home, place)
    ours = Site(home=place, config=site.config)
    known = begins - timedelta(days=1)
    names = {"=cmd|' /C calc'!A0": "<script>alert(1)</script>", "../../y": "=1+1"}
    busy = next(iter(names))
    listing = {"session_id": HOSTILE, "product_id": busy}
    rows = {
        "sessions": [{"session_id": HOSTILE, "room_id": "<b>", "anchor_id": "../a", "announced_at": known,
                      "scheduled_at": begins, "planned_minutes": 180}],
        "lineups": [{"session_id": HOSTILE, "product_id": one, "announced_at": known, "price": 50.0} for one in names],
        "products": [{"product_id": one, "merchant_id": "../m", "supplier_id": "=s", "category": "food/tea",
                      "title": title, "list_price": 60.0, "unit_cost": 10.0} for one, title in names.items()],
        "stock": [{"product_id": one, "as_of": known, "on_hand_units": 42, "inbound_units": 0} for one in names],
        "orders": [listing | {"order_id": f"live{n}", "ts": begins + n * MINUTE / 2, "units": 1, "unit_price": 50.0}
                   for n in range(60)],
        "events": [listing | {"event_id": f"{kind}{n}", "kind": kind, "ts": begins + n * MINUTE / 4}
                   for n in range(120) for kind in ("product_click", "add_to_cart")],
    }  # fmt: skip
    lake = Lake(ours.made())
    for name, some in rows.items():
        append = lake.append(name, "live")
        append.add(filled(name, some), begins.date() if name in {"orders", "events"} else None)
        append.commit(["live"], {})
    return ours


@pytest.fixture(scope="module")
def sensed(home, at, tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "deep" / "out"
    return sense(home, HOSTILE, at, out), out


def test_tables_and_pages_are_written_where_was_asked_and_nowhere_else(sensed):
    found, out = sensed
    pages = pl.read_csv(out / "pages.csv")
    written = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert written == sorted(["nowcast.parquet", "alerts.parquet", "pages.csv", *pages["file"]])
    assert len(found.files.pages) == pages.height
    assert sorted(out.parents[1].rglob("*.html")) == sorted(found.files.pages)
    assert set(pages["audience"]) >= {"merchant", "anchor", "logistics", "operator"}


def test_the_nowcast_is_of_the_asked_session_at_the_asked_instant(sensed, at):
    told = read_history(sensed[0].files.nowcast)
    assert set(LISTINGS) <= set(told.columns)
    assert set(told["session_id"]) == {HOSTILE}
    assert set(told["cutoff"]) == {at}
    busy = told.sort("sold_units")[-1].row(0, named=True)
    assert busy["sold_units"] == 40  # an order each half minute, those of the first twenty
    assert busy["minutes_open"] == 20
    assert busy["on_show"]
    assert (told["demand_p05"] >= told["sold_units"]).all()


def test_what_is_to_be_done_in_the_session_is_said_as_it_is_written(sensed):
    found, _ = sensed
    alerts = read_history(found.files.alerts)
    assert alerts.schema == ALERTS
    assert set(alerts["session_id"]) <= {HOSTILE}
    assert len(found.advice) == alerts.height
    assert all(any(reason in line for line in found.advice) for reason in alerts["reason"])


def test_ids_that_mean_harm_do_none(sensed):
    found, out = sensed
    for path in found.files.pages:
        assert "<script" not in path.read_text()
        assert len(path.stem) == 16
    index = (out / "pages.csv").read_text().splitlines()
    assert not [cell for line in index for cell in line.replace('"', "").split(",") if cell.startswith("=")]
    assert not [line for line in found.sentences() if "\x1b" in line]


def test_a_predictor_without_nowcasts_says_so(sensed):
    assert NO_NOWCASTS in sensed[0].notes
    assert f"note: {NO_NOWCASTS}" in sensed[0].sentences()


@pytest.fixture(scope="module")
def watched(home, at):
    return prepare(home, Asked(HOSTILE, at))


def test_what_came_after_the_instant_is_not_known(watched, begins):
    """Ten minutes in half as much was sold, though all of it lies in the lake."""
    told = nowcast_listings(watched, Asked(HOSTILE, begins + 10 * MINUTE)).filter(session_id=HOSTILE)
    assert told["sold_units"].max() == 20


def test_sessions_that_may_get_or_give_goods_are_looked_at_beside_it(watched, at):
    """Those of the next 24 hours."""
    beside = watched.plan.filter(pl.col("session_id") != HOSTILE)
    assert beside["session_id"].n_unique() > 1
    assert beside["scheduled_at"].max() < at + timedelta(hours=24)


def test_an_unknown_session_ends_with_status_2_and_one_line(home, at, capsys, tmp_path):
    out, name = tmp_path / "out", "../../../etc/passwd"
    with pytest.raises(SystemExit) as left:
        main(["sense", "--session", name, "--at", at.isoformat(), "--out", str(out), "--home", str(home.home)])
    said = capsys.readouterr().err.splitlines()
    assert left.value.code == 2
    assert [line for line in said if "is not known before" in line] == [said[-1]]
    assert "Traceback" not in "".join(said)
    assert not out.exists()


def test_of_a_session_that_is_over_nothing_is_told(home, begins, capsys, tmp_path):
    out, after = tmp_path / "out", begins + timedelta(days=2)
    with pytest.raises(SystemExit) as left:
        main(["sense", "--session", HOSTILE, "--at", after.isoformat(), "--out", str(out), "--home", str(home.home)])
    assert left.value.code == 2
    assert "is over since" in capsys.readouterr().err.splitlines()[-1]
    assert not out.exists()


def test_a_session_is_over_when_it_says_so_else_after_its_plan_and_its_last_sign(home, begins):
    """It was to last three hours, and is given half an hour."""
    tables, config = read_data(home).tables, home.settings()

    def over(minute, **more):
        rows = {name: pl.concat([tables[name], filled(name, [row])], how="diagonal") for name, row in more.items()}
        return bool(over_since({**tables, **rows}, Asked(HOSTILE, begins + minute * MINUTE), config))

    sign = {"event_id": "z", "session_id": HOSTILE, "kind": "comment", "ts": begins + 300 * MINUTE}
    ended = tables["sessions"].filter(session_id=HOSTILE).row(0, named=True) | {
        "ended_at": begins + 100 * MINUTE, "received_at": begins + 101 * MINUTE
    }  # fmt: skip
    assert [over(minute) for minute in (100, 209, 210)] == [False, False, True]
    assert [over(minute, events=sign) for minute in (320, 330)] == [False, True]
    assert [over(minute, sessions=ended) for minute in (101, 102)] == [False, True]


@pytest.fixture(scope="module")
def knowing(watched, home, week):
    """The same with a nowcaster that learnt from the last sessions of that home."""
    config, serving = home.settings(), watched.planning.serving
    quick = config.models.nowcast.model_copy(update={"minutes": (1, 5, 30), "min_listings": 50, "rounds": 20})
    settings = config.models.model_copy(update={"nowcast": quick})
    ended = outcomes(watched.ready.tables, week.as_of, watched.planning.sensing).sort("scheduled_at").tail(200)
    dated = ended.with_columns(cutoff=pl.col("scheduled_at"))
    forecast = serving.predictor.forecast(watched.ready.features(dated.select(*LISTING, "cutoff")))
    truth = hit_labels(ended, dated, config.labels).with_columns(is_new_product=pl.lit(value=False))
    past = truth.join(forecast, on=[*LISTING, "cutoff"])
    nowcaster = learnt(lessons(watched.ready.tables, past, watched.planning.sensing, quick), settings)
    service = replace(serving, predictor=replace(serving.predictor, nowcaster=nowcaster))
    return replace(watched, planning=replace(watched.planning, serving=service))


def test_a_nowcaster_speaks_of_the_session_as_it_is_and_as_it_was(knowing, begins, tmp_path):
    """Of six units in three minutes it expects more, where the plan, of which less was sold, stays as it was."""
    asked = Asked(HOSTILE, begins + 3 * MINUTE)
    listings = nowcast_listings(knowing, asked)
    board = put_together(knowing, listings, find_advice(knowing, listings, asked), asked)
    found = write_results(knowing, board, asked, tmp_path / "out")
    assert NO_NOWCASTS not in found.notes
    busy = read_history(found.files.nowcast).filter(sold_units=6)
    assert busy["demand_p50"].item() > 6 > busy["plan_demand_p50"].item()
    then = board.history.filter(pl.col("product_id") == busy["product_id"].item()).sort("cutoff")
    assert (then["cutoff"] - begins).dt.total_minutes().to_list() == [1, 3]
    assert then["sold_units"].to_list() == [2, 6]
