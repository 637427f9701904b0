import polars as pl
import pytest
from pandera.errors import SchemaErrors

from stocking.lines import LINES, STOCK, LinesError, checked


def test_a_lazy_frame_is_refused_because_its_values_would_go_unchecked(lines):
    with pytest.raises(LinesError, match=r"\.collect\(\)"):
        checked(lines().lazy(), LINES)


BROKEN = [
    {"price": float("inf")},
    {"price": -1.0},
    {"p_hit": None},
    {"p_hit": 1.1},
    {"demand_p50": float("nan")},
    {"demand_p05": -0.5},
    {"demand_p90": 70.0},
    {"pack_units": 0},
    {"session_id": None},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_a_value_that_breaks_the_contract_is_named(lines, change):
    with pytest.raises(SchemaErrors, match=next(iter(change))):
        checked(lines(change), LINES)


def test_a_listing_comes_once(lines):
    with pytest.raises(SchemaErrors, match="DUPLICATES"):
        checked(lines({}, {}), LINES)


def test_a_product_has_one_stock(stock):
    twice = pl.concat([stock(P1=(1, 1)), stock(P1=(2, 2))])
    with pytest.raises(SchemaErrors, match="product_id"):
        checked(twice, STOCK)


def test_everything_that_may_be_unknown_may_be_null(lines):
    unknown = dict.fromkeys(name for name, column in LINES.columns.items() if column.nullable)
    assert checked(lines(unknown), LINES).height == 1
    assert {
        "unit_cost",
        "salvage_value",
        "supplier_id",
        "lead_time_days",
        "pack_units",
        "return_rate",
    } <= unknown.keys()
