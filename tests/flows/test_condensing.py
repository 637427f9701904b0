from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_world import day, filled

from features.table import compute
from flows.condensing import Condensing
from flows.config import load
from flows.data import read_data
from flows.ingest import ingest
from flows.lake import Lake
from flows.site import Site

LEXICON = load().comments


def event(name, minutes, kind="product_click", **more):
    ts = day(0) + timedelta(minutes=minutes)
    return {"event_id": name, "session_id": "S", "product_id": "P", "viewer_id": "V", "kind": kind, "ts": ts} | more


def delivered(folder, name, *rows):
    path = folder / f"{name}.parquet"
    filled("events", list(rows)).write_parquet(path)
    return path


def made(home):
    return {path.parent: path.stat().st_mtime_ns for path in (home / "condensed").rglob("acted.parquet")}


def counted(found, measure):
    return found["acted"].filter(pl.col(measure) > 0).select("minute", measure).sort("minute").rows()


def test_a_new_delivery_leaves_what_was_condensed_before_untouched(tmp_path):
    files = [delivered(tmp_path, "one", event("A", 0), event("B", 1))]
    Condensing(tmp_path, LEXICON).events(files)
    before = made(tmp_path)
    found = Condensing(tmp_path, LEXICON).events([*files, delivered(tmp_path, "two", event("C", 1), event("D", 9))])
    after = made(tmp_path)
    assert (len(before), len(after)) == (1, 2)
    assert before.items() <= after.items()
    assert [count for _, count in counted(found, "clicks")] == [1, 1, 1, 1]


def test_an_event_delivered_in_two_versions_counts_once_and_as_it_was_known_first(tmp_path):
    files = [
        delivered(tmp_path, "one", event("A", 5), event("B", 6)),
        delivered(tmp_path, "two", event("A", 3), event("C", 7)),
        delivered(tmp_path, "three", event("D", 8)),
    ]
    found = Condensing(tmp_path, LEXICON).events(files)
    first = int(day(0).timestamp()) // 60
    assert sorted(minute - first for minute, _ in counted(found, "clicks")) == [3, 6, 7, 8]
    assert found["seen"].height == 4


def test_other_words_condense_anew_and_forget_the_old(tmp_path):
    files = [delivered(tmp_path, "one", event("A", 0, "comment", text="冬瓜"))]
    Condensing(tmp_path, LEXICON).events(files)
    old = set(made(tmp_path))
    praised = LEXICON.praises.model_copy(update={"zh": (*LEXICON.praises.zh, "冬瓜")})
    found = Condensing(tmp_path, LEXICON.model_copy(update={"praises": praised})).events(files)
    assert [count for _, count in counted(found, "praises")] == [1]
    assert not old & set(made(tmp_path))


def test_what_was_begun_and_not_finished_is_done_again(tmp_path):
    files = [delivered(tmp_path, "one", event("A", 0))]
    Condensing(tmp_path, LEXICON).events(files)
    (part,) = (tmp_path / "condensed").glob("*/*")
    part.rename(part.with_name(f"_{part.name}"))
    (part.with_name(f"_{part.name}") / "seen.parquet").unlink()
    assert counted(Condensing(tmp_path, LEXICON).events(files), "clicks") == [(int(day(0).timestamp()) // 60, 1)]
    assert [path.name for path in (tmp_path / "condensed").glob("*/*")] == [part.name]


@pytest.mark.usefixtures("prefect_api")
def test_features_of_the_lake_are_those_of_the_tables_as_they_were_delivered(season, landing, home):
    site = Site(home=home)
    ingest(site, landing)
    raw = Lake(site.made()).tables()
    rows = season.tables["lineups"].select("session_id", "product_id").unique().sort("session_id", "product_id")
    asked = rows.join(season.tables["sessions"].select("session_id", "scheduled_at"), on="session_id")
    asked = asked.select("session_id", "product_id", cutoff=pl.col("scheduled_at") + timedelta(minutes=17, seconds=5))
    sensing = site.settings().sensing()
    assert_frame_equal(compute(read_data(site).tables, asked, sensing), compute(raw, asked, sensing), check_exact=True)


def test_words_and_viewers_of_single_events_are_not_kept(tmp_path):
    files = [delivered(tmp_path, "one", event("A", 0, "comment", text="多少钱"), event("B", 1, "add_to_cart"))]
    found = Condensing(tmp_path, LEXICON).events(files)
    assert found["events"].select("viewer_id", "text").null_count().row(0) == (2, 2)
