"""What a listing must bring along before units can be decided for it."""

from itertools import pairwise

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context

INSTANT = pl.Datetime("us", "UTC")
WORDS = pl.List(pl.String)

LEVELS = {
    "demand_p05": 0.05,
    "demand_p10": 0.10,
    "demand_p25": 0.25,
    "demand_p50": 0.50,
    "demand_p75": 0.75,
    "demand_p90": 0.90,
    "demand_p95": 0.95,
    "demand_p98": 0.98,
}
"""The forecast's quantile columns and the probability that demand stays at or below each."""

MANY = 1e12
"""No price, no number of units and no rate reaches this: an open bound would let infinity through."""


class LinesError(TypeError):
    """The listings are not in a shape that can be checked; says which and what to do."""


def amount(*, nullable: bool = False, required: bool = True) -> pa.Column:
    """A contract's column of money, litres or parts of units."""
    return pa.Column(pl.Float64, pa.Check.in_range(0.0, MANY), nullable=nullable, required=required)


def units(*, least: int = 0, nullable: bool = False, required: bool = True) -> pa.Column:
    """A contract's column of whole units."""
    return pa.Column(pl.Int64, pa.Check.in_range(least, int(MANY)), nullable=nullable, required=required)


def _share(*, nullable: bool) -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(0.0, 1.0), nullable=nullable)


OPTIONAL = {
    "room_id": pa.Column(pl.String, nullable=True, required=False),
    "anchor_id": pa.Column(pl.String, nullable=True, required=False),
    "position": units(nullable=True, required=False),
    "unit_volume_l": amount(nullable=True, required=False),
    "daily_capacity_units": units(nullable=True, required=False),
    "units_an_order": pa.Column(pl.Float64, pa.Check.in_range(1.0, MANY), nullable=True, required=False),
    "questions": pa.Column(WORDS, nullable=True, required=False),
    "complaints": pa.Column(WORDS, nullable=True, required=False),
    "approved_units": units(nullable=True, required=False),
    "decision_note": pa.Column(pl.String, nullable=True, required=False),
}
"""What may be known of a listing beside its forecast; a column that is not there is null in every row.

`units_an_order` of one buyer; `questions` and `complaints` of viewers; `approved_units` and `decision_note` are what
the merchant decided on an earlier list.
"""

LINES = pa.DataFrameSchema(
    {
        "session_id": pa.Column(pl.String),
        "product_id": pa.Column(pl.String),
        "merchant_id": pa.Column(pl.String, nullable=True),
        "supplier_id": pa.Column(pl.String, nullable=True),
        "title": pa.Column(pl.String, nullable=True),
        "category": pa.Column(pl.String, nullable=True),
        "cutoff": pa.Column(INSTANT),
        "scheduled_at": pa.Column(INSTANT),
        "price": amount(),
        "unit_cost": amount(nullable=True),
        "salvage_value": amount(nullable=True),
        "units_offered": units(nullable=True),
        "lead_time_days": pa.Column(pl.Float64, pa.Check.in_range(0.0, 36_500.0), nullable=True),
        "min_order_units": units(nullable=True),
        "pack_units": units(least=1, nullable=True),
        "reserve_fee_rate": amount(nullable=True),
        "is_new_product": pa.Column(pl.Boolean, nullable=True),
        "capped_last_time": pa.Column(pl.Boolean, nullable=True),
        "p_hit": _share(nullable=False),
        "return_rate": _share(nullable=True),
        "return_concentration": pa.Column(pl.Float64, pa.Check.in_range(0.01, MANY), nullable=True, required=False),
        "demand_mean": amount(),
        **{name: amount() for name in LEVELS},
        "reasons": pa.Column(WORDS, nullable=True),
        "forecast_notes": pa.Column(WORDS, nullable=True, required=False),
        **OPTIONAL,
        "model_version": pa.Column(pl.String),
        "data_version": pa.Column(pl.String),
    },
    checks=[
        pa.Check(
            lambda data, low=low, high=high: data.lazyframe.select(pl.col(low) <= pl.col(high)), name=f"{low} <= {high}"
        )
        for low, high in pairwise(LEVELS)
    ],
    unique=["session_id", "product_id"],
    strict=False,
)
"""The listings ahead with their forecast; other columns are not read.

`forecast_notes` may be left out, and `return_concentration`: how closely returns keep to `return_rate`, as c of a beta
distribution about it; where it is unknown the rate is taken as certain.
"""

STOCK = pa.DataFrameSchema(
    {
        "product_id": pa.Column(pl.String, unique=True),
        "on_hand_units": units(nullable=True),
        "inbound_units": units(nullable=True),
    },
    strict=False,
)
"""One row per product: what is on hand and on its way at the cutoff."""


def listings(lines: pl.DataFrame) -> pl.DataFrame:
    """The checked listings with the contract's columns alone, sorted by their ids."""
    known = [name for name in LINES.columns if name in lines.columns]
    silent = [pl.lit(None, OPTIONAL[name].dtype.type).alias(name) for name in OPTIONAL if name not in lines.columns]
    return checked(lines, LINES).select(*known, *silent).sort("session_id", "product_id")


def checked(frame: pl.DataFrame, contract: pa.DataFrameSchema) -> pl.DataFrame:
    """The frame itself, once every value in it keeps the contract.

    Raises:
        LinesError: a lazy frame, of which only the schema would be looked at.
        pandera.errors.SchemaErrors: what breaks the contract, all of it.
    """
    if not isinstance(frame, pl.DataFrame):
        raise LinesError(f"found a {type(frame).__name__}, expected a collected DataFrame: call .collect() first")
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        contract.validate(frame, lazy=True)
    return frame
