import polars as pl
import pytest
from pandera.errors import SchemaErrors

from features.contracts import KINDS, TABLES, empty_tables

KEYS = {
    "sessions": ("session_id",),
    "lineups": ("session_id", "product_id"),
    "products": ("product_id",),
    "suppliers": ("supplier_id",),
    "events": ("event_id",),
    "event_counts": ("session_id", "product_id", "minute", "kind"),
    "orders": ("order_id",),
    "returns": ("return_id",),
    "stock": ("product_id", "as_of"),
}
MAY_BE_ABSENT = {
    "sessions": {"anchor_id", "platform", "planned_minutes", "started_at", "ended_at", "followers"},
    "lineups": {"position", "units_offered", "planned_minutes"},
    "products": {"supplier_id", "unit_cost", "salvage_value", "unit_volume_l", "launched_at"},
    "suppliers": {"daily_capacity_units", "reserve_fee_rate"},
    "events": {"product_id", "viewer_id", "text"},
    "event_counts": {"product_id", "viewers"},
    "orders": {"viewer_id"},
    "returns": {"reason"},
    "stock": set(),
}


def test_the_tables_have_the_keys_of_the_contract():
    assert {name: contract.key for name, contract in TABLES.items()} == KEYS


def test_four_tables_must_be_there():
    assert {name for name, contract in TABLES.items() if contract.required} == {
        "sessions",
        "lineups",
        "products",
        "orders",
    }


@pytest.mark.parametrize("name", TABLES)
def test_exactly_the_columns_with_a_question_mark_may_be_absent(name):
    columns = TABLES[name].own_columns
    assert {column.name for column in columns if column.optional} == MAY_BE_ABSENT[name]


@pytest.mark.parametrize("name", TABLES)
def test_any_table_may_say_when_we_learnt_of_a_row(name):
    assert TABLES[name].columns["received_at"].optional


@pytest.mark.parametrize("name", TABLES)
def test_a_table_stands_after_those_that_it_refers_to(name):
    places = list(TABLES)
    assert all(places.index(one.table) < places.index(name) for one in TABLES[name].references)


@pytest.mark.parametrize("name", TABLES)
def test_the_schema_is_satisfied_by_an_empty_table(name):
    empty = empty_tables()[name]
    assert TABLES[name].schema.validate(empty, lazy=True).equals(empty)


@pytest.mark.parametrize("name", TABLES)
def test_what_cannot_be_done_without_an_optional_table_is_said(name):
    assert bool(TABLES[name].without) != TABLES[name].required


def stock(**more: object):
    cells = {"product_id": "P", "as_of": pl.Series([-1]).cast(pl.Datetime("us", "UTC"))[0]} | more
    row = {"on_hand_units": 1, "inbound_units": 0, "received_at": None} | cells
    return pl.DataFrame([row], schema=TABLES["stock"].dtypes)


def test_bounds_have_two_sides_so_that_nothing_endless_passes():
    with pytest.raises(SchemaErrors) as caught:
        TABLES["stock"].schema.validate(stock(on_hand_units=2**40), lazy=True)
    told = caught.value.failure_cases.select("column", "check").rows()
    assert ("on_hand_units", "must lie between 0 and 1e+09") in told
    assert ("as_of", "must lie between 1970 and 2100") in told


def test_the_kinds_are_those_of_the_contract():
    assert set(KINDS) == {
        *("enter", "leave", "view", "like", "comment", "share"),
        *("follow", "gift", "product_click", "add_to_cart", "sold_out", "restock"),
    }
