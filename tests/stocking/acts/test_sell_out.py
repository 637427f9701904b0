from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocking.acts.sell_out import MINUTES, ArrivalsError, sell_outs
from stocking.acts.situation import SituationError


@pytest.fixture
def told(listings, arrivals, policy):
    def build(curve=arrivals, **changes):
        return sell_outs(listings(changes), curve, policy).row(0, named=True)

    return build


def minutes(row):
    return [row[name] for name in MINUTES]


def test_a_sell_out_is_when_the_rest_of_demand_has_used_up_what_is_left(told):
    # 20 left; of the middle demand 60, 40 come in the 60 minutes of the curve that are left: 30 minutes; of the high
    # one 92, 72 come: 16.67; the low one 28 leaves goods
    assert minutes(told()) == [16.67, 30.0, None]


def test_the_chance_of_a_sell_out_is_that_of_demand_for_the_last_unit(told):
    assert told()["sell_out_chance"] == pytest.approx(1 - 19 / 80)


def test_what_is_offered_runs_out_before_the_goods_do(told):
    assert told(units_offered=30) | {"stock_units": 0, "units_offered": 0} == told(stock_units=30) | {
        "stock_units": 0, "units_offered": 0
    }  # fmt: skip


def test_a_sold_out_listing_is_sold_out_now(told):
    row = told(stock_units=15)
    assert (*minutes(row), row["sell_out_chance"]) == (0.0, 0.0, 0.0, 1.0)


def test_before_it_is_open_only_the_chance_is_known(told):
    row = told(minutes_open=None)
    assert (*minutes(row), row["sell_out_chance"]) == (None, None, None, pytest.approx(1 - 19 / 80))


def test_without_known_stock_nothing_is_said(told):
    row = told(stock_units=None)
    assert (*minutes(row), row["sell_out_chance"]) == (None,) * 4


def test_goods_that_last_until_the_end_do_not_sell_out(told):
    cutoff = told()["cutoff"]
    assert minutes(told(ends=cutoff + timedelta(minutes=29))) == [16.67, None, None]
    assert minutes(told(slot_ends=cutoff + timedelta(minutes=10))) == [None, None, None]


def test_past_the_end_of_the_curve_the_rest_comes_evenly(told):
    # 80 minutes to the end, half of the middle demand's rest uses up the goods
    assert minutes(told(minutes_open=130.0))[1] == 40.0


def test_a_curve_stands_still_where_it_is_flat(told):
    waits = pl.DataFrame({"minutes": [0.0, 40.0, 60.0, 100.0], "share": [0.0, 0.4, 0.4, 1.0]})
    assert minutes(told(waits))[1] == 40.0


@pytest.mark.parametrize("share", [[0.0, 0.5, 0.4], [0.0, 0.5, 1.1], [0.0, float("nan"), 1.0]])
def test_a_curve_that_falls_or_leaves_its_bounds_is_refused(told, share):
    with pytest.raises(ArrivalsError):
        told(pl.DataFrame({"minutes": [0.0, 1.0, 2.0], "share": share}))


def test_a_curve_without_points_is_refused(told):
    with pytest.raises(ArrivalsError):
        told(pl.DataFrame({"minutes": [], "share": []}, schema={"minutes": pl.Float64, "share": pl.Float64}))


def test_a_nowcast_that_is_no_number_is_refused(listings, arrivals, policy):
    with pytest.raises(SituationError, match="1 listings whose sales or demand"):
        sell_outs(listings({"demand_p50": None}, {"product_id": "P2"}), arrivals, policy)


def test_a_listing_that_stands_there_twice_is_refused(listings, arrivals, policy):
    with pytest.raises(SituationError, match="twice"):
        sell_outs(listings({}, {}), arrivals, policy)


def test_a_nowcast_without_demand_is_refused(listings, arrivals, policy):
    with pytest.raises(SituationError, match="demand_p90"):
        sell_outs(listings().drop("demand_p90"), arrivals, policy)


@settings(deadline=None, max_examples=60)
@given(
    sold=st.integers(0, 50),
    steps=st.lists(st.floats(0, 40), min_size=8, max_size=8),
    stock=st.integers(0, 150),
    opened=st.floats(0, 150),
    more=st.integers(1, 40),
)
def test_more_stock_never_sells_out_earlier_nor_likelier(listings, arrivals, policy, sold, steps, stock, opened, more):
    levels = [f"demand_p{level}" for level in ("05", "10", "25", "50", "75", "90", "95", "98")]
    sums = [sold + sum(steps[: at + 1]) for at in range(8)]
    row = dict(zip(levels, sums, strict=True)) | {"demand_mean": sums[3], "sold_units": sold, "minutes_open": opened}
    few, many = (
        sell_outs(listings(row | {"stock_units": units}), arrivals, policy).row(0, named=True)
        for units in (stock, stock + more)
    )
    assert many["sell_out_chance"] <= few["sell_out_chance"]
    for name in MINUTES:
        assert many[name] is None or few[name] <= many[name]
    known = [one for one in minutes(few) if one is not None]
    assert known == sorted(known)
    assert all(0 <= one <= 80 for one in known)
