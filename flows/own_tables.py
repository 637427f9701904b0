"""What the lake keeps beside the landing tables: each table's columns and their types."""

from collections.abc import Mapping

import polars as pl

from features.quarantine import QUARANTINE
from flows.outcome import INGEST_LOG
from models.drift.told import MONITOR
from stocking.acts.advise import ALERTS
from stocking.decisions import KEPT
from stocking.exploration import EXPLORED
from stocking.feedback import contract as feedback
from stocking.stocking_list import LISTS

FORGOTTEN = pl.Schema({"tombstone": pl.String()})
"""Keyed hashes of viewers who were forgotten, and of their orders: `features.privacy.Door.tombstone`."""

OWN: Mapping[str, pl.Schema] = {
    "quarantine": QUARANTINE,
    "ingest_log": INGEST_LOG,
    "decisions": KEPT,
    "lists": LISTS,
    "alerts": ALERTS,
    "monitor": MONITOR,
    "explored": EXPLORED,
    "feedback": feedback.KEPT,
    "forgotten": FORGOTTEN,
}
"""By name."""
