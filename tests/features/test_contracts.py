from datetime import UTC, datetime

import polars as pl
import pytest
from pandera.errors import SchemaErrors

from features.contracts import KINDS, TABLES, empty_tables

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
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


LEGAL = {"id": "X", "text": "said", "units": 3, "money": 2.5, "number": 1.0, "instant": NOON, "minute": NOON}
ILLEGAL = {
    "id": ["", "x" * 100_000], "text": ["x" * 10_000_000], "word": ["nonsense", ""], "units": [-(2**40), 2**40],
    "money": [-1e30, 1e30, float("nan")], "number": [-1e30, 1e30, float("inf"), float("nan")],
    "instant": [NOON.replace(year=1969), NOON.replace(year=2101)], "minute": [NOON.replace(second=1)],
}  # fmt: skip


def legal_row(name):
    return {one.name: one.words[0] if one.kind == "word" else LEGAL[one.kind] for one in TABLES[name].columns.values()}


def says_pandera(contract, frame):
    try:
        contract.schema.validate(frame, lazy=True)
    except SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("name", TABLES)
def test_what_is_looked_up_at_once_is_what_pandera_says_column_by_column(name):
    contract, row = TABLES[name], legal_row(name)
    good = pl.DataFrame([row, row], schema=contract.dtypes)
    assert contract.satisfied(good)
    assert says_pandera(contract, good)
    for column in contract.columns.values():
        for value in (None, *ILLEGAL[column.kind]):
            frame = pl.DataFrame([row, row | {column.name: value}], schema=contract.dtypes)
            assert contract.satisfied(frame) == says_pandera(contract, frame) == (value is None and column.optional)


@pytest.mark.parametrize("name", TABLES)
def test_a_frame_of_other_columns_or_types_satisfies_nobody(name):
    contract = TABLES[name]
    good = pl.DataFrame([legal_row(name)], schema=contract.dtypes)
    first = next(iter(contract.columns))
    for other in (good.drop(first), good.with_columns(more=1), good.with_columns(pl.lit(1.0).alias(first))):
        assert not contract.satisfied(other)
        assert not says_pandera(contract, other)
