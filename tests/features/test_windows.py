import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features import windows
from features.actions import MEASURES
from features.counting import ACTION
from features.ingredient import Ingredient
from features.windows import windowed

MINUTE = 60_000_000
WANTED = [
    Ingredient("session", "viewers", "5m"),
    Ingredient("listing", "clicks", "ever"),
    Ingredient("session", "clicks", "1m"),
]
CLICK = MEASURES.index("clicks")


@pytest.fixture
def actions():
    """Ten sessions; session s has s + 1 clicks a minute for six minutes, each by another viewer."""
    rows = [
        (s, p % 2, 100 * s + 10 * m + p, CLICK, m * MINUTE) for s in range(10) for m in range(6) for p in range(s + 1)
    ]
    return pl.DataFrame(rows, schema=ACTION, orient="row")


@pytest.fixture
def rows():
    asked = [(s, p, m) for m in (6, 3) for s in (9, 0, 4, 77) for p in (0, 1)]
    return pl.DataFrame(asked, schema={"session": pl.UInt32, "product": pl.UInt32, "minute": pl.Int64}, orient="row")


def test_windows_are_told_by_row_in_the_order_wanted(actions, rows):
    found = windowed(actions, rows, WANTED)
    assert found.columns == [one.name for one in WANTED]
    assert found.row(0) == (50, 30, 10)
    assert found.row(5) == (25, 12, 5)
    assert found.row(12) == (15, 9, 5)
    assert found.row(6) == (0, 0, 0)


@pytest.mark.parametrize("at_once", [1, 20, 100, 329])
def test_how_many_sessions_are_taken_at_once_changes_nothing(actions, rows, monkeypatch, at_once):
    whole = windowed(actions, rows, WANTED)
    monkeypatch.setattr(windows, "AT_ONCE", at_once)
    assert_frame_equal(windowed(actions, rows, WANTED), whole)
    assert windowed(actions, rows.clear(), WANTED).shape == (0, 3)
