"""The list made anew shortly before each session, from what is known by then."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import Field

from features.context import listings_known
from flows.command import Told
from flows.data import stretch_as_scheduled
from flows.kept_lists import every_list
from flows.lake import Lake
from flows.moments import Ahead, Span
from flows.run_names import run_name
from flows.site import Site
from flows.steps import step
from flows.stock import stock

LOG = logging.getLogger("baokuan.restock")
PLANS = ("sessions", "lineups", "products", "suppliers")


class Near(Ahead):
    """For which sessions a list is made anew, and how far it then reaches.

    Attributes:
        before: how long before a session's planned start a list must be made, or later.
    """

    before: tuple[Span, ...] = Field(default=(timedelta(hours=24), timedelta(hours=2)), min_length=1)


@dataclass(frozen=True)
class Restocked:
    """What a look at the sessions ahead came to.

    Attributes:
        at: the moment.
        sessions: how many came near of which no list is new enough.
        listed: the list that was made for them.
    """

    at: datetime
    sessions: int
    listed: Told | None

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        if self.listed is None:
            return (f"{self.at.isoformat()}: every session that is near has a list that is new enough",)
        return (f"{self.at.isoformat()}: {self.sessions} sessions are near", *self.listed.sentences())


@flow(name="restock", flow_run_name=run_name)
def restock(site: Site, near: Near, out: Path) -> Restocked:
    """Make the list anew where a session has come near since the last one; asked again, it does nothing more.

    Args:
        site: the home and the configuration laid over the defaults.
        near: how long before its start a session is near, as 24h; how far the list reaches; and the moment.
        out: folder for the list and the papers.
    """
    moment = stretch_as_scheduled(near).cutoff
    due = step(sessions_due)(site, near, moment)
    listed = stock(site, Ahead(horizon=near.horizon, as_of=moment), out) if due else None
    return Restocked(moment, len(due), listed)


def sessions_due(site: Site, near: Near, moment: datetime) -> Sequence[str]:
    """Sessions ahead that have come near without a list made since: their ids, sorted.

    A session of whose listings nothing is known by the moment is not due.
    """
    plans = Lake(site.made()).tables(PLANS)
    is_near = pl.col("scheduled_at").is_between(moment, moment + max(near.before))
    told_so = plans["sessions"].filter(is_near)  # few: what is known of a session is one of its rows
    pairs = told_so.select("session_id", cutoff=pl.lit(moment, pl.Datetime("us", "UTC"))).unique()
    ahead = listings_known(plans, pairs).filter(is_near, pl.col("started_at").is_null())
    starts = ahead.group_by("session_id").agg(pl.col("scheduled_at").first())
    told = every_list(site).group_by("session_id").agg(told=pl.col("cutoff").max()).collect()
    due = (
        starts.join(told, on="session_id", how="left")
        .join(pl.DataFrame({"before": near.before}, schema={"before": pl.Duration("us")}), how="cross")
        .with_columns(wanted=pl.col("scheduled_at") - pl.col("before"))
        .filter(pl.col("wanted") <= moment, (pl.col("told") < pl.col("wanted")).fill_null(value=True))
    )
    found: list[str] = due["session_id"].unique().sort().to_list()
    LOG.info("%d of %d sessions ahead are due", len(found), starts.height)
    return found
