"""Which baselines forecast better than our own predictors, training after training."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from models.metrics import GOOD, scores
from models.promotion import DEMAND, HITS, Bench
from models.train import CHALLENGER, CHAMPION

KEYS = ("fold", "session_id", "product_id", "cutoff")


def winners(judged: pl.DataFrame, bench: Bench) -> tuple[str, ...]:
    """The baselines that beat the challenger and, where it was judged too, the champion, the best first.

    To beat is what it is in the rules of promotion: better in demand or in hits by more than `tie`, and in neither
    worse by more than it, on the rows that both forecast.

    Args:
        judged: what `models.train.train` gave.
        bench: by what is judged.
    """
    names = judged["predictor"].unique().sort().to_list() if judged.height else []
    ours = [name for name in names if name in (CHALLENGER, CHAMPION)]
    won = {name: _least_gain(judged, name, ours, bench) for name in names if name not in ours}
    return tuple(sorted((name for name in won if won[name] > 0.0), key=lambda name: (-won[name], name)))


def _least_gain(judged: pl.DataFrame, name: str, ours: Sequence[str], bench: Bench) -> float:
    """By which share a baseline is better than each of ours; 0 where it does not beat them all."""
    return min((_gain(judged, name, one, bench) for one in ours), default=0.0)


def _gain(judged: pl.DataFrame, name: str, ours: str, bench: Bench) -> float:
    """By which share a baseline is better than one of ours, in demand or else in hits; 0 where it does not beat it."""
    theirs, own = judged.filter(predictor=name), judged.filter(predictor=ours)
    theirs, own = theirs.join(own.select(KEYS), on=KEYS, how="semi"), own.join(theirs.select(KEYS), on=KEYS, how="semi")
    if not own.height:
        return 0.0
    a, b = scores(theirs, bench.models.top), scores(own, bench.models.top)
    demand = next((one for one in DEMAND if one in a and one in b), None)
    gains = [_better(a, b, one) for one in (demand, HITS) if one and one in a and one in b]
    tie = bench.promotion.tie
    return max(gains) if gains and max(gains) > tie and min(gains) >= -tie else 0.0


def _better(theirs: Mapping[str, float], ours: Mapping[str, float], metric: str) -> float:
    return float(GOOD[metric](theirs[metric]) - GOOD[metric](ours[metric])) / max(abs(ours[metric]), 1e-9)


def apart(trained: Sequence[datetime], gap: timedelta, count: int) -> list[datetime]:
    """The latest trainings, newest first, each at least a gap before the one after it; fewer if there are.

    >>> days = [datetime(2025, 1, day) for day in (1, 2, 7, 8, 9, 15)]
    >>> [one.day for one in apart(days, timedelta(days=7), 3)]
    [15, 8, 1]
    """
    kept: list[datetime] = []
    for one in sorted(set(trained), reverse=True):
        if not kept or kept[-1] - one >= gap:
            kept.append(one)
    return kept[:count]


def running(won: Sequence[Sequence[str]], count: int) -> str | None:
    """The baseline that won each of the last so many trainings, the best of the newest one where there are several.

    Args:
        won: who won each training, newest first (`winners`).
        count: how many trainings it takes.

    >>> running([("ets", "mean"), ("mean",), ("mean", "ets")], 3)
    'mean'
    """
    last = won[:count]
    if len(last) < count:
        return None
    return next((name for name in last[0] if all(name in one for one in last)), None)
