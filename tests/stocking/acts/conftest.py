"""Listings under way small enough to check by hand: one row with round numbers, changed column by column."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from live_board import boards

from stocking.acts.advise import ALERTS, Moment
from stocking.acts.audiences import LISTINGS
from stocking.acts.settings import Acts
from stocking.acts.situation import LISTING, NOWCAST
from stocking.lines import LEVELS

BEGAN = datetime(2024, 6, 24, 12, tzinfo=UTC)
CUTOFF = BEGAN + timedelta(minutes=40)

ROW = {
    "session_id": "S1",
    "product_id": "P1",
    "cutoff": CUTOFF,
    "minutes_open": 40.0,
    "sold_units": 20,
    "p_hit": 0.5,
    "demand_mean": 60.0,
    **{name: 20.0 + 80.0 * level for name, level in LEVELS.items()},
    "merchant_id": "M1",
    "supplier_id": "U1",
    "anchor_id": "A1",
    "room_id": "R1",
    "title": "Lipstick",
    "category": "beauty/lips",
    "price": 10.0,
    "unit_cost": 4.0,
    "salvage_value": 2.0,
    "return_rate": 0.0,
    "stock_units": 40,
    "units_offered": None,
    "reserve_units": None,
    "plan_demand_p50": None,
    "on_show": None,
    "scheduled_at": BEGAN,
    "slot_ends": None,
    "ends": BEGAN + timedelta(minutes=120),
}
"""Demand spread evenly over 20 to 100 units, 20 of them sold; a sale earns 6, a unit left over loses 2."""


@pytest.fixture(scope="session")
def listings():
    """The frame of the given changes to `ROW`, one row each."""

    def build(*changes):
        schema = NOWCAST | LISTING | {name: LISTINGS[name] for name in LISTINGS if any(name in one for one in changes)}
        return pl.DataFrame([ROW | one for one in changes or ({},)], schema=schema)

    return build


@pytest.fixture(scope="session")
def board(listings):
    """Builds what live pages are made of."""
    return boards(listings)


@pytest.fixture(scope="session")
def even():
    """Demand spread evenly from so many units to so many: its columns."""

    def build(low, high):
        return {name: low + (high - low) * level for name, level in LEVELS.items()} | {"demand_mean": (low + high) / 2}

    return build


@pytest.fixture(scope="session")
def arrivals():
    """A hundredth of the demand a minute."""
    return pl.DataFrame({"minutes": [0.0, 100.0], "share": [0.0, 1.0]})


@pytest.fixture(scope="session")
def acts():
    return Acts(
        cool_down_minutes=10.0,
        value_min=1.0,
        value_share_min=0.0,
        raise_at=0.7,
        clear_at=0.4,
        sure_at=0.95,
        notice_minutes=30.0,
        tell_supplier_minutes=30.0,
        spare_level=0.9,
        response_share=0.5,
        lag_share=0.5,
        dead_share=0.1,
    )


@pytest.fixture(scope="session")
def patient(policy):
    """Every buyer waits."""
    return policy.model_copy(update={"reserve_wait_share": 1.0})


@pytest.fixture(scope="session")
def moment(listings, arrivals):
    """The tick of a number with the given listings, a minute after the one before."""

    def build(tick, *changes):
        at = CUTOFF + timedelta(minutes=tick)
        return Moment(tick, listings(*({"cutoff": at} | one for one in changes or ({},))), arrivals)

    return build


@pytest.fixture(scope="session")
def nothing():
    return ALERTS.to_frame()
