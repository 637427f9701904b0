"""A viewer is erased from every byte of a home, and nothing else changes."""

import fcntl
from datetime import timedelta
from io import StringIO

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_landing import MAY, event, order, small_zone, write

from features.contracts import TABLES
from features.privacy import Door
from flows.cli import main
from flows.data import read_data
from flows.forget import WatchedError, forget
from flows.ingest import take_in
from flows.lake import Append, Lake
from flows.retention import retain, retain_as_scheduled
from flows.site import Site
from flows.viewer_key import door

DAY = timedelta(days=1)
SAID = "a very private remark"


@pytest.fixture
def site(tmp_path):
    """Anna and Ben act on three days; Anna writes, buys, and says why she sends back."""
    events = [
        event(f"E{who[0]}{n}", viewer_id=who, ts=MAY + n * DAY, kind="comment", text=SAID if who == "anna" else "fine")
        for who in ("anna", "ben") for n in range(3)
    ]  # fmt: skip
    orders = [order("O1"), order("O2", viewer_id="ben"), order("O3", viewer_id=None, ts=MAY + DAY)]
    sent_back = [
        {"return_id": f"B{n}", "order_id": f"O{n}", "ts": MAY + 2 * DAY, "units": 1, "reason": said}
        for n, said in ((1, SAID), (2, "big"))
    ]  # fmt: skip
    zone = small_zone(tmp_path / "zone", events=events, orders=orders, returns=sent_back)
    site = Site(home=tmp_path / "home")
    take_in(site, zone)
    write(zone, "orders", [order("O4", ts=MAY + DAY)], "b.parquet")
    take_in(site, zone)
    read_data(site)  # condenses
    return site


def pseudonym(site, viewer):
    return door(site.home, keep_text=True).pseudonym(viewer)


def holding(site, *words):
    """The files of a home in which one of the words stands; Parquet files by their cells, since these are packed."""
    found = set()
    for path in site.home.rglob("*"):
        if path.is_file():
            cells = pl.read_parquet(path, hive_partitioning=False) if path.suffix == ".parquet" else None
            content = path.read_bytes() + (cells.write_json().encode() if cells is not None else b"")
            found |= {path.relative_to(site.home) for word in words if word.encode() in content}
    return found


def without(frame, site):
    """What a table should be afterwards."""
    who = pseudonym(site, "anna")
    private = [name for name in ("viewer_id", "text") if name in frame.columns]
    if "reason" in frame.columns:
        return frame.with_columns(pl.when(order_id="O1").then(None).otherwise("reason").alias("reason"))
    theirs = (pl.col("viewer_id") == who).fill_null(value=False) if private else pl.lit(value=False)
    return frame.with_columns(pl.when(theirs).then(None).otherwise(pl.col(name)).alias(name) for name in private)


def test_no_byte_of_a_home_names_a_forgotten_viewer_or_what_they_wrote(site):
    who = pseudonym(site, "anna")
    assert holding(site, who, SAID)
    forget(site, "anna")
    assert holding(site, who, SAID, "anna") == set()


def test_all_else_stays_as_it_was(site):
    before = Lake(site.home).tables()
    forget(site, "anna")
    after = Lake(site.home).tables()
    for name in TABLES:
        assert_frame_equal(after[name], without(before[name], site), check_row_order=False)
    assert after["events"]["viewer_id"].drop_nulls().to_list() == [pseudonym(site, "ben")] * 3


def test_it_says_how_many_rows_and_a_second_time_changes_nothing(site):
    told = forget(site, "anna")
    assert told.rows == {"returns": 1, "orders": 2, "events": 3}
    assert "anna" not in " ".join(told.sentences())
    versions = Lake(site.home).versions()
    assert set(forget(site, "anna").rows.values()) == {0}
    assert "nothing of this viewer" in forget(site, "nobody").sentences()[0]
    assert Lake(site.home).versions() == versions


def test_lists_made_from_other_rows_name_another_version_of_the_data(site):
    before = Lake(site.home).data_version()
    forget(site, "anna")
    assert Lake(site.home).data_version() != before


def test_delivered_files_are_not_taken_in_again(site, tmp_path):
    forget(site, "anna")
    take_in(site, tmp_path / "zone")
    assert holding(site, pseudonym(site, "anna")) == set()


def delivered_again(site, zone, **more):
    """Everything again in files of other bytes, with more columns' values where given; how many rows were new."""
    for table in ("events", "orders", "returns"):
        for path in sorted((zone / table).glob("*.parquet")):
            rows = pl.read_parquet(path)
            changed = rows.with_columns(
                pl.lit(value).alias(name) for name, value in more.items() if name in rows.columns
            )
            changed.write_parquet(path.with_name(f"again-{path.name}"), compression="uncompressed")
    return take_in(site, zone).new_rows


def test_rows_delivered_again_change_nothing(site, tmp_path):
    forget(site, "anna")
    before = Lake(site.home).tables()
    assert delivered_again(site, tmp_path / "zone") == 0
    assert holding(site, pseudonym(site, "anna"), SAID, "anna") == set()
    for name, frame in Lake(site.home).tables().items():
        assert_frame_equal(frame, before[name])


def test_other_versions_of_their_rows_come_in_without_who_and_what_they_wrote(site, tmp_path):
    forget(site, "anna")
    assert delivered_again(site, tmp_path / "zone", units=5, product_id="P1", ts=MAY + 4 * DAY) > 0
    assert holding(site, pseudonym(site, "anna"), SAID, "anna") == set()
    again = Lake(site.home).tables()["orders"].filter(pl.col("ts") == MAY + 4 * DAY)
    assert dict(again.select("order_id", "viewer_id").iter_rows()) == {
        "O1": None, "O2": pseudonym(site, "ben"), "O3": None, "O4": None
    }  # fmt: skip
    reasons = Lake(site.home).tables()["returns"].filter(pl.col("ts") == MAY + 4 * DAY)
    assert dict(reasons.select("order_id", "reason").iter_rows()) == {"O1": None, "O2": "big"}


def test_who_is_forgotten_before_anything_is_delivered_is_never_named(tmp_path):
    site = Site(home=tmp_path / "home")
    forget(site, "anna")
    zone = small_zone(tmp_path / "zone", events=[event("E1", viewer_id="anna", kind="comment", text=SAID)])
    take_in(site, zone)
    assert holding(site, pseudonym(site, "anna"), SAID, "anna") == set()
    assert Lake(site.home).rows("events") == 1


def test_a_tombstone_is_neither_the_id_nor_the_pseudonym_and_needs_the_key(site):
    forget(site, "anna")
    kept = Lake(site.home).scan("forgotten").collect()["tombstone"].to_list()
    mine = door(site.home, keep_text=True)
    assert sorted(kept) == sorted(
        [mine.tombstone("viewer_id", "anna"), *(mine.tombstone("order_id", one) for one in ("O1", "O4"))]
    )
    other = Door(b"another key", keep_text=True)
    assert other.tombstone("viewer_id", "anna") not in kept
    assert mine.tombstone("order_id", "anna") != mine.tombstone("viewer_id", "anna")


@pytest.mark.parametrize("at", range(1, 9))
def test_cut_off_anywhere_the_next_call_finishes(site, monkeypatch, at):
    """Before and after each of the four commits."""
    calls, commit = [], Append.commit

    def cut(append, *arguments):
        calls.append(1)
        if 2 * len(calls) - 1 == at:
            raise KeyboardInterrupt
        commit(append, *arguments)
        if 2 * len(calls) == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(Append, "commit", cut)
    before = Lake(site.home).tables()
    with pytest.raises(KeyboardInterrupt):
        forget(site, "anna")
    monkeypatch.undo()
    forget(site, "anna")
    assert holding(site, pseudonym(site, "anna"), SAID) == set()
    for name, frame in Lake(site.home).tables().items():
        assert_frame_equal(frame, without(before[name], site), check_row_order=False)


def test_what_a_watch_has_kept_is_erased_too_and_not_while_it_runs(site):
    tick = site.home / "live" / "journal" / "000000000001"
    tick.mkdir(parents=True)
    rows = Lake(site.home).tables()["events"]
    rows.write_parquet(tick / "events.parquet")
    with (site.home / "live" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WatchedError, match="stop it"):
            forget(site, "anna")
    assert forget(site, "anna").kept_rows == 3
    assert_frame_equal(pl.read_parquet(tick / "events.parquet"), without(rows, site))


def test_the_command_reads_the_id_from_standard_input_and_never_says_it(site, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", StringIO("anna\r\n"))
    with pytest.raises(SystemExit) as left:
        main(["forget", "--viewer", "-", "--home", str(site.home)])
    assert left.value.code == 0
    said = capsys.readouterr()
    assert "events: 3 rows" in said.out
    assert holding(site, "anna", pseudonym(site, "anna")) == set()
    assert "anna" not in said.out + said.err


@pytest.mark.parametrize(
    ("viewer", "told", "said"),
    [("-", "anna\nben\n", "2 lines"), ("-", "\n", "0 lines"), ("", "", "an empty id")],
)
def test_what_is_not_one_id_is_refused_and_nothing_is_erased(site, monkeypatch, capsys, viewer, told, said):
    before = Lake(site.home).tables()["events"]
    monkeypatch.setattr("sys.stdin", StringIO(told))
    with pytest.raises(SystemExit) as left:
        main(["forget", "--viewer", viewer, "--home", str(site.home)])
    assert left.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert said in line
    assert "anna" not in line
    assert_frame_equal(Lake(site.home).tables()["events"], before)
    assert Lake(site.home).scan("forgotten").collect().is_empty()


def kept_for(site, tmp_path, **days):
    overlay = tmp_path / "retention.yaml"
    overlay.write_text(f"retention: {days}")
    return site.model_copy(update={"config": (overlay,)})


def test_viewers_and_words_go_after_so_many_days_and_the_rows_stay(site, tmp_path):
    before = Lake(site.home).tables()
    told = retain(kept_for(site, tmp_path, viewer_days=1.5), MAY + 3 * DAY)
    after = Lake(site.home).tables()
    old = pl.col("ts") < MAY + 1.5 * DAY
    assert after["events"].filter(old)["viewer_id"].null_count() == 4
    assert after["events"].filter(old)["text"].null_count() == 4
    assert_frame_equal(after["events"].filter(~old), before["events"].filter(~old), check_row_order=False)
    assert_frame_equal(after["orders"].drop("viewer_id"), before["orders"].drop("viewer_id"), check_row_order=False)
    assert len(told.sentences()) == 2
    assert retain(kept_for(site, tmp_path, viewer_days=1.5), MAY + 3 * DAY).told == ()


def test_raw_events_go_after_so_many_days_and_all_else_stays(site, tmp_path):
    before = Lake(site.home).tables()
    retain(kept_for(site, tmp_path, event_days=1.5), MAY + 3 * DAY)
    after = Lake(site.home).tables()
    young = before["events"].filter(pl.col("ts") >= MAY + 1.5 * DAY)
    assert_frame_equal(after["events"], young, check_row_order=False)
    assert_frame_equal(after["orders"], before["orders"], check_row_order=False)
    assert len(list((site.home / "lake" / "events").rglob("day=*/*.parquet"))) == 1


def test_what_was_condensed_of_them_goes_too(site, tmp_path):
    read_data(site)
    assert (site.home / "condensed").is_dir()
    retain(kept_for(site, tmp_path, viewer_days=1.5), MAY + 3 * DAY)
    assert not (site.home / "condensed").exists()


def test_by_default_everything_is_kept(site):
    versions = Lake(site.home).versions()
    assert retain(site, MAY + 3000 * DAY).told == ()
    assert Lake(site.home).versions() == versions


def test_by_schedule_the_age_counts_from_the_moment_of_the_schedule(site, tmp_path, prefect_api):
    told = retain_as_scheduled(kept_for(site, tmp_path, viewer_days=1.5))
    assert [one.split(" before ")[0] for one in told.told] == ["returns", "orders", "events"]
    assert Lake(site.home).tables()["events"]["viewer_id"].null_count() == 6
