"""One row is one row: in training, in stocking, alone or in company, however the landing rows came."""

from datetime import timedelta
from random import Random

import polars as pl
import pytest
from futures import deleted
from polars.testing import assert_frame_equal
from questions import asked, cutoffs, during
from random_world import random_world
from small_world import day, listing, product, session

from features.actions import actions
from features.catalog import CATALOG
from features.comments import Listener
from features.condensed import condense, joined
from features.contract import INSTANT
from features.contracts import empty_tables
from features.entities import coded, vocabulary
from features.ingredient import Ingredient
from features.known import facts
from features.ledger import minute_of
from features.listings import upcoming
from features.table import compute
from features.windows import windowed
from models.dataset import ROW, build
from models.nowcast.settings import Nowcasting
from models.settings import ModelSettings

SEEDS = (0, pytest.param(1, marks=pytest.mark.slow))
HORIZON = timedelta(days=7)
WINDOWS = ("1m", "5m", "15m", "30m", "ever")
COUNTED = {
    "session": ("enters", "likes", "comments", "shares", "follows", "clicks", "carts", "viewers"),
    "listing": ("clicks", "carts", "comments", "viewers"),
}


@pytest.fixture(params=SEEDS)
def seed(request):
    return request.param


@pytest.fixture
def tables(seed):
    return random_world(seed)


@pytest.fixture
def listings(tables, seed):
    """At cutoffs inside sessions, at the edges of minutes, and long after everything."""
    return asked(tables, [*during(tables, 6), *Random(seed).sample(cutoffs(tables), 2), day(90)])


@pytest.fixture
def settings():
    return ModelSettings(
        horizon_days=7, dense_rows=120, max_rows=100_000, min_rows=200, prior_units=5, prior_rows=10,
        folds=2, later_share=0.4, rounds=40, patience=5, learning_rate=0.2, leaves=15, listings_per_leaf=50,
        min_data=10, feature_share=0.8, row_share=0.8, bins=63, threads=1, seed=1, rebuilt_trust=0.5,
        least_weight=0.05, group_rows=200, return_prior_units=10, plain_rounds=10, top=10,
        nowcast=Nowcasting(
            minutes=(1, 5, 30), min_listings=50, max_rows=20_000, later_share=0.3, ridge=3.0, rounds=40,
            learning_rate=0.1, leaves=8, min_data=20, group_rows=50, neighbours=20,
        ),
    )  # fmt: skip


def same(one, other):
    assert_frame_equal(one, other, check_exact=True)


def test_training_sees_what_stocking_saw_at_the_same_cutoff(tables, sensing, settings):
    """Though stocking knew nothing of what came later."""
    names = [*ROW, *(feature.name for feature in CATALOG)]
    learnt = build(tables, day(45), sensing, settings).rows.select(names)
    instants = learnt["cutoff"].unique().sort().to_list()
    assert learnt.height > 10
    assert len(instants) > 4
    for cutoff in instants:
        then = {name: deleted(name, frame, cutoff, 0) for name, frame in tables.items()}
        stocked = compute(then, upcoming(then, cutoff, HORIZON), sensing)
        rows = learnt.filter(cutoff=cutoff)
        same(rows.select(ROW).join(stocked, on=ROW, how="left", maintain_order="left"), rows)


def test_what_is_stocked_is_what_is_asked_for_at_that_cutoff(tables, sensing):
    ahead = [upcoming(tables, cutoff, HORIZON) for cutoff in during(tables, 20)]
    some = sorted(ahead, key=lambda one: one.height)[-2:]  # those with the most listings
    for rows in some:
        assert rows.height > 1
        whole = compute(tables, asked(tables, [rows["cutoff"][0]]), sensing)
        same(rows.select(ROW).join(whole, on=ROW, how="left", maintain_order="left"), compute(tables, rows, sensing))


def test_a_listing_ahead_is_the_same_alone_and_beside_another(world):
    """To the last bit: 5159 seconds are a number of days that polars rounds otherwise in a frame of one row."""
    cutoff = day(4) - timedelta(seconds=5159)
    worlds = [
        world(
            sessions=[session(name, 4) for name in names],
            lineups=[listing(name, "P", 4) for name in names],
            products=[product("P")],
        )
        for names in ("S", "ST")
    ]
    one, two = (upcoming(tables, cutoff, HORIZON) for tables in worlds)
    same(one, two.head(1))
    assert (one["session_id"].to_list(), two["session_id"].to_list()) == (["S"], ["S", "T"])


def test_a_row_is_the_same_alone_and_beside_others(tables, listings, seed, sensing):
    whole = compute(tables, listings, sensing)
    for place in Random(seed).sample(range(listings.height), 3):
        same(compute(tables, listings[place], sensing), whole[place])


def test_a_row_is_the_same_beside_other_cutoffs(tables, listings, sensing):
    whole = compute(tables, listings, sensing)
    at = [compute(tables, part, sensing) for part in listings.partition_by("cutoff", maintain_order=True)[::3]]
    assert [part["cutoff"][0] for part in at] == listings["cutoff"].unique(maintain_order=True)[::3].to_list()
    for part in at:
        same(part, part.select(ROW).join(whole, on=ROW, how="left", maintain_order="left"))


def test_rows_asked_for_in_another_order_and_twice_are_the_same(tables, listings, seed, sensing):
    order = pl.Series(Random(seed).choices(range(listings.height), k=listings.height + 20))
    same(compute(tables, listings[order], sensing), compute(tables, listings, sensing)[order])


def test_windows_of_coded_actions_are_those_of_the_table(tables, seed, sensing):
    tables = {**tables, "event_counts": empty_tables()["event_counts"]}
    told = facts(tables["events"], "events")
    learnt = told["known_at"].unique().sort().to_list()
    listings = asked(tables, [*learnt, *(one + timedelta(minutes=1) for one in learnt)])
    words = {name: vocabulary(told[name]) for name in ("session_id", "product_id", "viewer_id")}
    rows = listings.select(
        *(coded(pl.col(f"{one}_id"), words[f"{one}_id"]).alias(one) for one in ("session", "product")),
        minute=minute_of(pl.col("cutoff")),
    )
    wanted = [Ingredient(of, name, span) for of, names in COUNTED.items() for name in names for span in WINDOWS]
    coded_actions = actions(told, words, Listener(sensing.comments)).sample(fraction=1.0, shuffle=True, seed=seed)
    found = windowed(coded_actions, rows, wanted)
    known = pl.col("session.viewers.ever") > 0
    expected = found.select(
        (pl.when(known).then(one.name) if one.measure == "viewers" else pl.col(one.name))
        .cast(pl.Float32)
        .alias(one.name.replace(".", "_"))
        for one in wanted
    )
    catalog = tuple(feature for feature in CATALOG if feature.name in expected.columns)
    same(compute(tables, listings, sensing, catalog).select(expected.columns), expected)
    assert min(expected.select(pl.all().sum()).row(0)) > 0


def test_the_order_of_landing_rows_changes_nothing(tables, listings, seed, sensing):
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=seed) for name, frame in tables.items()}
    same(compute(shuffled, listings, sensing), compute(tables, listings, sensing))


def test_rows_delivered_again_change_nothing(tables, listings, seed, sensing):
    again = {
        name: pl.concat([frame, frame.sample(fraction=0.5, seed=seed), frame]).sample(
            fraction=1.0, shuffle=True, seed=seed
        )
        for name, frame in tables.items()
    }
    same(compute(again, listings, sensing), compute(tables, listings, sensing))


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_events_condensed_in_parts_and_joined_are_the_same_events(parts, tables, listings, seed, sensing):
    """Each event in one part, with all its versions."""
    events = tables["events"].sample(fraction=1.0, shuffle=True, seed=seed)
    part = pl.col("event_id").str.slice(1).cast(pl.Int64) % parts
    condensed = [condense(events.filter(part == number), sensing.comments) for number in range(parts)]
    together = {**tables, **joined([*condensed, condense(events.clear(), sensing.comments)])}
    same(compute(together, listings, sensing), compute(tables, listings, sensing))


def test_listings_that_nobody_knows_get_the_same_silence(tables, sensing):
    cutoff = pl.Series([day(20)], dtype=INSTANT)
    ghost = pl.DataFrame({"session_id": ["nowhere"], "product_id": ["nothing"]}).with_columns(cutoff.alias("cutoff"))
    found = compute(tables, ghost, sensing).row(0, named=True)
    spoken = {name: value for name, value in found.items() if name not in ROW and value}
    assert (found["price"], found["listing_clicks_ever"], found["listing_viewers_ever"]) == (None, 0.0, None)
    assert not [name for name in spoken if name.startswith(("session_", "listing_", "product_"))]
