"""One session at one instant: what its listings will have sold in the end, and what is to be done about it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from prefect import flow
from pydantic import AwareDatetime

from features.contracts import Tables
from features.feed.health import health
from features.feed.memory import Memory
from features.known import known_at
from features.moments import moments
from features.table import ROW, Ready
from flows.config import Config
from flows.data import read_data
from flows.lake import Lake
from flows.run_names import run_name
from flows.serving import serving
from flows.site import Site
from flows.steps import step
from flows.summaries import page, plain, published
from flows.telling.log import TABLE as ALERTS_TABLE
from flows.underway.boards import Boards, write_boards
from flows.underway.planned import NoSessionError, Planning, due, planned, session_ends
from flows.underway.told import NO_NOWCASTS, arrivals, nowcast, told
from models.dataset import LISTING
from stocking.acts.advise import Moment, advise
from stocking.acts.audiences import HISTORY, Board
from stocking.acts.page import Status
from stocking.acts.sell_out import sell_outs

LOG = logging.getLogger("baokuan.sense")
TICK = 1
TOP = 10
_SIGNS = ("events", "event_counts", "orders")


@dataclass(frozen=True)
class Asked:
    """Which session, and when."""

    session: str
    at: datetime


@dataclass(frozen=True, eq=False)
class Watched:
    """What is known of a session and of those whose goods it may get or give.

    Attributes:
        ready: the lake.
        planning: the predictor in service.
        plan: of each listing (`flows.underway.planned`).
    """

    ready: Ready
    planning: Planning
    plan: pl.DataFrame


@dataclass(frozen=True)
class Sensed:
    """What was found.

    Attributes:
        session: its id.
        at: the instant.
        predictor: the version that told it.
        first: the listings with most demand, in words.
        advice: what is to be done, in words.
        notes: what a reader must know.
        files: where it was written.
    """

    session: str
    at: datetime
    predictor: str
    first: tuple[str, ...]
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    files: Boards

    def sentences(self) -> Sequence[str]:
        """What to tell at a terminal."""
        return (
            f"session {plain(self.session)} at {self.at.isoformat()}, told by {self.predictor}",
            *map(plain, self.first),
            *(plain(one) for one in self.advice or ("nothing is to be done now",)),
            *(f"note: {note}" for note in self.notes),
            f"nowcast: {self.files.nowcast}",
            f"{len(self.files.pages)} pages for their readers, named in: {self.files.index}",
        )


@flow(name="sense", flow_run_name=run_name)
def sense(site: Site, session: str, at: AwareDatetime, out: Path) -> Sensed:
    """Tell what the listings of a session will have sold in the end, and what is to be done."""
    with site.alone():
        asked = Asked(session, at)
        watched = step(prepare)(site, asked)
        listings = step(nowcast_listings)(watched, asked)
        alerts = step(find_advice)(watched, listings, asked)
        board = step(put_together)(watched, listings, alerts, asked)
        sensed = step(write_results)(watched, board, asked, out)
        step(publish)(sensed)
        return sensed


def prepare(site: Site, asked: Asked) -> Watched:
    """The lake, the predictor in service, and the plans of the session and of all that begin soon after.

    Raises:
        NoSessionError: the session was not known by then, or was over.
    """
    config = site.settings()
    ready = Ready.of(read_data(site).tables, config.sensing())
    if over := over_since(ready.tables, asked, config):
        raise NoSessionError(f"session {asked.session!r} is {over}: `baokuan feedback` tells what became of it")
    planning = Planning(site, serving(site, asked.at), config.sensing())
    ahead = timedelta(hours=config.live.ahead_hours)
    sessions = sorted({asked.session, *due(ready.tables, asked.at, ahead, planning.sensing)})
    plan = planned(ready, sessions, asked.at, planning)
    if not plan["session_id"].is_in([asked.session]).any():
        raise NoSessionError(f"session {asked.session!r} had no line-up before {asked.at.isoformat()}")
    return Watched(ready, planning, plan)


def over_since(tables: Tables, asked: Asked, config: Config) -> str:
    """Since when the session is over, in words, by the rule of `features.feed.health`; nothing while it is not."""
    mine = {name: tables[name].filter(session_id=asked.session) for name in ("sessions", *_SIGNS)}
    heard = [mine[name].select("session_id", known_at(name)) for name in _SIGNS]
    known = pl.concat(heard).filter(pl.col("known_at") < asked.at).group_by("session_id")
    signs = known.agg(pl.col("known_at").min().alias("first"), pl.col("known_at").max().alias("last"))
    plan = session_ends(mine, asked.at, config.sensing())
    over = health(plan, Memory(signs), asked.at, config.live.feed).filter(state="over")
    return "".join(over["words"])


def nowcast_listings(watched: Watched, asked: Asked) -> pl.DataFrame:
    """Every listing with its nowcast and what was planned."""
    rows = watched.plan.select(*LISTING, cutoff=pl.lit(asked.at, pl.Datetime("us", "UTC")))
    features = watched.ready.features(rows)
    LOG.info("%d listings, %d features each", features.height, features.width - len(ROW))
    return told(features, watched.plan, watched.planning.serving.predictor)


def find_advice(watched: Watched, listings: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """What is to be done in the session now, whatever was told before."""
    config = watched.planning.site.settings()
    moment = Moment(TICK, listings, arrivals(watched.planning.serving.predictor))
    nothing = Lake(watched.planning.site.made()).scan(ALERTS_TABLE).head(0).collect()
    return advise(moment, nothing, config.live.acts, config.policy).filter(pl.col("session_id") == asked.session)


def put_together(watched: Watched, listings: pl.DataFrame, alerts: pl.DataFrame, asked: Asked) -> Board:
    """What each reader gets a part of: the session's listings now, and how they came there."""
    predictor, policy = watched.planning.serving.predictor, watched.planning.site.settings().policy
    mine = listings.filter(pl.col("session_id") == asked.session)
    now = sell_outs(mine, arrivals(predictor), policy)
    return Board(alerts, now, _history(watched, mine, asked))


def _history(watched: Watched, mine: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """What would have been told at earlier instants of the session."""
    minutes = watched.planning.site.settings().models.nowcast.minutes
    before = moments(watched.ready.tables, mine, minutes, watched.planning.sensing).filter(pl.col("cutoff") < asked.at)
    plan, predictor = watched.plan, watched.planning.serving.predictor
    now = mine.select(*HISTORY)
    if before.is_empty():
        return now
    then = nowcast(watched.ready.features(before), plan, predictor)
    goods = then.join(mine.select(*LISTING, "stock_units"), on=LISTING, how="left", maintain_order="left")
    return pl.concat([goods.select(*HISTORY), now])


def write_results(watched: Watched, board: Board, asked: Asked, out: Path) -> Sensed:
    """Write what was found; what to say of it."""
    config, service = watched.planning.site.settings(), watched.planning.serving
    status = Status(
        tick=TICK, cutoff=asked.at, feed="one look, no feed", is_stale=False, refresh_seconds=config.live.page_seconds,
        timezone=config.market.timezone, currency=config.market.currency,
    )  # fmt: skip
    notes = (*service.warnings, *(() if service.predictor.nowcaster else (NO_NOWCASTS,)))
    first = board.listings.sort("demand_p50", *LISTING, descending=[True, False, False]).head(TOP)
    return Sensed(
        session=asked.session,
        at=asked.at,
        predictor=f"{service.version} (as of {service.version.as_of.isoformat()})",
        first=tuple(first.select(_line()).to_series()),
        advice=tuple(board.alerts.sort("value", descending=True, nulls_last=True).select(_advice()).to_series()),
        notes=notes,
        files=write_boards(board, status, out),
    )


def publish(sensed: Sensed) -> str:
    """A page of this run, beside it in Prefect."""
    facts = {"session": sensed.session, "at": sensed.at.isoformat(), "predictor": sensed.predictor}
    return published("sense", page("A session under way", facts, (*sensed.notes, *sensed.first, *sensed.advice)))


def _line() -> pl.Expr:
    whole = {name: pl.col(name).round().cast(pl.Int64) for name in ("demand_p10", "demand_p50", "demand_p90")}
    return pl.format(
        "{}: sold {}, in the end {} ({} to {}), stock {}",
        pl.col("title").fill_null(pl.col("product_id")).str.slice(0, 60),
        "sold_units",
        whole["demand_p50"],
        whole["demand_p10"],
        whole["demand_p90"],
        pl.col("stock_units").cast(pl.String).fill_null("unknown"),
    )


def _advice() -> pl.Expr:
    return pl.format(
        "{} {}: {} ({})",
        pl.col("kind").str.replace_all("_", " "),
        "product_id",
        "reason",
        pl.when(pl.col("value").is_null()).then(pl.lit("worth unknown")).otherwise(
            pl.format("worth {}", pl.col("value").round(2))
        ),
    )  # fmt: skip
