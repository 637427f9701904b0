from datetime import timedelta

import polars as pl
import pytest
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors
from small_world import day, listing, order, product, session

from features.catalog import CATALOG
from features.table import compute, contract, lost, validated


def row(tables, cutoff, sensing, name="S4", thing="P"):
    asked = pl.DataFrame({"session_id": [name], "product_id": [thing], "cutoff": [cutoff]}).with_columns(
        pl.col("cutoff").cast(pl.Datetime("us", "UTC"))
    )
    return compute(tables, asked, sensing).row(0, named=True)


def test_history_counts_what_was_sold_before_the_cutoff(three_evenings, sensing):
    found = row(three_evenings, day(3), sensing)
    expected = {"units_last": 9, "units_last2": 7, "units_last3": 5, "units_mean3": 7, "units_7d": 21, "units_1d": 9}
    assert {name: found[name] for name in expected} == expected
    assert (found["product_showings"], found["product_anchor_showings_28d"], found["lead_days"]) == (3, 3, 1)


def test_a_showing_under_way_counts_as_far_as_it_has_come(three_evenings, sensing):
    during = row(three_evenings, day(2) + timedelta(minutes=5), sensing)
    assert (during["units_last"], during["units_last2"], during["product_showings"]) == (0, 7, 3)


def test_what_the_cutoffs_own_minute_brings_is_left_out(three_evenings, sensing):
    sold = day(2) + timedelta(minutes=10)
    assert row(three_evenings, sold + timedelta(seconds=59), sensing)["units_last"] == 0
    assert row(three_evenings, sold + timedelta(minutes=1), sensing)["units_last"] == 9


def test_a_late_order_counts_from_its_receipt(three_evenings, sensing):
    late = three_evenings["orders"].with_columns(received_at=pl.lit(day(3)).cast(pl.Datetime("us", "UTC")))
    tables = dict(three_evenings) | {"orders": late}
    assert row(tables, day(3), sensing)["units_7d"] == 0
    assert row(tables, day(3) + timedelta(minutes=1), sensing)["units_7d"] == 21


def test_a_new_product_has_no_history_but_its_kin_has(world, sensing):
    tables = world(
        sessions=[session("S0", 0), session("S4", 4, started_at=None, ended_at=None)],
        lineups=[listing("S0", "OLD", 0), listing("S4", "P", 4)],
        products=[product("OLD"), product("P")],
        orders=[order("S0", "OLD", day(0), 6)],
    )
    found = row(tables, day(3), sensing)
    assert (found["units_last"], found["product_showings"], found["category_units_28d"]) == (None, 0, 6)


def test_price_is_held_against_the_products_own_past(three_evenings, sensing):
    dearer = three_evenings["lineups"].with_columns(
        price=pl.when(pl.col("session_id") == "S4").then(15.0).otherwise("price")
    )
    found = row(dict(three_evenings) | {"lineups": dearer}, day(3), sensing)
    assert (found["price_to_last"], found["discount_share"], found["price_to_paid_28d"]) == (1.5, 0.25, 1.5)


def test_returns_count_once_their_orders_are_old_enough(three_evenings, sensing, world):
    first = three_evenings["orders"].row(0, named=True)["order_id"]
    back = world(returns=[{"return_id": "B", "order_id": first, "ts": day(5), "units": 1}])["returns"]
    tables = dict(three_evenings) | {"returns": back}
    assert row(tables, day(6), sensing)["product_return_share"] is None
    assert row(tables, day(20), sensing)["product_return_share"] == pytest.approx(1 / 21)


def test_neighbours_are_counted_on_the_whole_line_up(world, sensing):
    tables = world(
        sessions=[session("S4", 4, started_at=None, ended_at=None)],
        lineups=[listing("S4", name, 4, position=n + 1, price=10.0 * (n + 1)) for n, name in enumerate("PQR")],
        products=[product("P"), product("Q", category="food/rice"), product("R")],
    )
    found = row(tables, day(3), sensing)
    assert (found["lineup_listings"], found["lineup_category_listings"], found["price_to_lineup"]) == (3, 2, 0.5)


def test_rows_come_back_in_their_order_and_unknown_listings_are_silent(three_evenings, sensing):
    asked = pl.DataFrame(
        {"session_id": ["S4", "ghost", "S2"], "product_id": ["P", "P", "P"], "cutoff": [day(3), day(3), day(0)]}
    ).with_columns(pl.col("cutoff").cast(pl.Datetime("us", "UTC")))
    found = compute(three_evenings, asked, sensing)
    assert found["session_id"].to_list() == ["S4", "ghost", "S2"]
    assert found["price"].to_list() == [10.0, None, 10.0]


def test_engagement_features_are_said_to_be_lost_without_events(three_evenings):
    missing = lost(three_evenings)
    assert "clicks_last" in missing
    assert "units_last" not in missing


def test_names_in_the_catalog_are_unique_and_bounds_closed():
    names = [feature.name for feature in CATALOG]
    assert len(names) == len(set(names)) >= 60
    assert all(feature.low < feature.high < float("inf") for feature in CATALOG if feature.kind == "number")


def test_an_empty_world_gives_an_empty_table(world, sensing):
    nothing = pl.DataFrame(
        schema={"session_id": pl.String, "product_id": pl.String, "cutoff": pl.Datetime("us", "UTC")}
    )
    assert compute(world(), nothing, sensing).shape == (0, 3 + len(CATALOG))


def test_sales_without_a_showing_do_not_blow_up_a_faded_mean(three_evenings, sensing):
    """A web shop sells what was not on the line-up, too."""
    sold = order("S2", "P", day(39), 50)
    more = pl.DataFrame([sold], schema=three_evenings["orders"].schema)
    tables = dict(three_evenings) | {"orders": pl.concat([three_evenings["orders"], more])}
    assert row(tables, day(3), sensing)["units_per_showing_fading"] == pytest.approx(7.137, abs=0.001)
    assert row(tables, day(40), sensing)["units_per_showing_fading"] is None


def test_sales_count_for_a_category_from_when_the_product_is_known(three_evenings, sensing):
    late = three_evenings["products"].with_columns(received_at=pl.lit(day(3)).cast(pl.Datetime("us", "UTC")))
    tables = dict(three_evenings) | {"products": late}
    before, after = row(tables, day(3), sensing), row(tables, day(3) + timedelta(minutes=1), sensing)
    assert (before["category_units_28d"], before["units_7d"]) == (None, 21)
    assert (after["category_units_28d"], after["units_7d"]) == (7, 21)


def broken(table, name):
    """A table with one thing wrong."""
    value = {"below": -2.0, "above": 1e30, "not a number": float("nan"), "infinite": float("inf")}
    if name in value:
        return table.with_columns(pl.lit(value[name], pl.Float32).alias("units_last"))
    changed = {
        "no name": lambda: table.with_columns(product_id=pl.lit(None, pl.String)),
        "no cutoff": lambda: table.with_columns(cutoff=pl.lit(None, pl.Datetime("us", "UTC"))),
        "wider": lambda: table.with_columns(pl.col("units_last").cast(pl.Float64)),
        "naive": lambda: table.with_columns(pl.col("cutoff").dt.replace_time_zone(None)),
        "a column less": lambda: table.drop("units_last"),
        "a column more": lambda: table.with_columns(more=1),
    }
    return changed[name]()


@pytest.mark.parametrize(
    "name",
    ["below", "above", "not a number", "infinite", "no name", "no cutoff", "wider", "naive", "a column less",
     "a column more"],
)  # fmt: skip
def test_whatever_is_wrong_with_a_table_pandera_tells(three_evenings, sensing, name):
    asked = pl.DataFrame({"session_id": ["S4"], "product_id": ["P"], "cutoff": [day(3)]}).with_columns(
        pl.col("cutoff").cast(pl.Datetime("us", "UTC"))
    )
    table = compute(three_evenings, asked, sensing)
    assert validated(table) is table
    with pytest.raises(SchemaErrors):
        validated(broken(table, name))


def test_a_table_that_validates_quickly_validates_by_pandera_too(three_evenings, sensing):
    asked = three_evenings["lineups"].select(
        "session_id", "product_id", cutoff=pl.lit(day(3), pl.Datetime("us", "UTC"))
    )
    table = compute(three_evenings, asked, sensing).with_columns(units_last=pl.lit(None, pl.Float32))
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        assert contract().validate(table, lazy=True).equals(table)
