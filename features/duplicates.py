"""Rows delivered twice: the same again changes nothing, another version is kept, and no action counts twice."""

import polars as pl

from features.contract import TableContract
from features.quarantine import FAULTS
from features.raw import ROW

OVERLAP = "events has this session and kind already"


def new_rows(delivered: pl.DataFrame, there: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """The delivered rows that are not there yet, each once; a row is the same only if all its columns are.

    Only rows that share a key are compared whole, which is rarely any.
    """
    key, columns = list(contract.key), list(contract.columns)
    repeated = delivered.select(key).is_duplicated().any()
    once = delivered.unique(columns, keep="first", maintain_order=True) if repeated else delivered
    same_key = there.select(columns).join(once.select(key), on=key, how="semi", nulls_equal=True)
    if same_key.is_empty():
        return once
    return once.join(same_key, on=columns, how="anti", nulls_equal=True, maintain_order="left")


def counted_twice(counts: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """Faults for numbered rows of event_counts whose session and kind are among those of the raw events."""
    return (
        counts.join(raw, on=["session_id", "kind"], how="semi", maintain_order="left")
        .select(ROW, pl.lit("kind").alias("column"), pl.col("kind").alias("value"), pl.lit(OVERLAP).alias("reason"))
        .cast(FAULTS)
    )
