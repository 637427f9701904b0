"""Rows delivered twice: the same row again changes nothing, another version of it is kept."""

import polars as pl

from features.contract import TableContract


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
