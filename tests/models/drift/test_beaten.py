from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flows.config import load
from models.drift.beaten import apart, running, winners
from models.grid import QUANTILES
from models.promotion import Bench

CUTOFF = datetime(2025, 3, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench():
    config = load()
    return Bench(config.promotion, config.models)


def forecasts(name, off):
    """Four listings of demand 50, the last a hit, forecast with so many units too much."""
    return pl.DataFrame(
        {
            "predictor": name,
            "fold": 1,
            "session_id": "S",
            "product_id": ["A", "B", "C", "D"],
            "cutoff": CUTOFF,
            "p_hit": [0.1, 0.1, 0.1, 0.9],
            "hit": [False, False, False, True],
            "demand_units": 50.0,
            "demand_mean": 50.0 + off,
            "censored": False,
            "available_share": 1.0,
            **dict.fromkeys(QUANTILES, 50.0 + off),
        }
    )


def judged(**off):
    return pl.concat([forecasts(name, units) for name, units in off.items()])


def test_a_baseline_wins_only_if_it_beats_the_challenger_and_the_champion(bench):
    assert winners(judged(challenger=5, champion=5, mean=1, ets=3), bench) == ("mean", "ets")
    assert winners(judged(challenger=5, champion=2, mean=3), bench) == ()
    assert winners(judged(challenger=5, mean=5), bench) == ()
    assert winners(judged(challenger=5, champion=4), bench) == ()
    assert winners(pl.DataFrame(), bench) == ()


def test_it_takes_as_many_trainings_as_asked_for_without_one_missing():
    assert running([("a",), ("b", "a"), ("a", "b")], 3) == "a"
    assert running([("a",), (), ("a",)], 3) is None
    assert running([("a",), ("a",)], 3) is None
    assert running([("b",), ("a",), ("a",), ("a",)], 3) is None


def test_trainings_of_one_week_count_once():
    nightly = [CUTOFF + timedelta(days=n) for n in range(15)]
    assert [(one - CUTOFF).days for one in apart(nightly, timedelta(days=7), 3)] == [14, 7, 0]
