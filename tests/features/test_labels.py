from datetime import timedelta

import polars as pl
import pytest
from small_world import day, listing, order, product, session

from features.labels import hit_labels, outcomes
from features.outages import outages


def test_sales_are_final_when_the_session_is_over(three_evenings, sensing):
    assert outcomes(three_evenings, day(2) + timedelta(hours=1), sensing)["sales_units"].to_list() == [5, 7]
    assert outcomes(three_evenings, day(3), sensing)["sales_units"].to_list() == [5, 7, 9]


def test_a_session_that_never_started_has_no_outcome(three_evenings, sensing):
    assert "S4" not in outcomes(three_evenings, day(30), sensing)["session_id"].to_list()


def sold_out_world(world, carts=()):
    """P sells evenly for two hours in S0; in S1 it sells 6 in the first half and is then gone."""
    minutes = range(5, 120, 10)
    orders = [order("S0", "P", day(0) + timedelta(minutes=m)) for m in minutes]
    orders += [order("S1", "P", day(1) + timedelta(minutes=m)) for m in range(5, 60, 10)]
    gone = {
        "event_id": "E",
        "session_id": "S1",
        "product_id": "P",
        "kind": "sold_out",
        "ts": day(1) + timedelta(hours=1),
    }
    return world(
        sessions=[session("S0", 0), session("S1", 1)],
        lineups=[listing("S0", "P", 0), listing("S1", "P", 1)],
        products=[product("P")],
        orders=orders,
        events=[gone, *carts],
    )


def test_demand_of_a_sold_out_listing_is_rebuilt_from_the_arrival_curve(world, sensing):
    found = outcomes(sold_out_world(world), day(5), sensing)
    assert found["sales_units"].to_list() == [12, 6]
    assert found["censored"].to_list() == [False, True]
    assert found["available_share"].to_list() == [1.0, 0.5]
    assert found["demand_units"].to_list() == [12.0, 12.0]


def test_carts_that_go_on_after_the_sell_out_are_better_evidence(world, sensing):
    carts = [
        {"event_id": f"C{n}{m}", "session_id": n, "product_id": "P", "kind": "add_to_cart", "ts": at}
        for n, at0, count in (("S0", day(0), 24), ("S1", day(1), 48))
        for m in range(count)
        for at in [at0 + timedelta(minutes=2 * (m % 55))]
    ]
    found = outcomes(sold_out_world(world, carts), day(5), sensing)
    assert found["demand_units"].to_list() == [12.0, 24.0]


def test_a_sell_out_in_the_second_of_a_usual_arrival_is_judged_alike_alone_and_beside_others(world, sensing):
    """Whole seconds: fractions of a minute would not compare exactly."""
    second = 23  # 23 / 60 and 23 * (1 / 60) differ in their last bit
    usual = [order("S0", "P", day(0) + timedelta(seconds=second * n)) for n in (0.5, 1, 2, 3)]
    for names in (["Q"], ["Q", "R"]):
        gone = [
            {
                "event_id": n,
                "session_id": "S1",
                "product_id": n,
                "kind": "sold_out",
                "ts": day(1) + timedelta(seconds=second),
            }
            for n in names
        ]
        tables = world(
            sessions=[session("S0", 0), session("S1", 1)],
            lineups=[listing("S0", "P", 0), *(listing("S1", name, 1) for name in names)],
            products=[product("P"), *map(product, names)],
            orders=[*usual, *(order("S1", name, day(1)) for name in names)],
            events=gone,
        )
        assert outcomes(tables, day(5), sensing).filter(product_id="Q")["available_share"].to_list() == [0.25]


def test_rebuilt_demand_is_bounded(world, sensing):
    bounded = sensing.model_copy(update={"labels": sensing.labels.model_copy(update={"max_rebuild": 1.5})})
    assert outcomes(sold_out_world(world), day(5), bounded)["demand_units"].to_list() == [12.0, 9.0]


def test_the_order_that_reaches_the_offered_units_begins_an_outage(world):
    tables = world(
        sessions=[session("S0", 0)],
        lineups=[listing("S0", "P", 0, units_offered=3)],
        products=[product("P")],
        orders=[order("S0", "P", day(0) + timedelta(minutes=m)) for m in (1, 2, 3)],
    )
    assert outages(tables)["from_ts"].to_list() == [day(0) + timedelta(minutes=3)]


def test_a_restock_ends_an_outage(world):
    kinds = [("sold_out", 10), ("sold_out", 20), ("restock", 30), ("sold_out", 50)]
    events = [
        {"event_id": str(n), "session_id": "S0", "product_id": "P", "kind": k, "ts": day(0) + timedelta(minutes=m)}
        for n, (k, m) in enumerate(kinds)
    ]
    spells = outages(world(sessions=[session("S0", 0)], lineups=[listing("S0", "P", 0)], events=events))
    minutes = [(a - day(0), b and b - day(0)) for a, b in spells.select("from_ts", "until_ts").rows()]
    assert minutes == [
        (timedelta(minutes=10), timedelta(minutes=30)),
        (timedelta(minutes=50), None),
    ]


@pytest.mark.parametrize(("cutoff", "bar"), [(11, 9.1), (29, 9.1), (33, 9.5), (90, None)])
def test_a_hit_exceeds_the_bar_of_the_days_before_its_cutoff(sensing, cutoff, bar):
    past = pl.DataFrame(
        {"scheduled_at": [day(n) for n in range(11)], "demand_units": [float(n) for n in range(11)]}
    ).with_columns(pl.col("scheduled_at").cast(pl.Datetime("us", "UTC")))
    rows = pl.DataFrame({"cutoff": [day(cutoff)], "demand_units": [9.3]}).with_columns(
        pl.col("cutoff").cast(pl.Datetime("us", "UTC"))
    )
    found = hit_labels(past, rows, sensing.labels).row(0, named=True)
    assert found["hit_bar_units"] == (None if bar is None else pytest.approx(bar, abs=0.2))
    assert found["hit"] == (None if bar is None else found["hit_bar_units"] < 9.3)
