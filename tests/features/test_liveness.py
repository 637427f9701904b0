"""No feature is dead: each says different things of different listings, and each moves with what was known."""

from datetime import timedelta

import polars as pl
import pytest
from questions import asked, during
from random_world import random_world
from small_world import day

from features.catalog import CATALOG, GROUPS
from features.settings import Festival
from features.table import compute

SEEDS = range(4)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def festive(sensing):
    """With a festival in the weeks of the random worlds."""
    soon = Festival(name="spring sale", month=3, day=22, lead_days=5)
    return sensing.model_copy(update={"features": sensing.features.model_copy(update={"festivals": (soon,)})})


@pytest.fixture(scope="module")
def tables_of_features(festive):
    """Of each seed the features from all that was known, and from a half of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("features.table.validated", lambda table, _: table)
        return [_whole_and_half(seed, festive) for seed in SEEDS]


def _whole_and_half(seed, sensing):
    tables = random_world(seed)
    acted = during(tables, 40)
    rows = asked(tables, [*(one + MINUTE for one in acted), *(one + 4 * MINUTE for one in acted), day(33), day(40)])
    half = {name: frame.sample(fraction=0.5, seed=seed) for name, frame in tables.items()}
    return compute(tables, rows, sensing), compute(half, rows, sensing)


def test_every_feature_takes_different_values(tables_of_features):
    whole = pl.concat([table for table, _ in tables_of_features])
    different = whole.select(pl.col(feature.name).drop_nulls().n_unique() for feature in CATALOG).row(0, named=True)
    assert {name: count for name, count in different.items() if count < 2} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_every_feature_moves_when_half_of_the_known_past_is_forgotten(group, tables_of_features):
    names = [feature.name for feature in GROUPS[group]]
    moved = {name for whole, half in tables_of_features for name in names if not whole[name].equals(half[name])}
    assert [name for name in names if name not in moved] == []
