"""A watch that was cut off anywhere, and begins anew, comes to what one comes to that nobody disturbed."""

import shutil
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_shift import SINCE, STILL, land, put, results, shift_of, watched
from small_world import day, order

import flows.underway.shift as shifts
from flows.lake import Lake
from flows.underway.shift import Clock
from flows.watching.batch import SourceAwayError
from flows.watching.following import Following
from flows.watching.ticking import Ticking

MINUTES = 12


class NothingMoreError(Exception):
    """Up to here and no further."""


@pytest.fixture(scope="module")
def undisturbed(make_site, make_planning, evening, tmp_path_factory):
    site, landing = make_site("undisturbed", evening), tmp_path_factory.mktemp("landing")
    land(landing, range(MINUTES))
    watched(site, make_planning(site), landing, tmp_path_factory.mktemp("out"))
    return results(site, MINUTES)


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


@pytest.mark.parametrize(
    ("cut", "lost"),
    [(1, 0), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((5, 2), (5, 0), (11, 2)))],
)
def test_a_watch_that_was_cut_off_goes_on_where_it_was(undisturbed, begin, tmp_path, cut, lost):
    """After so many minutes, when the results of the last ticks were not kept yet, though some were told."""
    (site, planning), landing = begin(f"cut{cut}{lost}"), tmp_path / "landing"
    land(landing, range(cut))
    watched(site, planning, landing, tmp_path / "out")
    for path in sorted((site.made() / "live" / "outputs").glob("*.parquet"))[::-1][:lost]:
        path.unlink()
    land(landing, range(cut, MINUTES))
    watched(site, planning, landing, tmp_path / "out")
    alerts, told = results(site, MINUTES)
    assert_frame_equal(alerts, undisturbed[0])
    for mine, theirs in zip(told, undisturbed[1], strict=True):
        assert_frame_equal(mine, theirs)


def test_what_was_to_be_handed_over_when_it_was_cut_off_is_in_the_lake_before_anything_is_opened(
    begin, tmp_path, monkeypatch
):
    (site, planning), landing = begin("cut_short"), tmp_path / "landing"
    land(landing, range(2))
    put(landing, "orders", "later.parquet", [order("S1", "P", day(8), 1)])  # all sessions are over by then
    with monkeypatch.context() as patched:
        patched.setattr(shifts, "hand_over", cut_short)
        with pytest.raises(NothingMoreError):
            watched(site, planning, landing, tmp_path / "out")
    assert Lake(site.home).tables(["events"])["events"].is_empty()
    with shift_of(site, planning, landing, tmp_path / "out") as shift:
        shift.go_on()
    assert Lake(site.home).tables(["events"])["events"].height > 0


def cut_short(*_):
    raise NothingMoreError


def test_pages_and_tables_are_there_when_a_watch_ends(make_site, make_planning, evening, tmp_path):
    site, landing = make_site("shown", evening), tmp_path / "landing"
    land(landing, range(3))
    watched(site, make_planning(site), landing, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "nowcast.parquet", "alerts.parquet", "pages.csv", "pages",
    }  # fmt: skip


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


class Moody:
    """A source without rows that may be away."""

    is_away = False

    def poll(self, now):  # noqa: ARG002 - as the protocol has it
        if self.is_away:
            raise SourceAwayError("no answer")

    def waiting(self):
        return 0


def test_pages_say_that_figures_may_be_old_while_a_source_is_away_or_a_tick_takes_long(
    make_site, make_planning, evening, tmp_path
):
    """All is well, then a source is away, then it is back, then a tick is shown five minutes after it was begun."""
    site, steady, moody = make_site("stale", evening), iter(range(0, 10_000, 100)), Moody()

    def looked(shift, begun, shown):
        times = [SINCE + timedelta(minutes=one) for one in (begun, shown)]

        def now():
            if not times:
                raise NothingMoreError
            return times.pop(0)

        with pytest.raises(NothingMoreError):
            shift.follow(Clock(now=now, steady=lambda: next(steady), rest=STILL.rest))
        pages = [path.read_text() for path in (tmp_path / "out" / "pages").iterdir()]
        return {"These figures may be old" in page for page in pages}

    with shift_of(site, make_planning(site), tmp_path, tmp_path / "out") as shift:
        shift.sources = [moody]
        shift.ticking = Ticking(site.settings().live.feed, "wall", SINCE)
        assert looked(shift, 0.5, 1) == {False}
        moody.is_away = True
        assert looked(shift, 1, 1) == {True}
        moody.is_away = False
        assert looked(shift, 1, 1) == {False}
        assert looked(shift, 1.2, 6.2) == {True}
