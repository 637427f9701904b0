"""Without a nowcaster the plan goes on, raised to what was sold; with one it speaks."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from small_world import day

from flows.underway.told import UNKNOWN, arrivals, nowcast, told
from models.boosting import Grown
from models.dataset import LISTING, ROW
from models.encoding import Encoding
from models.grid import QUANTILES
from models.hits import AS_THEY_ARE
from models.nowcast.arrivals import Arrivals
from models.nowcast.nowcaster import AIMS, NOWCAST, Nowcaster
from models.nowcast.start import Start
from models.nowcast.trust import Trust
from models.nowcast.width import Width

NOW = day(7) + timedelta(minutes=20)
PLAN = {name: 10.0 * (place + 1) for place, name in enumerate(QUANTILES)}  # 10, 20, … 80


class Flat(Grown):
    """A booster that says the same of every row."""

    def raw(self, matrix, _threads):
        return np.full(matrix.height, float(self.text))


def features(*rows):
    """By listing what was sold, clicked in 5 minutes, and for how long it has been open."""
    numbers = ("listing_units_ever", "listing_clicks_5m", "listing_minutes_open")
    idle = ("listing_carts_ever", "listing_clicks_ever", "listing_carts_out", "listing_units_5m")
    schema = {"session_id": pl.String, "product_id": pl.String, **dict.fromkeys(numbers, pl.Float32)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    zeros = [pl.lit(0, pl.Float32).alias(name) for name in idle]
    return frame.with_columns(cutoff=pl.lit(NOW, pl.Datetime("us", "UTC"))).with_columns(zeros)


def plan(*listings, bar=None):
    rows = [{"session_id": s, "product_id": p, "p_hit": 0.25, "demand_mean": 45.0, **PLAN, "return_rate": 0.1,
             "hit_bar_units": bar, "plan_demand_p50": 40.0, "title": f"{p}!"} for s, p in listings]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"hit_bar_units": pl.Float64})


P, Q = ("now", "P"), ("now", "Q")


def test_the_plan_is_raised_to_what_was_sold(predictor):
    found = nowcast(features((*P, 35, 0, 20), (*Q, 0, 0, None)), plan(P, Q), predictor)
    assert found.columns == [*ROW, *NOWCAST]
    raised, untouched = (found.row(number, named=True) for number in (0, 1))
    assert [raised[name] for name in QUANTILES] == [35, 35, 35, 40, 50, 60, 70, 80]
    assert (raised["sold_units"], raised["demand_mean"], raised["minutes_open"]) == (35, 45.0, 20.0)
    assert {name: untouched[name] for name in QUANTILES} == PLAN
    assert (untouched["sold_units"], untouched["minutes_open"], untouched["p_hit"]) == (0, None, 0.25)


def test_a_mean_below_what_was_sold_is_raised_too(predictor):
    found = nowcast(features((*P, 500, 0, 20)), plan(P), predictor).row(0, named=True)
    assert {found["demand_mean"], *(found[name] for name in QUANTILES)} == {500.0}


@pytest.mark.parametrize(("sold", "bar", "chance"), [(30, 30.0, 0.25), (31, 30.0, 1.0), (31, None, 0.25)])
def test_what_sold_more_than_the_bar_is_a_hit_for_certain(predictor, sold, bar, chance):
    assert nowcast(features((*P, sold, 0, 20)), plan(P, bar=bar), predictor)["p_hit"].item() == chance


def test_whatever_was_planned_stands_beside_it_but_the_forecast_once(predictor):
    found = told(features((*P, 35, 0, 20)), plan(P), predictor)
    assert found["demand_p05"].item() == 35
    assert found.select("plan_demand_p50", "title", "return_rate").row(0) == (40.0, "P!", 0.1)
    assert len(set(found.columns)) == found.width


def test_on_show_is_the_one_listing_of_a_session_that_drew_most_clicks(predictor):
    """The second of `now` and the only one of `beside`; of equals the first, where nobody clicks none."""
    rows = [("now", "P", 0, 3, 1), ("now", "Q", 0, 5, 1), ("beside", "P", 0, 1, 1), ("even", "P", 0, 2, 1),
            ("even", "Q", 0, 2, 1), ("quiet", "P", 0, 0, None), ("quiet", "Q", 0, None, None)]  # fmt: skip
    found = told(features(*rows), plan(*(row[:2] for row in rows)), predictor)
    assert found["on_show"].to_list() == [False, True, True, True, False, False, False]


@pytest.fixture(scope="module")
def nowcaster():
    """Says of every listing that e - 1 units will have come, give or take a factor of e."""
    steps = tuple(float(one) for one in range(-3, 5))
    boosters = {name: Flat(str(add)) for name, add in zip(AIMS, (-1.0, 0.0, 1.0), strict=True)}
    start = Start((-1.0,), ((1.0, 0.0, 0.0, 0.0, 0.0, 0.0),))
    encoding = Encoding(("plan_mean",), {})
    curve = Arrivals((0.0, 10.0), (0.0, 1.0))
    return Nowcaster(
        start, encoding, boosters, Width((-1.0,), (steps,)), Trust((-1.0,), (1.0,)), AS_THEY_ARE, curve, 300
    )  # fmt: skip


def test_a_nowcaster_speaks_instead_of_the_plan(predictor, nowcaster):
    knowing = replace(predictor, nowcaster=nowcaster)
    found = told(features((*P, 0, 0, 20), (*Q, 5, 0, 20)), plan(P, Q), knowing)
    assert found["demand_p50"].to_list() == [pytest.approx(np.e - 1), 5.0]
    assert found["demand_p75"].to_list() == pytest.approx([np.e**2 - 1] * 2)
    assert found["plan_demand_p50"].to_list() == [40.0, 40.0]
    assert found.columns == told(features((*P, 0, 0, 20)), plan(P), predictor).columns


def test_both_give_one_row_a_row_in_its_order(predictor, nowcaster):
    rows = features((*Q, 1, 0, 2), ("beside", "P", 2, 0, 3), (*P, 3, 0, None))
    plans = plan(P, Q, ("beside", "P"))
    for one in (predictor, replace(predictor, nowcaster=nowcaster)):
        found = told(rows, plans, one)
        assert found.select(LISTING).equals(rows.select(LISTING))
        assert found["sold_units"].to_list() == [1, 2, 3]
        assert found.schema["sold_units"] == pl.Int64


def test_how_demand_arrives_is_the_nowcasters_or_a_guess(predictor, nowcaster):
    assert arrivals(predictor).equals(UNKNOWN.frame())
    assert arrivals(replace(predictor, nowcaster=nowcaster)).rows() == [(0.0, 0.0), (10.0, 1.0)]
