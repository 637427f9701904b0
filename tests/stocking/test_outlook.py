import polars as pl
import pytest

from stocking.distribution import Demand
from stocking.lines import LEVELS
from stocking.outlook import with_outlook


def test_the_outlook_counts_available_and_recommended_units(lines):
    counted = {"net_revenue": 10.0, "cost": 4.0, "salvage": 2.0, "available_units": 15, "recommended_units": 25}
    counted |= {"returned_share": 0.25}
    row = with_outlook(lines().with_columns(pl.lit(value).alias(name) for name, value in counted.items())).row(
        0, named=True
    )
    # of 40 units 40 - 40²/200 = 32 are sold and 8 are left: 32·(10 - 4) - 8·(4 - 2) = 176
    assert row["leftover_units"] == pytest.approx(8)
    assert row["expected_profit"] == pytest.approx(176)
    assert row["fill_rate"] == pytest.approx(32 / Demand.of(lines()).mean[0], abs=1e-4)
    assert (row["expected_sales_units"], row["expected_returned_units"]) == (pytest.approx(32), pytest.approx(8))
    # of 15 units 15 - 15²/200 = 13.875 are sold and 1.125 are left: 83.25 - 2.25 = 81 without the order
    assert row["lost_profit"] == pytest.approx(176 - 81)
    assert row["leftover_chance"] == pytest.approx(0.39)


def test_where_no_demand_is_expected_all_of_it_is_met(lines):
    counted = {"net_revenue": 10.0, "cost": 4.0, "salvage": 2.0, "available_units": 0, "recommended_units": 0}
    counted |= {"returned_share": 0.0}
    nothing = lines(dict.fromkeys([*LEVELS, "demand_mean"], 0.0))
    row = with_outlook(nothing.with_columns(pl.lit(value).alias(name) for name, value in counted.items())).row(
        0, named=True
    )
    assert (row["fill_rate"], row["leftover_units"], row["expected_profit"]) == (1.0, 0.0, 0.0)
