import polars as pl
import pytest
from pandera.errors import SchemaErrors

from stocking.lines import checked
from stocking.plan import stocking_list
from stocking.stocking_list import STOCKING_LIST

CONTRACT = {
    "rank": pl.Int64(),
    "session_id": pl.String(),
    "product_id": pl.String(),
    "merchant_id": pl.String(),
    "supplier_id": pl.String(),
    "title": pl.String(),
    "category": pl.String(),
    "scheduled_at": pl.Datetime("us", "UTC"),
    "price": pl.Float64(),
    "cutoff": pl.Datetime("us", "UTC"),
    "p_hit": pl.Float64(),
    **{f"demand_{part}": pl.Float64() for part in ("mean", "p10", "p25", "p50", "p75", "p90", "p95")},
    "return_rate": pl.Float64(),
    "available_units": pl.Int64(),
    "recommended_units": pl.Int64(),
    "reserve_units": pl.Int64(),
    "order_by": pl.Datetime("us", "UTC"),
    "expected_profit": pl.Float64(),
    "fill_rate": pl.Float64(),
    "leftover_units": pl.Float64(),
    "reasons": pl.List(pl.String()),
    "notes": pl.List(pl.String()),
    "model_version": pl.String(),
    "data_version": pl.String(),
    **{f"net_demand_{part}": pl.Float64() for part in ("mean", "p10", "p50", "p90")},
}
TIED = [
    {"session_id": "S2", "product_id": "P3", "p_hit": 0.5},
    {"session_id": "S1", "product_id": "P2", "p_hit": 0.5},
    {"session_id": "S1", "product_id": "P1", "p_hit": 0.5},
    {"session_id": "S9", "product_id": "P9", "p_hit": 0.5, "price": 11.0},
    {"session_id": "S0", "product_id": "P0", "p_hit": 0.4, "price": 99.0},
]


def test_the_list_has_exactly_the_columns_of_the_contract_in_their_order(lines, stock, policy):
    assert list(stocking_list(lines(), stock(), policy).schema.items()) == list(CONTRACT.items())


def test_no_listings_ahead_are_an_empty_list_of_the_same_shape(lines, stock, policy):
    empty = stocking_list(lines().clear(), stock(), policy)
    assert empty.height == 0
    assert list(empty.schema.items()) == list(CONTRACT.items())


def test_lines_are_ranked_by_chance_of_a_hit_then_profit_then_ids(lines, stock, policy):
    for rows in (TIED, TIED[::-1], TIED[2:] + TIED[:2]):
        ranked = stocking_list(lines(*rows), stock(), policy)
        assert ranked["rank"].to_list() == [1, 2, 3, 4, 5]
        pairs = ranked.select("session_id", "product_id").rows()
        assert pairs == [("S9", "P9"), ("S1", "P1"), ("S1", "P2"), ("S2", "P3"), ("S0", "P0")]


def test_the_policy_may_rank_by_profit_instead(lines, stock, policy):
    by_profit = policy.model_copy(update={"rank_by": "expected_profit"})
    ranked = stocking_list(lines(*TIED), stock(), by_profit)
    assert ranked["session_id"].to_list()[:2] == ["S0", "S9"]


def test_a_list_out_of_shape_is_refused(lines, stock, policy):
    good = stocking_list(lines(), stock(), policy)
    for bad in (good.drop("rank"), good.with_columns(rank=pl.lit(0)), good.with_columns(fill_rate=pl.lit(1.5))):
        with pytest.raises(SchemaErrors):
            checked(bad, STOCKING_LIST)
