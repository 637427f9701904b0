"""What merchants decided of their lists, as it is kept, and what of it was known at a cutoff."""

from datetime import datetime

import pandera.polars as pa
import polars as pl

from stocking.lines import INSTANT, MANY

_MOST_LETTERS = 32_767  # of a cell
_UNITS = pa.Check.in_range(0, int(MANY))
_LISTING = ["session_id", "product_id"]

DECISIONS = pa.DataFrameSchema(
    {
        "merchant_id": pa.Column(pl.String, nullable=True),
        "list_sha256": pa.Column(pl.String, nullable=True),
        "session_id": pa.Column(pl.String),
        "product_id": pa.Column(pl.String),
        "recommended_units": pa.Column(pl.Int64, _UNITS),
        "approved_units": pa.Column(pl.Int64, _UNITS, nullable=True),
        "note": pa.Column(pl.String, pa.Check.str_length(1, _MOST_LETTERS), nullable=True),
        "decided_at": pa.Column(INSTANT),
    },
    strict=True,
    ordered=True,
)
"""One row per answered line of a workbook: the units approved, a note, or both."""

KEPT = pl.Schema({name: column.dtype.type for name, column in DECISIONS.columns.items()})
"""The same as polars types: the table in which they are kept."""

DECIDED_AT_CUTOFF = pl.Schema({name: KEPT[name] for name in (*_LISTING, "approved_units", "note")})


def decisions_at(kept: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """What was decided of each listing before a cutoff: session_id, product_id, approved_units and note.

    A later decision overrules an earlier one. An empty cell decides nothing: a note alone leaves the approved units as
    they were, units without a note leave the note. Of two decisions of the same instant the more cautious counts.
    """
    known = kept.filter(pl.col("decided_at") < cutoff).sort(
        "decided_at", "approved_units", "note", descending=[True, False, False], nulls_last=True
    )
    latest = [pl.col(name).drop_nulls().first().alias(name) for name in ("approved_units", "note")]
    return known.group_by(_LISTING).agg(latest).sort(_LISTING).select(DECIDED_AT_CUTOFF.names())
