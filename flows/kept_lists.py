"""Every list that was published, as the lake keeps it: what was said, to be compared with what happened."""

from datetime import datetime

import polars as pl

from flows.lake import Lake
from flows.once import add_once
from flows.places import scan_rows
from flows.site import Site
from stocking.stocking_list import LISTS

TABLE = "lists"
_LISTING = ["session_id", "product_id"]


def keep_list(site: Site, lines: pl.DataFrame, sha256: str) -> bool:
    """Keep a published list, once; whether it is new.

    Args:
        site: whose lake.
        lines: the contract's columns.
        sha256: digest of the list's file.
    """
    lake = Lake(site.made())
    rows = lines.with_columns(list_sha256=pl.lit(sha256)).select(LISTS.names())
    with lake.alone():
        return add_once(lake, TABLE, rows, (sha256, "stocking_list.parquet"))


def planned_before(site: Site, at: datetime) -> pl.DataFrame:
    """Of each listing the line of the last list whose cutoff lies at or before an instant (`LISTS`).

    Of lists with one cutoff, made anew when merchants had answered, it is the last published.
    """
    told = every_list(site).filter(pl.col("cutoff") <= at).collect().sort("cutoff", "turn", *_LISTING)
    return told.unique(_LISTING, keep="last", maintain_order=True).drop("turn")


def every_list(site: Site) -> pl.LazyFrame:
    """All lines of all lists, with `turn`, which counts the lists as they were published."""
    files = [path for paths in Lake(site.made()).parts(TABLE).values() for path in paths]
    lists = [scan_rows([path]).with_columns(turn=pl.lit(turn, pl.Int64)) for turn, path in enumerate(files)]
    return pl.concat([pl.LazyFrame(schema={**LISTS, "turn": pl.Int64}), *lists])
