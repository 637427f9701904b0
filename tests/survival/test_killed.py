"""Chores that are killed with -9, anywhere, and begun anew, end as if nobody had disturbed them.

Thirty kills by default; `python -m pytest -n 0 -m slow tests/survival/test_killed.py` kills 500 times.
"""

import signal
import time
from collections import Counter
from random import Random

import pytest

KILLED = -signal.SIGKILL
BY_DEFAULT = {"ingest": 9, "decide": 6, "forget": 5, "retain": 4, "feedback": 2, "train": 1, "stock": 3}
BY_COMMAND = {"ingest": 130, "decide": 70, "forget": 70, "retain": 60, "feedback": 70, "train": 30, "stock": 70}
AT_ONCE = 10


@pytest.fixture(scope="module")
def undisturbed(homes):
    """What each chore begins with and comes to, its effects by name, and how long it takes."""
    known = {}

    def found(name):
        if name not in known:
            chore = homes.copied(name)
            begin = time.monotonic()
            assert homes.ended(chore) == 0
            seconds = time.monotonic() - begin
            [first] = homes.finished(homes.copied(name))
            known[name] = first["before"], first["after"], chore.marks.read_text().splitlines(), seconds
        return known[name]

    return found


def assert_survived(homes, killed, expected):
    """Each table, list and predictor is old or new; then, begun anew, all is as without a kill, and no run is open."""
    before, after = expected
    for chore, found in zip(killed, homes.finished(*killed), strict=True):
        torn = {name: one for name, one in found["before"].items() if one not in (before[name], after[name])}
        assert torn == {}
        assert found["after"] == after
        assert found["before"]["missing papers"] == ""
        assert found["open"] == []
        homes.removed(chore)


def spread(marks, count):
    """Effects to die at, as numbers, equally far apart."""
    return [1 + int((number + 0.5) * len(marks) / count) for number in range(count)]


@pytest.mark.parametrize("name", BY_DEFAULT)
def test_killed_before_any_of_its_effects_a_chore_is_finished_by_the_next_run(homes, undisturbed, name):
    before, after, marks, _ = undisturbed(name)
    killed = []
    for last in spread(marks, BY_DEFAULT[name]):
        killed.append(homes.copied(name))
        assert homes.ended(killed[-1], last) == KILLED, marks[last - 1]
    assert_survived(homes, killed, (before, after))


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_COMMAND)
def test_killed_at_any_effect_or_any_moment_a_chore_is_finished_by_the_next_run(homes, undisturbed, name):
    before, after, marks, seconds = undisturbed(name)
    chance, told = Random(name), Counter()
    for _ in range(BY_COMMAND[name] // AT_ONCE):
        killed = [homes.copied(name) for _ in range(AT_ONCE)]
        for number, chore in enumerate(killed):
            at_effect = number % 2 == 0
            last, wait = (chance.randint(1, len(marks)), None) if at_effect else (0, chance.uniform(0, seconds))
            told[homes.ended(chore, last, wait)] += 1
        assert_survived(homes, killed, (before, after))
    assert told[KILLED] >= BY_COMMAND[name] // 2
