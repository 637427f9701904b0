import polars as pl
import pytest
from pandera.errors import SchemaErrors

from stocking.profit import earned, earned_by_line, realised


def judged(**columns: list[float | None]):
    one = {
        "stocked_units": 8,
        "demand_units": 10,
        "price": 10,
        "cost": 4,
        "salvage": 1,
        "returned_share": 0,
        "return_handling": 0,
    }
    height = max((len(values) for values in columns.values()), default=1)
    return pl.DataFrame({name: columns.get(name, [value] * height) for name, value in one.items()}).cast(pl.Float64)


def test_what_is_left_over_fetches_its_salvage():
    # 5 sold at 10, 3 left at 1, 8 paid at 4
    assert realised(judged(demand_units=[5])).profit == 5 * 10 + 3 * 1 - 8 * 4


def test_the_oracle_stocks_exactly_the_demand():
    outcome = realised(judged(stocked_units=[4], demand_units=[10]))
    assert outcome.oracle_profit == 60
    assert outcome.profit_share == pytest.approx(0.4)
    assert outcome.fill_rate == pytest.approx(0.4)
    assert outcome.leftover_share == 0


def test_the_oracle_leaves_alone_what_earns_nothing():
    outcome = realised(judged(price=[10, 3], stocked_units=[10, 10], demand_units=[10, 10]))
    assert outcome.oracle_profit == 60
    assert outcome.profit == 60 - 10


def test_a_returned_unit_is_refunded_and_salvaged():
    # half of 10 sold come back: 5 at 10, 5 at 1 - 0.5, all paid at 4
    assert realised(judged(stocked_units=[10], returned_share=[0.5], return_handling=[0.5])).profit == 50 + 2.5 - 40


def test_nothing_stocked_and_nothing_wanted_has_no_shares():
    outcome = realised(judged(stocked_units=[0], demand_units=[0]))
    assert (outcome.profit_share, outcome.fill_rate, outcome.leftover_share) == (None, None, None)
    assert realised(judged().clear()).profit == 0


def test_a_missing_outcome_is_an_error_and_no_zero():
    with pytest.raises(SchemaErrors, match="demand_units"):
        realised(judged(demand_units=[None]))


def test_forecasts_are_judged_by_the_units_that_are_best_by_them(lines, policy):
    # 75 units are best by the forecast; 50 are wanted: 50 sold at a gain of 6, 25 left at a loss of 2
    outcome = earned(
        lines().with_columns(demand_units=pl.lit(50.0), actual_return_rate=pl.lit(None, pl.Float64)), policy
    )
    assert (outcome.stocked_units, outcome.profit, outcome.oracle_profit) == (75, 250, 300)


def test_decisions_rest_on_the_forecast_returns_and_outcomes_on_the_actual_ones(lines, policy):
    # 75 units as before; 10 of 50 sold come back, refunded and worth 2 each
    outcome = earned(lines().with_columns(demand_units=pl.lit(50.0), actual_return_rate=pl.lit(0.2)), policy)
    assert outcome.stocked_units == 75
    assert outcome.profit == pytest.approx(40 * 10 + 10 * 2 + 25 * 2 - 75 * 4)


def test_line_by_line_the_money_adds_up_to_the_whole(lines, policy):
    # the second sells all 75, of which 15 come back
    asked = lines({}, {"product_id": "P2"}).with_columns(
        demand_units=pl.Series([50.0, 80.0]), actual_return_rate=pl.Series([None, 0.2], dtype=pl.Float64)
    )
    whole, parts = earned(asked, policy), earned_by_line(asked, policy)
    assert parts.columns == ["profit", "oracle_profit", "sold_units", "stocked_units"]
    assert parts["profit"].to_list() == pytest.approx([250, 60 * 10 + 15 * 2 - 75 * 4])
    assert parts.sum().row(0) == pytest.approx(
        (whole.profit, whole.oracle_profit, whole.sold_units, whole.stocked_units)
    )
