"""A watch that was cut off anywhere, and begins anew, comes to what one comes to that nobody disturbed."""

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled, order

from features.privacy import Door
from flows.lake import Lake
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from flows.underway.cuts import cut_for
from flows.underway.outputs import Outputs
from flows.underway.shift import Clock, Shift
from flows.underway.watcher import PLANS, Watcher, rows_before
from flows.watching.following import Following
from flows.watching.journal import kept
from flows.watching.reading import Reader
from flows.watching.ticking import Ticking

SINCE = day(7) - timedelta(minutes=2)
MINUTES = 12
STILL = Clock(now=lambda: datetime(2025, 3, 10, tzinfo=UTC), steady=lambda: 0.0, rest=lambda _: None)


def land(landing, minutes):
    """A file of clicks and one of orders a minute; nine units of P go each minute, until its ninety are gone."""
    for minute in minutes:
        at = day(7) + timedelta(minutes=minute, seconds=7)
        clicks = [
            {"event_id": f"E{minute}-{number}", "session_id": "now", "product_id": "P", "viewer_id": f"v{number}",
             "kind": "product_click", "ts": at + timedelta(seconds=number)} for number in range(5)
        ]  # fmt: skip
        sales = [order("now", "P", at, 9), order("beside", "P", at, 1)]
        for table, rows in (("events", clicks), ("orders", sales)):
            (landing / table).mkdir(parents=True, exist_ok=True)
            filled(table, rows).write_parquet(landing / table / f"{minute:03d}.parquet")


@contextmanager
def shift_of(site, planning, landing, out):
    """All that `baokuan watch` begins with, but for the recorder."""
    config, lake = site.settings(), Lake(site.made())
    log = AlertLog(lake)
    around = Surroundings({}, cut_for, Clockwork(now=STILL.now, chance=lambda: 0.5), site.made() / "outbox")
    with kept(site.made()) as journal:
        watcher = Watcher(
            planning=planning,
            plans=lake.tables(PLANS),
            earlier=lambda number, sessions: rows_before(journal.ticks(), number, sessions),
            outputs=Outputs(site.made() / "live" / "outputs"),
            alerts=log.read(),
        )
        reader = Reader(config.ingest, Door(b"key", keep_text=True))
        followed = [Following(landing, reader, journal.taken, config.live.pace, "data")]
        ticking = Ticking(config.live.feed, "data", SINCE)
        teller = Teller(log, Webhooks(log, config.live.telling.webhooks, around), None)
        yield Shift(site, out, journal, ticking, watcher, teller, followed)


def watched(site, planning, landing, out):
    with shift_of(site, planning, landing, out) as shift:
        shift.go_on()
        shift.follow(STILL)


def results(site):
    """The alert log, and what was told at each tick."""
    outputs = Outputs(site.made() / "live" / "outputs")
    told = [outputs.read(tick) for tick in range(1, MINUTES + 1) if outputs.has(tick)]
    return AlertLog(Lake(site.made())).read(), told


@pytest.fixture(scope="module")
def undisturbed(make_site, make_planning, evening, tmp_path_factory):
    site, landing = make_site("undisturbed", evening), tmp_path_factory.mktemp("landing")
    land(landing, range(MINUTES))
    watched(site, make_planning(site), landing, tmp_path_factory.mktemp("out"))
    return results(site)


def test_a_watch_counts_what_came_and_tells_a_sell_out_anew_only_when_more_is_at_stake(undisturbed):
    alerts, told = undisturbed
    assert len(told) == MINUTES
    last = told[-1].filter(pl.col("session_id") == "now", pl.col("product_id") == "P")
    assert last["sold_units"].item() == 9 * (MINUTES - 1)  # the last minute is not over
    gone = alerts.filter(kind="sell_out", session_id="now", product_id="P")
    assert gone.height > 0
    assert (gone["value"] >= 2 * gone["value"].shift(1)).all()  # again only where twice as much is at stake
    assert alerts["alert_id"].is_unique().all()


@pytest.fixture
def begin(make_site, make_planning, evening):
    """A home, and a watch over it."""

    def made(name):
        site = make_site(name, evening)
        return site, make_planning(site)

    return made


@pytest.mark.parametrize(("cut", "lost"), [(1, 0), (5, 0), (5, 2), (11, 2)])
def test_a_watch_that_was_cut_off_goes_on_where_it_was(undisturbed, begin, tmp_path, cut, lost):
    """After so many minutes, when the results of the last ticks were not kept yet, though some were told."""
    (site, planning), landing = begin(f"cut{cut}{lost}"), tmp_path / "landing"
    land(landing, range(cut))
    watched(site, planning, landing, tmp_path / "out")
    for path in sorted((site.made() / "live" / "outputs").glob("*.parquet"))[::-1][:lost]:
        path.unlink()
    land(landing, range(cut, MINUTES))
    watched(site, planning, landing, tmp_path / "out")
    alerts, told = results(site)
    assert_frame_equal(alerts, undisturbed[0])
    for mine, theirs in zip(told, undisturbed[1], strict=True):
        assert_frame_equal(mine, theirs)


def test_pages_and_tables_are_there_when_a_watch_ends(make_site, make_planning, evening, tmp_path):
    site, landing = make_site("shown", evening), tmp_path / "landing"
    land(landing, range(3))
    watched(site, make_planning(site), landing, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "nowcast.parquet", "alerts.parquet", "pages.csv", "pages",
    }  # fmt: skip


class NothingMoreError(Exception):
    """Everything that lay there was taken."""


def test_a_busy_source_does_not_starve_the_one_after_it(make_site, make_planning, evening, tmp_path):
    """Three files wait here and one there, each large enough to be a batch of its own: the one is second."""
    site, busy, quiet = make_site("turns", evening), tmp_path / "busy", tmp_path / "quiet"
    land(busy, range(3))
    shutil.rmtree(busy / "orders")
    land(quiet, range(1))
    shutil.rmtree(quiet / "events")

    def rest(_):
        raise NothingMoreError

    pace = site.settings().live.pace.model_copy(update={"batch_bytes": 1})
    with shift_of(site, make_planning(site), busy, tmp_path / "out") as shift:
        reader = shift.sources[0].reader
        shift.sources = [Following(place, reader, shift.journal.taken, pace) for place in (busy, quiet)]
        shift.ticking = Ticking(site.settings().live.feed, "wall", SINCE)
        with pytest.raises(NothingMoreError):
            shift.follow(Clock(STILL.now, STILL.steady, rest))
        taken = [list(tick.tables) for tick in shift.journal.ticks()]
    assert taken == [["events"], ["orders"], ["events"], ["events"]]
