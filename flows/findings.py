"""What was found when predictors in service were looked at, as the lake keeps it."""

import hashlib

import polars as pl

from flows.lake import Lake
from flows.once import add_once
from flows.site import Site

TABLE = "monitor"


def keep_findings(site: Site, rows: pl.DataFrame, data_version: str) -> bool:
    """Keep the findings of one look (`models.drift.told.MONITOR`), once; whether they are new.

    The same moment, predictor and data were looked at before, whatever was found then: it stays.
    """
    lake = Lake(site.made())
    about = f"{rows['as_of'][0].isoformat()} {rows['predictor'][0]} {data_version}" if rows.height else ""
    digest = hashlib.sha256(about.encode()).hexdigest()
    with lake.alone():
        return add_once(lake, TABLE, rows, (digest, "a look"))


def kept_findings(site: Site) -> pl.DataFrame:
    """All findings, in the order of time."""
    return Lake(site.made()).scan(TABLE).collect().sort("as_of", "predictor", "kind", "name", nulls_last=True)
