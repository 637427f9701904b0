"""The plan, line by line: the stocking list's columns and what the papers for people need beside them.

Nothing outside `stocking.papers.audiences` takes columns from here for a reader.
"""

import pandera.polars as pa
import polars as pl

from stocking.lines import INSTANT, MANY, WORDS, amount, units
from stocking.stocking_list import STOCKING_LIST


def _text() -> pa.Column:
    return pa.Column(pl.String, nullable=True)


def _money() -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(-(MANY**2), MANY**2))


def _flag() -> pa.Column:
    return pa.Column(pl.Boolean)


BESIDE = {
    "room_id": _text(),
    "anchor_id": _text(),
    "position": units(nullable=True),
    "unit_volume_l": amount(nullable=True),
    "cost": amount(),
    "cost_is_default": _flag(),
    "is_new_product": _flag(),
    "capped_last_time": _flag(),
    "is_too_late": _flag(),
    "packed_units": units(),
    "least_units": units(),
    "daily_capacity_units": units(nullable=True),
    "needed_by": pa.Column(INSTANT),
    "lost_profit": amount(),
    "leftover_chance": pa.Column(pl.Float64, pa.Check.in_range(0.0, 1.0)),
    "reserve_value": _money(),
    "expected_sales_units": amount(),
    "expected_returned_units": amount(),
    "units_an_order": pa.Column(pl.Float64, pa.Check.in_range(1.0, MANY), nullable=True),
    "questions": pa.Column(WORDS),
    "complaints": pa.Column(WORDS),
}
"""Beside the list's own columns:

`cost` per unit, as used; `packed_units` and `least_units` of an order; `needed_by`, when goods must be in the house;
`lost_profit`, what not ordering costs on average; `leftover_chance`, how likely it is that something stays unsold;
`reserve_value`, what the reserved material is worth on average, its fee paid; `units_an_order`, of one buyer;
`questions` and `complaints` of viewers, the most frequent first.
"""

DECIDED = pa.DataFrameSchema(
    {**STOCKING_LIST.columns, **BESIDE}, unique=["session_id", "product_id"], strict=True, ordered=True
)
"""One row per listing, sorted by `rank`."""

LIMITS = pa.DataFrameSchema(
    {
        "kind": pa.Column(pl.String, pa.Check.isin(["budget", "volume", "capacity", "products"])),
        "owner_id": _text(),
        "until": pa.Column(INSTANT, nullable=True),
        "unit": pa.Column(pl.String),
        "limit": amount(),
        "used": amount(),
        "worth": amount(),
    },
    strict=True,
    ordered=True,
)
"""What the plan had to keep to, one row each.

`kind`: the `budget` of a merchant (money), the `volume` of the warehouse (litres; no owner), the `capacity` of a
supplier for what it must start `until` then (units), the `products` stocked up for one session (owner: the session).
`used` is never above `limit`; `worth` is the profit that one unit more of it would bring.
"""
