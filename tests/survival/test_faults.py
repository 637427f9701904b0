"""A full disk, a damaged lake, many first starts at once: what is there stays whole, and a second try succeeds."""

import resource
import subprocess
import sys
from datetime import timedelta

import pytest
from polars.testing import assert_frame_equal
from small_landing import MAY, SETTINGS, event, order, small_zone, write

from features.privacy import Door
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver

TAKE_IN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from features.landing_settings import IngestSettings
from features.privacy import Door
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver

home, zone, settings = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
receiver = Receiver(Lake(home), IngestSettings.model_validate_json(settings), Door(b"key", keep_text=True))
receive(receiver, zone, datetime(2024, 6, 1, tzinfo=UTC))
"""
FIRST_START = """
import sys
from pathlib import Path
from flows.environment import prepare
from flows.registry import Registry
from flows.site import Site

prepare(Path(sys.argv[1]))
print(Registry(Site(home=Path(sys.argv[1]))).champion())
"""


@pytest.fixture
def zone(tmp_path):
    return small_zone(tmp_path / "zone", events=[event(f"E{n}", ts=MAY + timedelta(seconds=n)) for n in range(40)])


def taken_in(home, zone):
    receive(Receiver(Lake(home), SETTINGS, Door(b"key", keep_text=True)), zone, MAY)
    return Lake(home).tables()


def assert_same(found, expected):
    for name, rows in expected.items():
        assert_frame_equal(found[name], rows)


def test_where_the_disk_is_full_nothing_changes_and_with_room_all_comes_in(tmp_path, zone):
    """No file may grow beyond 20 kB, which is what a full disk looks like to whoever writes the orders."""
    before = taken_in(tmp_path / "home", zone)
    more = [order(f"N{n:06d}{'x' * 150}", viewer_id=f"viewer{n * 7919 % 99991}", ts=MAY) for n in range(9000)]
    write(zone, "orders", more, "b.parquet")
    done = subprocess.run(
        [sys.executable, "-c", TAKE_IN, str(tmp_path / "home"), str(zone), SETTINGS.model_dump_json()],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),  # noqa: PLW1509 - no threads
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert_same(Lake(tmp_path / "home").tables(), before)
    assert taken_in(tmp_path / "home", zone)["orders"].height == 9002


def test_many_first_starts_at_once_make_one_sound_database(tmp_path):
    starting = [
        subprocess.Popen([sys.executable, "-c", FIRST_START, str(tmp_path / "home")], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [one.communicate()[0] for one in starting] == ["None\n"] * 3
    assert [one.returncode for one in starting] == [0] * 3


def last_commit(home, table):
    return max((home / "lake" / table / "_delta_log").glob("*.json"))


@pytest.mark.parametrize("damage", [
    pytest.param(lambda content: content[: len(content) // 2], id="torn"),
    pytest.param(lambda _: b"", id="empty"),
    pytest.param(lambda _: b"\x00\xff not a commit", id="foreign"),
    pytest.param(lambda content: content.replace(b'"add"', b'"adx"'), id="flipped"),
])  # fmt: skip
def test_a_damaged_commit_is_never_read_as_fewer_rows(tmp_path, zone, damage):
    """Either all rows are read or none is, with an error; put back, all is well again."""
    before = taken_in(tmp_path / "home", zone)
    path = last_commit(tmp_path / "home", "orders")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(Exception, match=".+"):
        Lake(tmp_path / "home").tables(["orders"])
    path.write_bytes(whole)
    assert_same(Lake(tmp_path / "home").tables(), before)


def test_a_data_file_that_is_gone_or_torn_is_an_error_and_not_fewer_rows(tmp_path, zone):
    before = taken_in(tmp_path / "home", zone)
    [path] = Lake(tmp_path / "home").parts("orders")[MAY.date()]
    whole = path.read_bytes()
    for content in (whole[:-20], b"", b"PAR1 no such thing"):
        path.write_bytes(content)
        with pytest.raises(Exception, match=".+"):
            Lake(tmp_path / "home").tables(["orders"])
    path.unlink()
    with pytest.raises(FileNotFoundError):
        Lake(tmp_path / "home").tables(["orders"])
    path.write_bytes(whole)
    assert_same(Lake(tmp_path / "home").tables(), before)


def test_foreign_files_in_the_lake_are_left_alone(tmp_path, zone):
    before = taken_in(tmp_path / "home", zone)
    place = tmp_path / "home" / "lake" / "orders"
    (place / "day=2024-05-01" / "foreign.parquet").write_bytes(b"no parquet")
    (place / "notes.txt").write_text("hello")
    assert_same(Lake(tmp_path / "home").tables(), before)
