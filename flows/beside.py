"""What stands beside the forecasts: what viewers say, what merchants decided, the last list, how fresh the data is."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from features.contracts import TABLES
from features.known import ALWAYS, known_at
from features.plausible import doubts
from features.table import lost
from features.voices import voices
from flows.data import Data
from flows.lake import Lake
from flows.site import Site
from flows.summaries import plain
from stocking.decisions import decisions_at
from stocking.exports import LIST_FILE
from stocking.papers.audiences import QUALITY
from stocking.stocking_list import STOCKING_LIST

LOG = logging.getLogger("baokuan.stock")
_LISTING = ["session_id", "product_id"]


def with_voices(lines: pl.DataFrame, data: Data, site: Site) -> pl.DataFrame:
    """The listings with what viewers ask and blame, and how many units a buyer takes at once."""
    said = voices(data.tables, lines.select("product_id", "category", "cutoff"), site.settings().comments)
    return lines.join(said, on="product_id", how="left", maintain_order="left")


def with_decisions(lines: pl.DataFrame, site: Site, cutoff: datetime) -> pl.DataFrame:
    """The listings with the units that their merchants had approved before the cutoff, and their notes."""
    decided = decisions_at(Lake(site.made()).scan("decisions").collect(), cutoff).rename({"note": "decision_note"})
    return lines.join(decided, on=_LISTING, how="left", maintain_order="left")


def previous_list(out: Path) -> pl.DataFrame | None:
    """The list in a folder, to tell what changed since; None where there is none, or one of other columns."""
    path = out / LIST_FILE
    if not path.is_file():
        return None
    columns = {name: column.dtype.type for name, column in STOCKING_LIST.columns.items()}
    return pl.read_parquet(path) if pl.read_parquet_schema(path) == columns else None


def silences(data: Data) -> Sequence[str]:
    """What could not be known, because a table that would tell it is empty."""
    without = len(lost(data.tables))
    empty = [name for name in ("suppliers", "stock", "returns") if not data.tables[name].height]
    engagement = [f"no engagement in the lake: {without} features say nothing"] if without else []
    return [*engagement, *(f"no {name} in the lake: defaults are used" for name in empty)]


def oddities(data: Data, cutoff: datetime, site: Site) -> Sequence[str]:
    """What of the data keeps the contract and can hardly be true, or does not count."""
    found = [plain(one) for one in doubts(data.tables, data.excess, cutoff, site.settings().plausible)]
    for one in found:
        LOG.warning("%s", one)
    return found


def quality(data: Data, cutoff: datetime, warnings: Iterable[str]) -> pl.DataFrame:
    """What a reader must know of the data behind a list: warnings, what is missing, how old the newest row is."""
    told = [
        *(("forecast", warning) for warning in warnings),
        *(("missing", silence) for silence in silences(data)),
        *((name, _age(name, data.tables[name], cutoff)) for name in TABLES if data.tables[name].height),
    ]
    return pl.DataFrame(told, schema=QUALITY, orient="row")


def _age(name: str, table: pl.DataFrame, cutoff: datetime) -> str:
    """How long before the cutoff the newest row of a table was known that counts for it."""
    known = table.select(known=known_at(name)).filter(pl.col("known") <= cutoff)
    newest: datetime | None = known["known"].max()  # type: ignore[assignment]
    if newest is None:
        return "nothing known before the cutoff"
    if newest <= ALWAYS:
        return "rows without a date: taken as always known"
    return f"newest row {newest:%Y-%m-%d %H:%M} UTC, {(cutoff - newest).total_seconds() / 3600:.0f} h before the cutoff"
