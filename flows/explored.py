"""What was given more by lot, and with which chance, as the lake keeps it beside the lists."""

import polars as pl

from flows.lake import Lake
from flows.once import add_once
from flows.site import Site
from stocking.exploration import EXPLORED

TABLE = "explored"


def keep_explored(site: Site, lots: pl.DataFrame, sha256: str) -> bool:
    """Keep what a list's lot could have drawn, once; whether it is new.

    Args:
        site: whose lake.
        lots: `stocking.exploration.logged`.
        sha256: digest of the list's file.
    """
    lake = Lake(site.made())
    rows = lots.with_columns(list_sha256=pl.lit(sha256)).select(EXPLORED.names())
    with lake.alone():
        return add_once(lake, TABLE, rows, (sha256, "stocking_list.parquet"))
