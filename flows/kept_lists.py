"""Every list that was published, as the lake keeps it: what was said, to be compared with what happened."""

from datetime import datetime

import polars as pl

from flows.lake import Lake
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
    with lake.alone():
        if lines.is_empty() or lake.known(TABLE, [sha256]):
            return False
        append = lake.append(TABLE, f"{lake.commits(TABLE):012d}-{sha256}")  # files sort as they were published
        append.add(lines.with_columns(list_sha256=pl.lit(sha256)).select(LISTS.names()))
        append.commit([sha256], {sha256: "stocking_list.parquet"})
    return True


def planned_before(site: Site, at: datetime) -> pl.DataFrame:
    """Of each listing the line of the last list whose cutoff lies at or before an instant (`LISTS`).

    Of lists with one cutoff, made anew when merchants had answered, it is the last published.
    """
    told = every_list(site).filter(pl.col("cutoff") <= at).collect().sort("cutoff", "turn", *_LISTING)
    return told.unique(_LISTING, keep="last", maintain_order=True).drop("turn")


def every_list(site: Site) -> pl.LazyFrame:
    """All lines of all lists, with `turn`, which counts the lists as they were published."""
    files = [path for paths in Lake(site.made()).parts(TABLE).values() for path in paths]
    lists = [pl.scan_parquet(path).with_columns(turn=pl.lit(turn, pl.Int64)) for turn, path in enumerate(files)]
    return pl.concat([pl.LazyFrame(schema={**LISTS, "turn": pl.Int64}), *lists])
