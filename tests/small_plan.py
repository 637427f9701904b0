"""Plans small enough to check by hand: one line with round numbers, changed column by column."""

from datetime import UTC, datetime, timedelta

import polars as pl

from stocking.decided import DECIDED, LIMITS
from stocking.papers.audiences import QUALITY, Background
from stocking.papers.paper import About

CUTOFF = datetime(2024, 6, 19, tzinfo=UTC)
START = datetime(2024, 6, 24, 12, tzinfo=UTC)
"""20:00 in Shanghai."""

DECISION = {
    "session_id": "S1",
    "product_id": "P1",
    "merchant_id": "M1",
    "supplier_id": "U1",
    "title": "Lipstick",
    "category": "beauty/lips",
    "scheduled_at": START,
    "price": 10.0,
    "cutoff": CUTOFF,
    "p_hit": 0.25,
    "demand_mean": 50.0,
    "demand_p10": 20.0,
    "demand_p25": 35.0,
    "demand_p50": 50.0,
    "demand_p75": 65.0,
    "demand_p90": 80.0,
    "demand_p95": 90.0,
    "return_rate": 0.125,
    "available_units": 8,
    "recommended_units": 60,
    "reserve_units": 12,
    "order_by": START - timedelta(days=3),
    "expected_profit": 240.0,
    "fill_rate": 0.9,
    "leftover_units": 11.5,
    "reasons": ["sold well last time"],
    "notes": [],
    "model_version": "1",
    "data_version": "abc",
    "net_demand_mean": 44.0,
    "net_demand_p10": 18.0,
    "net_demand_p50": 44.0,
    "net_demand_p90": 70.0,
    "room_id": "R1",
    "anchor_id": "A1",
    "position": None,
    "unit_volume_l": 0.5,
    "cost": 4.0,
    "cost_is_default": False,
    "is_new_product": False,
    "capped_last_time": False,
    "is_too_late": False,
    "packed_units": 12,
    "least_units": 24,
    "daily_capacity_units": None,
    "needed_by": START - timedelta(days=1),
    "lost_profit": 180.0,
    "leftover_chance": 0.75,
    "reserve_value": 21.0,
    "expected_sales_units": 45.0,
    "expected_returned_units": 5.5,
    "units_an_order": 1.5,
    "questions": ["which colour?"],
    "complaints": ["too dry"],
}
ABOUT = About(CUTOFF, timedelta(days=7), "Asia/Shanghai", "CNY", "12", "lake@7")


def typed(contract):
    return {name: column.dtype.type for name, column in contract.columns.items()}


def decided(*changes):
    """The plan of the given changes to `DECISION`, ranked as they come."""
    rows = [DECISION | {"rank": rank} | change for rank, change in enumerate(changes or ({},), start=1)]
    return pl.DataFrame(rows, schema=typed(DECIDED))


def limits(*rows):
    """Limits, one tuple each: kind, owner, until, unit, limit, used, worth."""
    return pl.DataFrame(list(rows), schema=typed(LIMITS), orient="row")


def background(previous=None, *quality):
    """What the papers tell beside a plan; quality as pairs of topic and finding."""
    return Background(ABOUT, previous, pl.DataFrame(list(quality), schema=QUALITY, orient="row"))
