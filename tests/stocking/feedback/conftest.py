"""Lists, answers and outcomes small enough to check by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from stocking.decisions import KEPT as DECISIONS
from stocking.feedback.contract import KEPT, SIMPLE
from stocking.stocking_list import LISTS

NOON = datetime(2024, 6, 20, 12, tzinfo=UTC)
"""When every session begins here."""

LISTED = {
    "session_id": "S1", "product_id": "P1", "merchant_id": "M1", "supplier_id": "U1", "title": "Tea",
    "category": "food/tea", "scheduled_at": NOON, "price": 10.0, "p_hit": 0.2, "demand_mean": 12.0, "demand_p10": 4.0,
    "demand_p25": 7.0, "demand_p50": 10.0, "demand_p75": 15.0, "demand_p90": 20.0, "demand_p95": 24.0,
    "return_rate": 0.1, "available_units": 2, "recommended_units": 10, "reserve_units": 3, "model_version": "v1",
    "data_version": "d1",
}  # fmt: skip
ROW = {
    **{name: LISTED[name] for name in LISTED if name in KEPT},
    "anchor_id": "A1", "room_id": "R1", "list_sha256": "a" * 64, "cutoff": NOON - timedelta(days=2), "in_time": True,
    "predictor": "v1", "stage": "fresh", "judged_at": NOON + timedelta(hours=4), "over_known": NOON, "sales_units": 8,
    "is_new_product": False, "demand_units": 8.0, "censored": False, "available_share": 1.0, "returned_units": 0,
    "hit_bar_units": 20.0, "hit": False, "had_units": 12, "had_reserve_units": 0, "cost": 4.0, "salvage": 1.0,
    "returned_share": 0.0, "return_handling": 0.0, "reserve_fee": 0.0, "met_units": 8.0, "made_units": 0.0,
    "left_units": 4.0, "profit": 36.0, "recommended_profit": 36.0, "oracle_profit": 48.0, "pinball3": 0.5,
    **{f"{name}_{told}": 1.0 for name in SIMPLE for told in ("mean", "p10", "p50", "p90", "pinball3")},
}  # fmt: skip


@pytest.fixture
def listed():
    """Lines of published lists, one change to `LISTED` each; `turn` counts them, cutoffs lie days before noon."""

    def build(*changes):
        rows = [
            LISTED
            | {"list_sha256": f"{turn}" * 64, "turn": turn, "cutoff": NOON - timedelta(days=change["days"])}
            | change
            for turn, change in enumerate(changes)
        ]
        schema = {**LISTS, "turn": pl.Int64()}
        return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)

    return build


@pytest.fixture
def answered():
    """Decisions, as (days before noon, units, digit of the list answered)."""

    def build(*answers):
        rows = [
            {
                "session_id": "S1", "product_id": "P1", "merchant_id": "M1", "recommended_units": 77,
                "approved_units": units, "decided_at": NOON - timedelta(days=days),
                "list_sha256": None if digit is None else f"{digit}" * 64,
            }
            for days, units, digit in answers
        ]  # fmt: skip
        return pl.DataFrame([{name: row.get(name) for name in DECISIONS} for row in rows], schema=DECISIONS)

    return build


@pytest.fixture
def rows():
    """Rows of the feedback, one change to `ROW` each."""

    def build(*changes):
        told = [ROW | change for change in changes]
        return pl.DataFrame([{name: row.get(name) for name in KEPT} for row in told], schema=KEPT)

    return build
