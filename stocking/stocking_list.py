"""The stocking list: its contract and its order."""

import pandera.polars as pa
import polars as pl

from stocking.lines import INSTANT, MANY, WORDS, checked
from stocking.net_demand import NET
from stocking.policy import Policy


def _text(*, nullable: bool) -> pa.Column:
    return pa.Column(pl.String, nullable=nullable)


def _number(low: float, high: float) -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(low, high))


def _count(low: int) -> pa.Column:
    return pa.Column(pl.Int64, pa.Check.in_range(low, int(MANY)))


STOCKING_LIST = pa.DataFrameSchema(
    {
        "rank": pa.Column(pl.Int64, pa.Check.in_range(1, int(MANY)), unique=True),
        "session_id": _text(nullable=False),
        "product_id": _text(nullable=False),
        "merchant_id": _text(nullable=True),
        "supplier_id": _text(nullable=True),
        "title": _text(nullable=True),
        "category": _text(nullable=True),
        "scheduled_at": pa.Column(INSTANT),
        "price": _number(0.0, MANY),
        "cutoff": pa.Column(INSTANT),
        "p_hit": _number(0.0, 1.0),
        "demand_mean": _number(0.0, MANY),
        "demand_p10": _number(0.0, MANY),
        "demand_p25": _number(0.0, MANY),
        "demand_p50": _number(0.0, MANY),
        "demand_p75": _number(0.0, MANY),
        "demand_p90": _number(0.0, MANY),
        "demand_p95": _number(0.0, MANY),
        "return_rate": _number(0.0, 1.0),
        "available_units": _count(0),
        "recommended_units": _count(0),
        "reserve_units": _count(0),
        "order_by": pa.Column(INSTANT, nullable=True),
        "expected_profit": _number(-(MANY**2), MANY**2),
        "fill_rate": _number(0.0, 1.0),
        "leftover_units": _number(0.0, MANY),
        "reasons": pa.Column(WORDS),
        "notes": pa.Column(WORDS),
        "model_version": _text(nullable=False),
        "data_version": _text(nullable=False),
        **{name: _number(0.0, MANY) for name in NET},
    },
    unique=["session_id", "product_id"],
    strict=True,
    ordered=True,
)
"""Every column of the list, in its order, with its type and bounds."""

LISTS = pl.Schema(
    {name: column.dtype.type for name, column in STOCKING_LIST.columns.items()} | {"list_sha256": pl.String()}
)
"""The table in which published lists are kept; `list_sha256` is the digest of the list's file."""


def ranked(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The lines best first, `rank` 1, 2, 3 …: by what the policy ranks by, then the other of the two, then the ids."""
    other = {"p_hit": "expected_profit", "expected_profit": "p_hit"}[policy.rank_by]
    keys = (policy.rank_by, other, "session_id", "product_id")
    return (
        lines
        .sort(keys, descending=[True, True, False, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    )  # fmt: skip


def as_published(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with values as the list tells them: no reasons where none are known, the return rate that was used."""
    return lines.with_columns(pl.col("reasons").fill_null([]), return_rate=pl.col("returned_share"))


def published(decided: pl.DataFrame) -> pl.DataFrame:
    """The list as the contract has it, every value checked."""
    return checked(decided.select(list(STOCKING_LIST.columns)).rechunk(), STOCKING_LIST)
