"""Listings small enough to check by hand: one row with round numbers, changed column by column."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml

from stocking.lines import LEVELS, LINES, STOCK
from stocking.policy import Policy

CUTOFF = datetime(2024, 6, 19, tzinfo=UTC)
STEADY = {name: 100.0 * level for name, level in LEVELS.items()}
"""Demand spread evenly over 0 to 98 units: F(q) = q / 100 there."""

LINE = {
    "session_id": "S1",
    "product_id": "P1",
    "merchant_id": "M1",
    "supplier_id": "U1",
    "title": "Lipstick",
    "category": "beauty/lips",
    "cutoff": CUTOFF,
    "scheduled_at": CUTOFF + timedelta(days=5),
    "price": 10.0,
    "unit_cost": 4.0,
    "salvage_value": 2.0,
    "units_offered": None,
    "lead_time_days": 2.0,
    "min_order_units": 0,
    "pack_units": 1,
    "reserve_fee_rate": None,
    "is_new_product": False,
    "capped_last_time": False,
    "p_hit": 0.1,
    "return_rate": 0.0,
    "demand_mean": 50.0,
    **STEADY,
    "reasons": ["sold well last time"],
    "forecast_notes": [],
    "model_version": "1",
    "data_version": "abc",
}
"""A sale earns 6, a leftover loses 2: the critical ratio is 6 / 8, the best stock 75 units."""

Rows = Callable[..., pl.DataFrame]


@pytest.fixture
def lines() -> Rows:
    """The frame of the given changes to `LINE`, one row each; without any, `LINE` itself."""
    schema = {name: column.dtype.type for name, column in LINES.columns.items()}

    def build(*changes: Mapping[str, object]) -> pl.DataFrame:
        return pl.DataFrame([LINE | change for change in changes or ({},)], schema=schema)

    return build


@pytest.fixture
def stock() -> Rows:
    """On-hand and inbound units by product."""
    schema = {name: column.dtype.type for name, column in STOCK.columns.items()}

    def build(**units: tuple[int | None, int | None]) -> pl.DataFrame:
        return pl.DataFrame([(product, *both) for product, both in units.items()], schema=schema, orient="row")

    return build


@pytest.fixture(scope="session")
def policy() -> Policy:
    base = Path(__file__).parents[2] / "configs" / "base.yaml"
    return Policy(**yaml.safe_load(base.read_text(encoding="utf-8"))["policy"])
