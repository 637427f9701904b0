"""A feed in disorder, followed by the whole watch: what comes to the same, and what people are told of it.

Within a tick the order of rows, and rows and files that come again, then or later, change nothing at all: every tick
tells the same nowcasts and alerts. Rows that come minutes late, within the allowed lateness, change what is told
until they are there; then the counts and nowcasts are the same, and so is the last thing told of each sell-out.
"""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_shift import SINCE, STILL, land, put, results, rows_of, shift_of, watched
from small_world import day, filled, listing, order, session

from features.quarantine import QUARANTINE
from flows.lake import Lake
from flows.telling.log import AlertLog
from flows.underway.shift import NOTHING, Clock
from flows.watching.batch import Batch
from flows.watching.ticking import Ticking

MINUTES = 13
UPKEEP = ("session_late", "session_missing", "room_silent", "feed_silent", "clock_skew")


@pytest.fixture(scope="module")
def watch_of(make_site, make_planning, evening, tmp_path_factory):
    """What a watch over a landing zone comes to."""

    def run(name, fill):
        landing = tmp_path_factory.mktemp(name)
        fill(landing)
        site = make_site(name, evening)
        watched(site, make_planning(site), landing, tmp_path_factory.mktemp("out"))
        return results(site, MINUTES)

    return run


@pytest.fixture(scope="module")
def orderly(watch_of):
    return watch_of("orderly", lambda landing: land(landing, range(MINUTES)))


def shuffled(landing):
    """Each minute's rows in any order, some of them twice, and some of minutes before once more."""
    chance, before = Random(3), {"events": [], "orders": []}
    for minute in range(MINUTES):
        for table, rows in rows_of(minute).items():
            again = chance.sample(before[table], min(2, len(before[table])))
            every = [*rows, chance.choice(rows), *again]
            chance.shuffle(every)
            put(landing, table, f"{minute:03d}.parquet", every)
            before[table] += rows
    for table in before:  # whole files once more, under other names, at the end and in between
        for minute, name in ((2, "004b"), (5, "999")):
            content = (landing / table / f"{minute:03d}.parquet").read_bytes()
            (landing / table / f"{name}.parquet").write_bytes(content)


def test_the_order_of_rows_and_the_repetition_of_rows_and_files_change_nothing_at_any_tick(watch_of, orderly):
    alerts, told = watch_of("shuffled", shuffled)
    assert orderly[0].height >= 3
    assert_frame_equal(alerts, orderly[0], check_exact=True)
    for mine, theirs in zip(told, orderly[1], strict=True):
        assert_frame_equal(mine, theirs, check_exact=True)


def delayed(landing):
    """Half of the clicks and orders of minutes 1 to 8 come one to three minutes late."""
    chance, late = Random(4), {}
    for minute in range(MINUTES):
        for table, rows in rows_of(minute).items():
            kept = []
            for number, row in enumerate(rows):
                if 1 <= minute <= 8 and number % 2:
                    late.setdefault((table, minute + chance.randint(1, 3)), []).append(row)
                else:
                    kept.append(row)
            put(landing, table, f"{minute:03d}.parquet", [*late.pop((table, minute), []), *kept])


def last_told(alerts):
    """Of each listing what was last said of its sell-out."""
    way = alerts.filter(pl.col("kind").str.starts_with("sell_out")).sort("tick")
    return way.group_by("session_id", "product_id").agg(pl.col("kind", "reason").last()).sort("session_id").rows()


@pytest.mark.slow
def test_rows_within_the_allowed_lateness_come_to_the_same_counts_nowcasts_and_standing_alerts(watch_of, orderly):
    alerts, told = watch_of("delayed", delayed)
    assert not all(mine.equals(theirs) for mine, theirs in zip(told, orderly[1], strict=True))  # late they were
    assert_frame_equal(told[-1], orderly[1][-1], check_exact=True)
    assert last_told(alerts) == last_told(orderly[0]) == [("now", "P", "sell_out", "It is sold out.")]


def at(minute):
    return day(7) + timedelta(minutes=minute)


def batch(minute, *sessions, ahead=()):
    """A click and two units of P in each session half a minute ago; rooms ahead say that it is in 90 seconds."""
    when = {name: at(minute) + timedelta(seconds=90 if name in ahead else -30) for name in sessions}
    clicks = [
        {"event_id": f"{name}{minute}", "session_id": name, "product_id": "P", "viewer_id": "v",
         "kind": "product_click", "ts": ts} for name, ts in when.items()
    ]  # fmt: skip
    sales = [order(name, "P", ts, 2) for name, ts in when.items()]
    tables = {"events": filled("events", clicks), "orders": filled("orders", sales)}
    return minute, Batch("", tables, pl.DataFrame(schema=QUARANTINE))


AHEAD = ("beside",)
EVENING = [
    batch(1, "now", "beside", ahead=AHEAD), batch(5, "now", "beside", ahead=AHEAD),
    batch(8, "now", "beside", ahead=AHEAD), batch(11, "now", "beside", ahead=AHEAD),
    batch(15, "now", "beside", "tardy", ahead=AHEAD), batch(20, "beside", "tardy", ahead=AHEAD),
    batch(26, "beside", "tardy", ahead=AHEAD), (33, NOTHING), batch(34, "now", "beside", "tardy", ahead=AHEAD),
    batch(61, "now", "beside", "tardy", ahead=AHEAD), (62, NOTHING),
]  # fmt: skip
"""Four rooms that are to begin at 0: the second one's clock is wrong; `tardy` begins a quarter of an hour late, `never`
not at all; `now` says nothing between 15 and 34, and nobody does between 26 and 34."""


@pytest.fixture(scope="module")
def eventful(make_site, make_planning, evening, tmp_path_factory):
    """What was told of that evening, and each listing in the end."""
    ahead = {"started_at": None, "ended_at": None}
    more = {
        "sessions": [session(name, 7, room_id=f"room {name}", anchor_id=name, **ahead) for name in ("tardy", "never")],
        "lineups": [listing(name, "P", 7) for name in ("tardy", "never")],
    }
    tables = evening | {name: pl.concat([evening[name], filled(name, rows)]) for name, rows in more.items()}
    site, place = make_site("eventful", tables), tmp_path_factory.mktemp("eventful")
    with shift_of(site, make_planning(site), place, place / "out") as shift:
        shift.ticking = Ticking(site.settings().live.feed, "wall", SINCE)
        for minute, one in EVENING:
            shift.work(one, Clock(now=lambda minute=minute: at(minute), steady=STILL.steady, rest=STILL.rest))
        told = shift.watcher.roster.told(at(62))
    return AlertLog(Lake(site.made())).read(), told


def upkeep_of(alerts):
    of_rooms = alerts.filter(pl.col("kind").is_in(UPKEEP)).sort("tick", "session_id", "kind")
    minutes = (pl.col("cutoff") - day(7)).dt.total_minutes()
    return of_rooms.select(minutes, "session_id", "kind").rows()


def test_operators_are_told_of_each_room_what_is_wrong_with_it_once(eventful):
    """A silent room while others deliver, then a silent feed, are told apart; who is late may be missing later."""
    assert upkeep_of(eventful[0]) == [
        (8, "beside", "clock_skew"), (11, "never", "session_late"), (11, "tardy", "session_late"),
        (26, "now", "room_silent"), (33, None, "feed_silent"), (61, "never", "session_missing"),
    ]  # fmt: skip


def test_two_sessions_of_one_product_at_once_are_counted_apart_also_one_that_began_late(eventful):
    sold = eventful[1].filter(product_id="P").select("session_id", "sold_units").rows()
    assert dict(sold) == {"now": 14, "beside": 18, "tardy": 10, "never": 0}


def test_a_session_that_never_starts_is_advised_nothing(eventful):
    assert "never" not in eventful[0].filter(~pl.col("kind").is_in(UPKEEP))["session_id"].to_list()


def test_a_clock_that_is_wrong_delays_no_count(eventful):
    """Each row of the room that is ahead counts when it was there; else those of minute 61 would still be to come."""
    assert eventful[1].filter(session_id="beside", product_id="P")["sold_units"].item() == 2 * 9
