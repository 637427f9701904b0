"""The lake in a bucket: all that a lake on a disk does, and what is special to a store."""

from datetime import timedelta
from itertools import count

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError
from object_store import client_of, running
from polars.testing import assert_frame_equal
from small_landing import MAY, event, order, small_zone, write

from features.contracts import TABLES
from features.landing_files import LandingError
from features.privacy import Door
from flows.checkup.finding import Kind
from flows.data import read_data
from flows.delta_log import LakeDamagedError
from flows.doctor import diagnosed
from flows.forget import forget
from flows.ingest import take_in
from flows.lake import Lake
from flows.maintain import join_files
from flows.places import FILE, LakeAwayError, PlaceError
from flows.site import Site
from flows.viewer_key import VARIABLE

BUCKET, NUMBERS = "lakes", count()
SAID = "a very private remark"


@pytest.fixture(scope="module")
def store():
    with running() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        client = client_of(environment)
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def folder():
    return f"company-{next(NUMBERS)}/lake"


@pytest.fixture
def site(store, folder, tmp_path, monkeypatch):
    """A home whose lake lies in the store, by a key that both homes of a test share."""
    monkeypatch.setenv(VARIABLE, "key")
    return home_at(tmp_path / "home", f"s3://{BUCKET}/{folder}")


@pytest.fixture
def zone(tmp_path):
    """Two days; Anna writes, and buys what comes a day later."""
    events = [event("E1", viewer_id="anna", kind="comment", text=SAID), event("E2", ts=MAY + timedelta(days=1))]
    return small_zone(tmp_path / "zone", events=events, orders=[order("O1", viewer_id="anna"), order("B1", units=0)])


def home_at(home, address):
    home.mkdir()
    (home / FILE).write_text(f"{address}\n")
    overlay = home / "c.yaml"
    overlay.write_text(
        "ingest: {max_bad_share: 1.0}\n"
        "doctor: {disk_free_bytes: 0, fresh_hours: {orders: null, sessions: null, lineups: null}}\n"
        "maintain: {join_files: 2}"
    )
    return Site(home=home, config=(overlay,))


def objects(store, folder):
    """What lies in the lake's folder, by name."""
    found = store.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/").get("Contents", [])
    return {
        one["Key"].removeprefix(f"{folder}/"): store.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        for one in found
    }


def same(one, other):
    for name in TABLES:
        assert_frame_equal(one.tables()[name], other.tables()[name])


def more(zone):
    """A second delivery, with another version of an order that came before."""
    write(zone, "orders", [order("O2", viewer_id=None), order("O1", units=7)], "b.parquet")


@pytest.mark.slow
def test_the_same_deliveries_make_the_same_lake_as_on_a_disk(site, zone, store, folder, tmp_path):
    beside = Site(home=tmp_path / "disk", config=site.config)
    for _ in range(2):
        one, other = take_in(site, zone), take_in(beside, zone)
        assert one.new_rows == other.new_rows > 0
        more(zone)
    same(Lake(site.home), Lake(beside.home))
    assert Lake(site.home).data_version() == Lake(beside.home).data_version()
    assert take_in(site, zone).new_rows == 0
    assert {name.partition("/")[0] for name in objects(store, folder)} >= {"orders", "events", "quarantine"}


@pytest.mark.slow
def test_the_home_keeps_no_row_of_it(site, zone):
    take_in(site, zone)
    assert list(site.home.rglob("*.parquet")) == []
    assert sorted(path.name for path in (site.home / "lake").iterdir()) == [".lock"]


@pytest.mark.slow
def test_a_second_home_on_the_lake_must_know_its_viewer_key(site, zone, folder, tmp_path, monkeypatch):
    take_in(site, zone)
    other = home_at(tmp_path / "other", f"s3://{BUCKET}/{folder}")
    assert take_in(other, zone).new_rows == 0
    monkeypatch.setenv(VARIABLE, "another key")
    with pytest.raises(LandingError, match=f"s3://{BUCKET}.*was filled with"):
        take_in(other, zone)


@pytest.mark.slow
def test_events_are_condensed_once(site, zone):
    take_in(site, zone)
    first = read_data(site)
    kept = {path: path.stat().st_mtime_ns for path in (site.home / "condensed").rglob("*.parquet")}
    assert kept
    assert_frame_equal(read_data(site).tables["acted"], first.tables["acted"])
    assert {path: path.stat().st_mtime_ns for path in (site.home / "condensed").rglob("*.parquet")} == kept


@pytest.mark.slow
def test_upkeep_joins_and_removes_and_changes_no_row(site, zone, store, folder):
    take_in(site, zone)
    more(zone)
    take_in(site, zone)
    before, there = Lake(site.home).tables(), objects(store, folder)
    assert join_files(site)["orders"] == 2
    assert Lake(site.home).clear("orders", timedelta(0), ())[0] == 2
    left = objects(store, folder)
    assert len([name for name in left if name.startswith("orders/day")]) == 1
    assert any("checkpoint" in name for name in set(left) - set(there))
    for name, frame in Lake(site.home).tables().items():
        assert_frame_equal(frame, before[name])


@pytest.mark.slow
def test_no_object_names_a_forgotten_viewer_or_what_they_wrote(site, zone, store, folder):
    take_in(site, zone)
    more(zone)
    take_in(site, zone)
    join_files(site)  # older files hold them, too
    who = Door(b"key", keep_text=True).pseudonym("anna")
    assert holding(store, folder, who, SAID)
    assert forget(site, "anna").rows == {"returns": 0, "orders": 2, "events": 1}
    assert holding(store, folder, who, SAID, "anna") == set()
    assert Lake(site.home).rows("orders") == 3


def holding(store, folder, *words):
    """The objects in which one of the words stands; Parquet by its cells, since these are packed."""
    found = set()
    for name, content in objects(store, folder).items():
        cells = pl.read_parquet(content, hive_partitioning=False).write_json() if name.endswith(".parquet") else ""
        found |= {name for word in words if word.encode() in content + cells.encode()}
    return found


def damage(site):
    return [str(one) for one in diagnosed(site, MAY, deep=True).findings if one.kind is Kind.LAKE_DAMAGED]


@pytest.mark.slow
def test_the_doctor_finds_what_is_missing_and_what_was_altered(site, zone, store, folder, monkeypatch):
    for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    take_in(site, zone)
    assert damage(site) == []
    names = [name for name in objects(store, folder) if name.endswith(".parquet")]
    altered = next(name for name in names if name.startswith("products/"))
    content = bytearray(objects(store, folder)[altered])
    content[8] ^= 1
    store.put_object(Bucket=BUCKET, Key=f"{folder}/{altered}", Body=bytes(content))
    gone = next(name for name in names if name.startswith("events/"))
    store.delete_object(Bucket=BUCKET, Key=f"{folder}/{gone}")
    told = damage(site)
    assert [altered in one or gone in one for one in told] == [True, True]
    with pytest.raises(LakeDamagedError, match="missing, though a commit shows it"):
        take_in(site, zone)


@pytest.mark.slow
def test_a_commit_that_was_cut_is_not_taken_for_a_commit_of_nothing(site, zone, store, folder):
    take_in(site, zone)
    last = max(name for name in objects(store, folder) if name.startswith("orders/_delta_log"))
    store.put_object(Bucket=BUCKET, Key=f"{folder}/{last}", Body=b"")
    with pytest.raises(LakeDamagedError, match="orders/_delta_log"):
        Lake(site.home).tables()


def test_of_two_commits_of_one_delivery_the_second_fails(site, zone, folder, tmp_path):
    """Two homes share a lake, which the lock of a home does not know: the store itself decides."""
    take_in(site, zone)
    lakes = [Lake(site.home), Lake(home_at(tmp_path / "other", f"s3://{BUCKET}/{folder}").home)]
    rows = lakes[0].tables()["orders"]
    first, second = (lake.append("orders", "delivered") for lake in lakes)
    for append in (first, second):
        append.add(rows.with_columns(order_id=pl.lit("O9")), MAY.date())
    first.commit(["delivered"], {})
    with pytest.raises(CommitFailedError):
        second.commit(["delivered"], {})
    assert lakes[1].rows("orders") == rows.height * 2


@pytest.fixture
def away(site, monkeypatch):
    """The home, while its store does not answer."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return site


def test_a_store_that_is_away_is_said_in_one_line(away, zone):
    with pytest.raises(LakeAwayError, match=f"s3://{BUCKET}") as raised:
        take_in(away, zone)
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_the_doctor_says_that_the_store_is_away(away):
    told = [one.what for one in diagnosed(away, MAY).findings if one.kind is Kind.SERVER_AWAY]
    assert [f"s3://{BUCKET}" in one and "cannot be reached" in one for one in told] == [True]


@pytest.mark.parametrize("said", ["", "/var/lake", "s3://", "http://host/lake", "s3://bucket/a\ns3://bucket/b"])
def test_an_address_of_no_store_is_refused(tmp_path, said):
    (tmp_path / FILE).write_text(said)
    with pytest.raises(PlaceError, match=FILE):
        Lake(tmp_path)


def test_a_home_with_tables_of_its_own_and_an_address_is_refused(tmp_path, zone, monkeypatch):
    monkeypatch.setenv(VARIABLE, "key")
    site = Site(home=tmp_path / "home")
    take_in(site, zone)
    (site.home / FILE).write_text(f"s3://{BUCKET}/elsewhere")
    with pytest.raises(PlaceError, match=r"has tables too: .*products"):
        Lake(site.home)
