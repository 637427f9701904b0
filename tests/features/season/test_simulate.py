"""What any season must be: legal, repeatable, and silent about the future."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_frame_not_equal

from features.contracts import TABLES
from features.known import known_at
from features.season.settings import SeasonSettings
from features.season.simulate import simulate

LISTING = ["session_id", "product_id"]


def test_every_table_satisfies_its_contract_and_has_rows(season):
    assert list(season.tables) == list(TABLES)
    for name, contract in TABLES.items():
        contract.schema.validate(season.tables[name], lazy=True)
        assert season.tables[name].height > 0, name


def test_keys_are_unique_but_for_repriced_listings_whose_versions_were_learnt_of_at_different_instants(season):
    for name, contract in TABLES.items():
        extra = ["received_at"] if name == "lineups" else []
        assert not season.tables[name].select([*contract.key, *extra]).is_duplicated().any(), name
    assert season.tables["lineups"].select(LISTING).is_duplicated().any()


def test_every_reference_leads_somewhere(season):
    for name, contract in TABLES.items():
        for reference in contract.references:
            there = season.tables[reference.table][reference.key]
            named = season.tables[name][reference.column].drop_nulls()
            assert named.is_in(there.implode()).all(), f"{name}.{reference.column}"


def test_the_same_seed_gives_the_same_season_and_another_seed_another_one(settings, season):
    again, other = simulate(settings), simulate(replace(settings, seed=settings.seed + 1))
    assert_frame_equal(again.truth, season.truth)
    for name in TABLES:
        assert_frame_equal(again.tables[name], season.tables[name], check_exact=True)
    assert_frame_not_equal(other.tables["orders"], season.tables["orders"])


def test_nothing_that_was_learnt_at_or_after_the_cut_is_told(season):
    for name, frame in season.tables.items():
        if name != "stock":
            assert frame.filter(known_at(name) >= season.as_of).is_empty(), name
    assert season.tables["stock"]["as_of"].max() == season.as_of
    facts = season.tables["sessions"].select(pl.max_horizontal("started_at", "ended_at").max()).item()
    assert facts < season.as_of


def test_nothing_happens_beyond_the_cut_but_what_is_planned(season):
    for name, instant in (("events", "ts"), ("orders", "ts"), ("returns", "ts"), ("event_counts", "minute")):
        assert season.tables[name][instant].max() < season.as_of


def test_truth_holds_every_listing_of_the_sessions_that_took_place_and_those_after_the_cut(season):
    past = season.tables["sessions"].filter(pl.col("started_at").is_not_null())
    told = season.tables["lineups"].join(past, on="session_id", how="semi").unique(LISTING)
    assert told.join(season.truth, on=LISTING, how="anti").is_empty()
    ahead = season.tables["sessions"].filter(pl.col("scheduled_at") >= season.as_of)
    assert season.truth.join(ahead, on="session_id", how="semi").height > 0
    assert not season.truth.select(LISTING).is_duplicated().any()


def test_what_was_sold_is_what_the_orders_say(season):
    over = season.tables["sessions"].filter(pl.col("ended_at") < season.as_of - timedelta(days=2))
    ordered = season.tables["orders"].group_by(LISTING).agg(units=pl.col("units").sum())
    both = season.truth.join(over, on="session_id", how="semi").join(ordered, on=LISTING, how="left")
    assert both.filter(pl.col("sold") != pl.col("units").fill_null(0)).is_empty()


def test_nobody_sells_more_than_is_wanted_or_offered(season):
    truth = season.truth.join(season.tables["lineups"].unique(LISTING), on=LISTING)
    assert truth.filter(pl.col("sold") > pl.col("demand")).is_empty()
    assert truth.filter(pl.col("sold") > pl.col("units_offered")).is_empty()
    assert truth.filter((pl.col("sold") < pl.col("demand")) & ~pl.col("sold_out")).is_empty()


def test_no_session_and_kind_is_told_both_raw_and_counted(season):
    pairs = ["session_id", "kind"]
    raw, counted = season.tables["events"].select(pairs), season.tables["event_counts"].select(pairs)
    assert raw.join(counted, on=pairs, how="semi").is_empty()


def test_no_more_comes_back_than_was_sold(season):
    back = season.tables["returns"].join(season.tables["orders"], on="order_id", suffix="_sold")
    assert back.filter(pl.col("units") > pl.col("units_sold")).is_empty()
    assert back.filter(pl.col("ts") <= pl.col("ts_sold")).is_empty()


def test_every_product_says_that_it_is_simulated(season):
    assert season.tables["products"]["title"].str.ends_with("(simulated)").all()


def test_the_next_seven_days_are_planned_at_the_cut(season):
    ahead = season.tables["sessions"].filter(pl.col("scheduled_at") >= season.as_of)
    planned = season.tables["lineups"].join(ahead, on="session_id")
    days = (planned["scheduled_at"] - season.as_of).dt.total_days()
    assert set(range(7)) <= set(days.to_list())


@pytest.mark.parametrize("broken", [{"days": 0}, {"rooms": 0}, {"products": 10}])
def test_a_season_without_anything_in_it_is_refused(broken):
    with pytest.raises(ValueError, match=r"season needs|cannot fill"):
        replace(SeasonSettings.small(), **broken)


@hypothesis_settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), rooms=st.integers(1, 3), days=st.integers(1, 12), orders=st.floats(0.2, 4))
def test_seasons_of_any_size_are_legal(seed, rooms, days, orders):
    few = replace(SeasonSettings.small(seed), rooms=rooms, days=days, orders_per_listing=orders)
    season = simulate(few)
    for name, contract in TABLES.items():
        contract.schema.validate(season.tables[name], lazy=True)
    assert season.truth.filter(pl.col("sold") > pl.col("demand")).is_empty()
