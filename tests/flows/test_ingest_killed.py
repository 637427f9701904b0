"""What a kill -9 leaves behind, and what the next run makes of it."""

import subprocess
import sys
from datetime import timedelta

import pytest
from dying import DYING
from small_landing import MAY, SETTINGS, event, order, small_zone, write

from features.privacy import Door
from flows.intake import receive
from flows.lake import Lake
from flows.receiving import Receiver

# The child dies by SIGKILL at its n-th sync: before, between and after the commits of the tables.
CHILD = f"""{DYING}
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
print(calls)
"""


def child(home, zone, last):
    arguments = [sys.executable, "-c", CHILD, str(home), str(zone), SETTINGS.model_dump_json(), str(last)]
    return subprocess.run(arguments, check=False, capture_output=True, text=True)


@pytest.fixture
def zone(tmp_path):
    orders = [order(f"O{n}", ts=MAY + timedelta(hours=n)) for n in range(60)]
    events = [event(f"E{n}", ts=MAY + timedelta(hours=n)) for n in range(60)]
    zone = small_zone(tmp_path / "zone", orders=[*orders, order("bad", units=0)], events=events)
    write(zone, "orders", [order("O0"), order("O99")], "b.csv")
    return zone


def seen(lake):
    return {name: frame.rows() for name, frame in lake.tables().items()}


def test_a_killed_ingest_leaves_whole_tables_and_the_next_run_finishes_it(tmp_path, zone):
    whole = Lake(tmp_path / "whole")
    syncs = int(child(tmp_path / "whole", zone, 0).stdout)
    killed = Lake(tmp_path / "killed")
    expected = seen(whole)
    for last in (1, 10, 15, 26):  # each run starts where the one before died
        assert child(killed.root.parent, zone, last).returncode == -9
        left = seen(killed)
        assert {name for name, rows in left.items() if rows not in ([], expected[name])} == set()
    assert syncs > 26
    receive(Receiver(killed, SETTINGS, Door(b"key", keep_text=True)), zone, MAY)
    assert seen(killed) == expected
    assert killed.data_version() == whole.data_version()
    for name in ("quarantine", "ingest_log"):
        assert killed.rows(name) == whole.rows(name)


def test_two_ingests_at_once_take_everything_in_once(tmp_path, zone):
    home = tmp_path / "home"
    arguments = [sys.executable, "-c", CHILD, str(home), str(zone), SETTINGS.model_dump_json(), "0"]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    for one in both:
        one.stdout.close()
    assert Lake(home).rows("orders") == 62
    assert Lake(home).rows("quarantine") == 1
