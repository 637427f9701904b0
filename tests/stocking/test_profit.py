import polars as pl
import pytest
from pandera.errors import SchemaErrors

from stocking.profit import realised


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
