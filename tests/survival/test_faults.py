"""A full disk, too little memory, many first starts, servers that are away: what is there stays whole, and is said."""

import hashlib
import resource
import socket
from dataclasses import replace

import pytest

TOO_SMALL = {"ingest": 1_500, "stock": 4_000, "feedback": 4_000}
"""Bytes of a file that each chore has to exceed."""


def told(home):
    """The content of every file below a folder."""
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(home.rglob("*")) if path.is_file()}  # fmt: skip


def assert_stands_and_is_finished(homes, chore):
    found, usual = homes.finished(chore, homes.copied(chore.name))
    torn = {
        name: one for name, one in found["before"].items() if one not in (usual["before"][name], usual["after"][name])
    }
    assert torn == {}
    assert found["before"]["list"] == usual["before"]["list"]
    assert found["after"] == usual["after"]


@pytest.mark.parametrize(
    "name", ["ingest", *(pytest.param(one, marks=pytest.mark.slow) for one in ("stock", "feedback"))]
)
def test_on_a_full_disk_the_old_state_stands_and_with_room_again_the_chore_is_done(homes, name):
    """No file may grow beyond some bytes (RLIMIT_FSIZE), which looks to who writes like a disk that is full."""
    chore = homes.copied(name)
    list_before = told(chore.out)
    assert homes.ended(chore, limits={resource.RLIMIT_FSIZE: TOO_SMALL[name]}) == 1
    assert list_before.items() <= told(chore.out).items()
    assert_stands_and_is_finished(homes, chore)


@pytest.mark.parametrize("name", ["ingest", pytest.param("stock", marks=pytest.mark.slow)])
def test_with_too_little_memory_the_old_state_stands_and_with_enough_the_chore_is_done(homes, name):
    """The process gets hardly more address space than it has (RLIMIT_AS); the native libraries may abort it."""
    chore = homes.copied(name)
    list_before = told(chore.out)
    assert homes.ended(chore, limits={resource.RLIMIT_AS: 3_000_000}) != 0
    assert told(chore.out) == list_before
    assert_stands_and_is_finished(homes, chore)


def test_four_first_starts_at_once_in_an_empty_home_make_one_sound_home(homes, tmp_path):
    empty = replace(homes.begin, name="start", home=tmp_path / "home")
    starting = [homes.begun(empty) for _ in range(4)]
    for process in starting:
        process.join(100)
    assert [process.exitcode for process in starting] == [0] * 4
    alone = replace(empty, home=tmp_path / "alone")
    assert homes.ended(alone) == 0
    one, other = (found["before"] for found in homes.finished(empty, alone))
    pseudonyms = {"orders", "events"}  # each home has its own key
    assert {name: value for name, value in one.items() if name not in pseudonyms} == {
        name: value for name, value in other.items() if name not in pseudonyms
    }
    assert [one[name].split()[0] for name in pseudonyms] == [other[name].split()[0] for name in pseudonyms]


def nowhere():
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.slow
def test_while_the_prefect_server_is_away_no_list_is_made_and_the_old_one_stands(homes):
    chore = homes.copied("stock")
    list_before = told(chore.out)
    words = ["stock", "--as-of", chore.moment.isoformat(), "--horizon", "7d", "--out", str(chore.out)]
    away = {"PREFECT_API_URL": f"http://127.0.0.1:{nowhere()}/api"}
    status, said = homes.commanded(chore.home, words, away)
    assert status == 1
    assert "Failed to reach API" in said
    assert "Traceback" not in said
    assert told(chore.out) == list_before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["train", "feedback"])
def test_while_mlflow_is_away_what_needs_it_fails_and_changes_no_predictor_and_no_list(homes, name):
    chore = homes.copied("stock")
    before = {place: told(chore.home / place) for place in ("models", "out")}
    more = ["--out", str(chore.home / "looked-back")] if name == "feedback" else []
    words = [name, "--as-of", chore.moment.isoformat(), "--config", str(chore.config), *more]
    away = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{nowhere()}"}
    status, said = homes.commanded(chore.home, words, away)
    assert status == 1
    assert said.splitlines()[-1].startswith("baokuan: failed: ")
    assert {place: told(chore.home / place) for place in ("models", "out")} == before
