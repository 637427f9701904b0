"""A watch over the tiny evening: all that `baokuan watch` begins with, but for the recorder."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from small_world import day, filled, order
from standing import Standing

from features.privacy import Door
from flows.lake import Lake
from flows.site import Site
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from flows.underway.before import PLANS, rows_before
from flows.underway.cuts import cut_for
from flows.underway.openings import Openings
from flows.underway.outputs import Outputs
from flows.underway.planned import Planning
from flows.underway.roster import Roster
from flows.underway.shift import Clock, Shift
from flows.underway.watcher import Watcher
from flows.watching.following import Following
from flows.watching.journal import kept
from flows.watching.reading import Reader
from flows.watching.ticking import Ticking

SINCE = day(7) - timedelta(minutes=2)
STILL = Clock(now=lambda: datetime(2025, 3, 10, tzinfo=UTC), steady=lambda: 0.0, rest=lambda _: None)


def rows_of(minute: int) -> dict[str, list[dict[str, object]]]:
    """Clicks and orders of a minute; nine units of P go in `now`, until its ninety are gone, and one in `beside`."""
    at = day(7) + timedelta(minutes=minute, seconds=7)
    clicks = [
        {"event_id": f"E{minute}-{number}", "session_id": "now", "product_id": "P", "viewer_id": f"v{number}",
         "kind": "product_click", "ts": at + timedelta(seconds=number)} for number in range(5)
    ]  # fmt: skip
    return {"events": clicks, "orders": [order("now", "P", at, 9), order("beside", "P", at, 1)]}


def land(landing: Path, minutes: Iterable[int]) -> None:
    """A file of clicks and one of orders a minute."""
    for minute in minutes:
        for table, rows in rows_of(minute).items():
            put(landing, table, f"{minute:03d}.parquet", rows)


def put(landing: Path, table: str, name: str, rows: list[dict[str, object]]) -> None:
    """A file of a table."""
    (landing / table).mkdir(parents=True, exist_ok=True)
    filled(table, rows).write_parquet(landing / table / name)


@contextmanager
def shift_of(site: Site, planning: Planning, landing: Path, out: Path) -> Iterator[Shift]:
    """A shift on the data's clock."""
    config, lake = site.settings(), Lake(site.made())
    log = AlertLog(lake)
    around = Surroundings({}, cut_for, Clockwork(now=STILL.now, chance=lambda: 0.5), site.made() / "outbox")
    with kept(site.made()) as journal:
        roster = Roster(
            planning=planning,
            ahead=timedelta(hours=config.live.ahead_hours),
            lateness=timedelta(minutes=config.live.feed.allowed_lateness_minutes),
            plans=lake.tables(PLANS),
            earlier=lambda number, sessions: rows_before(journal.ticks(), number, sessions),
            service=Standing(planning.serving),
            openings=Openings(site.made() / "live" / "openings"),
        )
        watcher = Watcher(roster, Outputs(site.made() / "live" / "outputs"), log.read(), journal.dropped)
        reader = Reader(config.ingest, Door(b"key", keep_text=True))
        followed = [Following(landing, reader, journal.taken, config.live.pace, "data")]
        ticking = Ticking(config.live.feed, "data", SINCE)
        teller = Teller(log, Webhooks(log, config.live.telling.webhooks, around), None)
        yield Shift(site, out, journal, ticking, watcher, teller, followed)


def watched(site: Site, planning: Planning, landing: Path, out: Path) -> None:
    """A watch from where the last one stopped to the last file."""
    with shift_of(site, planning, landing, out) as shift:
        shift.go_on()
        shift.follow(STILL)


def results(site: Site, ticks: int) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The alert log, and what was told at each tick."""
    outputs = Outputs(site.made() / "live" / "outputs")
    told = [outputs.read(tick) for tick in range(1, ticks + 1) if outputs.has(tick)]
    return AlertLog(Lake(site.made())).read(), told
