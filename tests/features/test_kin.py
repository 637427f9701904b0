from datetime import timedelta

import polars as pl
import pytest
from small_world import day, listing, order, product, session

from features.table import compute


def row(tables, cutoff, sensing, name, thing):
    asked = pl.DataFrame({"session_id": [name], "product_id": [thing], "cutoff": [cutoff]})
    return compute(tables, asked.with_columns(pl.col("cutoff").cast(pl.Datetime("us", "UTC"))), sensing).row(
        0, named=True
    )


@pytest.fixture
def market(world):
    """Twenty teas at 20 that sell 8 each, one tea at 500 that sells 1, and a new tea at 21 to come."""
    teas = [f"T{n}" for n in range(20)]
    return world(
        sessions=[session("S0", 0), session("S4", 4, ended_at=None)],
        lineups=[listing("S0", t, 0) for t in (*teas, "DEAR")] + [listing("S4", t, 4) for t in ("NEW", "T0")],
        products=[*map(product, teas), product("DEAR", list_price=500.0), product("NEW", list_price=21.0)],
        orders=[order("S0", t, day(0), 8) for t in teas] + [order("S0", "DEAR", day(0), 1)],
    )


def test_a_new_product_borrows_from_goods_of_its_category_at_about_its_price(market, sensing):
    found = row(market, day(3), sensing, "S4", "NEW")
    mean = (20 * 8 + 1) / 21
    near = (20 * 8 + 10 * mean) / (20 + 10)
    assert found["kin_category_units"] == pytest.approx(mean, abs=1e-5)
    assert found["kin_nearest_units"] == pytest.approx(near, abs=1e-5)
    assert found["kin_own_units"] == pytest.approx(near, abs=1e-5)
    assert found["kin_nearest_debut_units"] == pytest.approx(near, abs=1e-5)
    assert (found["units_28d"], found["debut_units"]) == (0, None)


def test_what_the_session_itself_sells_does_not_teach_its_own_cold_start(market, sensing):
    during = day(4) + timedelta(minutes=30)
    sold = pl.DataFrame([order("S4", "T0", day(4) + timedelta(minutes=5), 500)], schema=market["orders"].schema)
    other = {**market, "orders": pl.concat([market["orders"], sold])}
    before, after = row(market, during, sensing, "S4", "NEW"), row(other, during, sensing, "S4", "NEW")
    kin = [name for name in before if name.startswith("kin_")]
    assert {name: before[name] for name in kin} == {name: after[name] for name in kin}
    assert before["category_units_7d"] != after["category_units_7d"]
