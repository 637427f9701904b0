"""What became of the lists: those that were published, held against what the lake says happened since."""

import hashlib
import logging
from datetime import datetime

import polars as pl

from features.labels import outcomes
from flows.data import Data
from flows.kept_lists import every_list
from flows.lake import Lake
from flows.once import add_once
from flows.site import Site
from models.dataset import LISTING
from models.hindsight import due, happened, looked_up
from stocking.feedback.contract import KEPT
from stocking.feedback.counted import counted
from stocking.feedback.judged import LINE, judged, priced, with_on_hand

LOG = logging.getLogger("baokuan.feedback")
TABLE = "feedback"
_ROW = [*LISTING, "stage"]


def kept_before(site: Site, as_of: datetime) -> pl.DataFrame:
    """All that was found out about lists up to an instant, as the lake keeps it."""
    rows = Lake(site.made()).scan(TABLE).filter(pl.col("judged_at") <= as_of)
    return rows.sort("judged_at", *_ROW).collect()


def compared(site: Site, data: Data, as_of: datetime) -> pl.DataFrame:
    """What is not kept yet of the lists whose sessions were over before an instant.

    A run that was left out is made up for: each row is told as of the midnight at which it could have been known first.

    Returns:
        `stocking.feedback.contract.FEEDBACK`, in the order of time.
    """
    sensing = site.settings().sensing()
    finished, known = outcomes(data.tables, as_of, sensing), kept_before(site, as_of)
    asked = due(finished, as_of, sensing).join(known, on=_ROW, how="anti", maintain_order="left")
    lists = every_list(site).join(asked.lazy(), on=LISTING, how="semi").collect()
    asked = asked.join(lists, on=LISTING, how="semi", maintain_order="left")
    lines = pl.concat([_known(known, asked), _lines(site, data, lists, finished.join(known, on=LISTING, how="anti"))])
    found = _at_their_moments(site, data, lines, asked)
    late = asked.join(found, on=_ROW, how="anti", maintain_order="left").with_columns(judged_at=_instant(as_of))
    rows = pl.concat([found, _at_their_moments(site, data, lines, late)])
    LOG.info("%d listings in lists, %d rows new beside %d", lists.select(LISTING).n_unique(), rows.height, known.height)
    return rows.sort("judged_at", *_ROW)


def keep(site: Site, rows: pl.DataFrame) -> int:
    """Add rows to the lake, each once, by one commit; how many were new."""
    lake = Lake(site.made())
    with lake.alone():
        there = lake.scan(TABLE).select("list_sha256", *_ROW).collect()
        new = rows.join(there, on=["list_sha256", *_ROW], how="anti", maintain_order="left")
        digest = hashlib.sha256(new.select("list_sha256", *_ROW).write_json().encode()).hexdigest()
        add_once(lake, TABLE, new, (digest, "a look back"))
    return new.height


def _known(known: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The lines of listings that were judged before and are to be judged once more."""
    again = known.join(asked, on=LISTING, how="semi", maintain_order="left")
    return again.unique(LISTING, keep="first", maintain_order=True).select(LINE)


def _lines(site: Site, data: Data, lists: pl.DataFrame, finished: pl.DataFrame) -> pl.DataFrame:
    """The lines that count of listings that were never judged, with what was known as their lists were made."""
    settings, begun = site.settings(), finished.select(*LISTING, "begins")
    lines = counted(lists, Lake(site.made()).scan("decisions").collect(), begun)
    beside = looked_up(data.tables, lines, settings.sensing(), settings.models)
    told = lines.join(beside.drop("cutoff"), on=LISTING, how="left", maintain_order="left")
    return priced(with_on_hand(told, begun, data.tables["stock"]), settings.policy)


def _at_their_moments(site: Site, data: Data, lines: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    settings, parts = site.settings(), [pl.DataFrame(schema=KEPT)]
    rows = asked.join(lines.select(*LISTING, "cutoff"), on=LISTING, maintain_order="left")
    for own in rows.partition_by("judged_at", maintain_order=True):
        moment = own["judged_at"][0]
        parts.append(judged(lines, happened(data.tables, moment, own, settings.sensing()), moment, settings.policy))
    return pl.concat(parts)


def _instant(at: datetime) -> pl.Expr:
    return pl.lit(at).cast(KEPT["judged_at"])
