"""Nothing that was not yet known at a cutoff moves a feature, and ways of looking ahead are noticed."""

from itertools import product as every
from random import Random

import pytest
from futures import MUTATIONS, label_leaks, leaks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from questions import cutoffs, just_before_starts
from random_world import random_world, worlds
from seeded_leaks import FEATURE_LEAKS, LABEL_LEAKS

from features.contracts import TABLES

SEEDS, AT_EACH = (5, 4, 0, 2, 6), 4  # the rarest leaks show in the first
ANY = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SOME = settings(ANY, max_examples=5)


@pytest.fixture(scope="module", autouse=True)
def without_bounds():
    """Bounds are another test's matter, and checking them takes four fifths of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("features.table.validated", lambda table, _: table)
        yield


def seeded():
    """Fixed worlds, cutoffs and futures."""
    for seed in SEEDS:
        tables = random_world(seed)
        for cutoff, name in every(Random(seed).sample(cutoffs(tables), AT_EACH), ("replaced", "moved")):
            yield tables, cutoff, MUTATIONS[name]
        for cutoff in just_before_starts(tables):
            yield tables, cutoff, MUTATIONS["foretold"]


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
@ANY
@given(data=st.data())
def test_no_feature_moves_with_what_was_unknown(mutation, data, sensing):
    tables = data.draw(worlds())
    cutoff = data.draw(st.sampled_from(cutoffs(tables)))
    assert leaks(tables, cutoff, mutation, sensing, data.draw(st.integers(0, 999))) == []


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
@SOME
@given(data=st.data())
def test_no_label_and_no_listing_ahead_moves_with_what_was_unknown(mutation, data, sensing):
    tables = data.draw(worlds())
    cutoff = data.draw(st.sampled_from(cutoffs(tables)))
    assert label_leaks(tables, cutoff, mutation, sensing, data.draw(st.integers(0, 999))) == []


@pytest.mark.parametrize("leak", FEATURE_LEAKS, ids=lambda one: one.__name__)
def test_a_leak_put_into_the_engine_is_noticed(leak, monkeypatch, sensing):
    leak(monkeypatch)
    assert any(leaks(*one, sensing) for one in seeded())


@pytest.mark.parametrize("leak", LABEL_LEAKS, ids=lambda one: one.__name__)
def test_a_leak_put_into_the_labels_is_noticed(leak, monkeypatch, sensing):
    leak(monkeypatch)
    assert any(label_leaks(*one, sensing) for one in seeded())


@pytest.mark.parametrize("name", TABLES)
def test_random_worlds_keep_the_contract(name):
    assert TABLES[name].schema.validate(random_world(0)[name], lazy=True).height > 0
