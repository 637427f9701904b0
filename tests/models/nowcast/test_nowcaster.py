import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as checking
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from models.dataset import ROW
from models.grid import QUANTILES
from models.nowcast.nowcaster import NOWCAST, Nowcaster, learnt, parted
from models.nowcast.scores import OURS, scores
from models.nowcast.view import PLANNED, view


@pytest.fixture(scope="module")
def later(seen):
    """Sessions of the same law that nothing was learnt from."""
    return seen(40, seed=7)


@pytest.fixture(scope="module")
def told(nowcaster, later):
    return nowcaster.told(later, 1)


def units(frame):
    return frame.select(QUANTILES).to_numpy()


def test_it_beats_the_plan_some_minutes_after_opening_and_ever_more(later, told):
    plan = later.select(*ROW, demand_mean="was_demand_mean", **{name: f"was_{name}" for name in QUANTILES})
    found = scores(later, {OURS: told, "plan": plan}).filter(metric="pinball")
    lost = {(name, minute): value for name, minute, _, value in found.iter_rows()}
    assert lost[OURS, "5"] < 0.8 * lost["plan", "5"]
    assert lost[OURS, "30"] < 0.5 * lost["plan", "30"]
    assert lost[OURS, "30"] < lost[OURS, "5"] < lost[OURS, "1"]
    assert lost[OURS, "before"] < 1.1 * lost["plan", "before"]


def test_four_fifths_of_outcomes_lie_within_the_tenth_and_the_ninetieth_percentile(later, told):
    covered = scores(later, {OURS: told}).filter(metric="coverage80")["value"]
    assert covered.mean() == pytest.approx(0.8, abs=0.08)


def test_one_row_a_row_in_its_order_with_the_promised_columns(later, told):
    assert told.columns == [*ROW, *NOWCAST]
    assert told.select(ROW).equals(later.select(ROW))
    assert told["minutes_open"].to_list() == later["listing_minutes_open"].to_list()
    assert told["sold_units"].to_list() == later["listing_units_ever"].to_list()
    assert [told[name].dtype for name in ("sold_units", "p_hit", "demand_mean")] == [pl.Int64, pl.Float64, pl.Float64]


@given(
    sold=st.integers(0, 1_000_000), carts=st.integers(0, 10_000), clicks=st.integers(0, 10_000),
    opened=st.one_of(st.none(), st.integers(0, 2_000)), planned=st.floats(0, 1e6),
    bar=st.one_of(st.none(), st.floats(0, 1e6)),
)  # fmt: skip
@checking(deadline=None, max_examples=60)
def test_demand_is_never_below_what_was_sold_never_crosses_and_a_hit_is_one_when_sold(
    nowcaster, moment, sold, carts, clicks, opened, planned, bar
):
    one = moment(
        {"listing_units_ever": sold, "sold_units": sold, "listing_carts_ever": carts, "listing_clicks_ever": clicks,
         "listing_minutes_open": opened, "plan_mean": planned, "hit_bar_units": bar}
    )  # fmt: skip
    found = nowcaster.told(one, 1)
    levels = units(found)[0]
    assert np.isfinite([*levels, found["demand_mean"][0], found["p_hit"][0]]).all()
    assert levels[0] >= sold
    assert found["demand_mean"][0] >= sold
    assert (np.diff(levels) >= 0).all()
    assert 0 <= found["p_hit"][0] <= 1
    if bar is not None and sold > bar:
        assert found["p_hit"][0] == 1.0


def test_without_a_bar_the_chance_of_a_hit_stays_that_of_the_plan(nowcaster, moment):
    known, unknown = nowcaster.told(moment({}, {"hit_bar_units": None, "plan_p_hit": 0.25}), 1)["p_hit"]
    assert unknown == 0.25
    assert known != 0.25


def test_more_sold_by_then_never_means_a_smaller_chance_once_the_bar_is_near(nowcaster, moment):
    low, high = nowcaster.told(moment({"listing_units_ever": 5, "sold_units": 5},
                                      {"listing_units_ever": 55, "sold_units": 55}), 1)["p_hit"]  # fmt: skip
    assert low < high < 1


def test_the_same_rows_and_settings_give_the_same_nowcaster_whatever_their_names(nowcaster, rows, settings):
    again = learnt(rows.with_columns("z_" + pl.col("session_id")), settings)
    assert again.document() == nowcaster.document()
    assert {name: one.text for name, one in again.boosters.items()} == {
        name: one.text for name, one in nowcaster.boosters.items()
    }


def test_out_of_json_it_forecasts_the_same(nowcaster, later, told):
    document = json.loads(json.dumps(nowcaster.document(), allow_nan=False))
    kept = Nowcaster.read(document, nowcaster.boosters)
    assert_frame_equal(kept.told(later, 1), told, check_exact=True)
    assert kept.document() == nowcaster.document()


def test_neighbours_and_their_order_change_nothing(nowcaster, later, told):
    mixed = later.sample(50, shuffle=True, seed=1)
    alone = told.join(mixed.select(ROW), on=list(ROW), how="right", maintain_order="right")
    assert_frame_equal(nowcaster.told(mixed, 1), alone.select(told.columns), rel_tol=1e-12)


def test_no_rows_give_none(nowcaster, later, told):
    assert nowcaster.told(later.clear(), 1).equals(told.clear())


def test_too_few_listings_teach_nothing(rows, settings):
    of_nine = rows.filter(pl.col("session_id").is_in([f"s{number}" for number in range(9)]))
    assert learnt(of_nine, settings) is None
    assert learnt(rows.clear(), settings) is None


def test_sessions_that_all_begin_at_once_teach_nothing_since_none_is_later(rows, settings):
    assert learnt(rows.with_columns(scheduled_at=pl.col("scheduled_at").first()), settings) is None


@given(seed=st.integers(0, 99), share=st.floats(0.05, 0.95))
@checking(deadline=None, max_examples=30)
def test_a_session_is_never_split_and_the_later_ones_are_later(seen, seed, share):
    earlier, later = parted(seen(6, seed).sample(fraction=0.7, seed=seed), share)
    assert not set(earlier["session_id"]) & set(later["session_id"])
    assert not earlier.height or earlier["scheduled_at"].max() < later["scheduled_at"].min()


def test_sessions_of_one_instant_stay_together(moment):
    begun = moment({})["scheduled_at"][0]
    rows = moment(*({"session_id": f"s{n}", "scheduled_at": begun} for n in range(4)))
    earlier, later = parted(rows, 0.3)
    assert (earlier.height, later.height) == (0, 4)


def test_no_rows_part_into_none(rows):
    assert [part.height for part in parted(rows.clear(), 0.3)] == [0, 0]


def test_forecast_reads_features_and_the_plan_as_told_reads_their_view(nowcaster, later, told):
    features = later.drop(*PLANNED, "hit_bar_units", "sold_units", "^.*_to_plan$")
    plan = later.unique(["session_id", "product_id"]).select(
        "session_id", "product_id", "hit_bar_units", p_hit=pl.lit(0.1), demand_mean="was_demand_mean",
        **{name: f"was_{name}" for name in QUANTILES},
    )  # fmt: skip
    assert_frame_equal(nowcaster.forecast(features, plan, 1), told, check_exact=True)
    with pytest.raises(ValueError, match="listings without a plan"):
        view(features, plan.head(1))


def test_lines_speak_between_the_learnt_minutes(nowcaster, moment):
    """Between 5 and 30 minutes the start lies between what it is at either."""
    at = {minute: nowcaster.start.logs(moment({"listing_minutes_open": minute}))[0] for minute in (5, 12, 30, 31, 900)}
    assert min(at[5], at[30]) < at[12] < max(at[5], at[30])
    assert at[31] == at[900] == at[30]


def test_boosters_add_to_the_lines(nowcaster, later):
    """Without what the boosters say the middle is another one: they are read at all."""
    flat = replace(nowcaster, boosters=dict.fromkeys(nowcaster.boosters, nowcaster.boosters["nowlow"]))
    assert not np.allclose(units(flat.told(later, 1)), units(nowcaster.told(later, 1)))
