"""What was planned for the listings of sessions: the forecast before them, their goods, and what is in reserve."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.context import listings_known
from features.contracts import Tables
from features.known import at as version_at
from features.known import stock_at, versions
from features.settings import Sensing
from features.table import Ready
from flows.kept_lists import planned_before
from flows.lake import Lake
from flows.serving import Serving
from flows.site import Site
from models.dataset import LISTING, ROW
from stocking.decisions import decisions_at

_MINUTE = timedelta(minutes=1)
_ON_LIST = ("available_units", "recommended_units", "reserve_units", "order_by")


class NoSessionError(ValueError):
    """No session is there that was asked for."""


@dataclass(frozen=True, eq=False)
class Planning:
    """From what plans are told: a home, the predictor in service and the settings of features."""

    site: Site
    serving: Serving
    sensing: Sensing


def due(tables: Tables, at: datetime, ahead: timedelta, sensing: Sensing) -> list[str]:
    """The sessions that run at an instant or begin within so long: scheduled, and not over as far as is known."""
    plans = session_ends(tables, at, sensing).filter(pl.col("scheduled_at") < at + ahead, pl.col("ends") > at)
    return plans["session_id"].to_list()


def planned(ready: Ready, sessions: list[str], at: datetime, planning: Planning) -> pl.DataFrame:
    """One row per listing of some sessions: what the nowcast and the advice know of it beforehand.

    Args:
        ready: the landing tables.
        sessions: ids.
        at: what was known before it counts; the forecast is of that moment, or of the planned start where that is past.
        planning: the predictor in service.

    Returns:
        session_id, product_id, `FORECAST`, `hit_bar_units`, and whatever is known of `stocking.acts.situation.LISTING`:
        `stock_units` are the goods assigned by the last list with what was ordered on it, else those on hand.

    Raises:
        NoSessionError: a session is not known at that instant.
    """
    tables = ready.tables
    plans = session_ends(tables, at, planning.sensing).filter(pl.col("session_id").is_in(sessions))
    missing = sorted(set(sessions) - set(plans["session_id"]))
    if missing:
        raise NoSessionError(f"session {missing[0]!r} is not known before {at.isoformat()}")
    pairs = plans.select("session_id", cutoff=pl.lit(at, pl.Datetime("us", "UTC")))
    listings = listings_known(tables, pairs).select(*ROW, *(name for name in _STATED if name not in ROW)).sort(LISTING)
    forecast = _forecast(ready, listings, planning)
    told = listings.drop("cutoff").join(plans.select("session_id", "ends"), on="session_id", maintain_order="left")
    goods = told.join(_goods(at, planning.site), on=LISTING, how="left", maintain_order="left")
    held = goods.join(stock_at(tables["stock"], at), on="product_id", how="left", maintain_order="left")
    return (
        held.with_columns(stock_units=pl.coalesce("stock_units", "on_hand_units"))
        .join(forecast, on=LISTING, maintain_order="left")
        .with_columns(
            hit_bar_units=pl.lit(planning.serving.predictor.bar_units, pl.Float64),
            plan_demand_p50=pl.col("demand_p50"),
            return_rate=pl.coalesce("return_rate", "list_return_rate"),
        )
        .drop("on_hand_units", "inbound_units", "list_return_rate")
    )


_STATED = (
    "session_id", "product_id", "merchant_id", "supplier_id", "anchor_id", "room_id", "title", "category", "price",
    "unit_cost", "salvage_value", "units_offered", "scheduled_at", "position",
)  # fmt: skip


def session_ends(tables: Tables, at: datetime, sensing: Sensing) -> pl.DataFrame:
    """Every session known at an instant, with its planned or actual `ends`."""
    pairs = tables["sessions"].select("session_id").unique().sort("session_id")
    length = pl.col("session_minutes").fill_null(sensing.features.default_session_minutes).clip(1, 100_000) * _MINUTE
    return session_plans(tables, pairs.with_columns(cutoff=pl.lit(at, pl.Datetime("us", "UTC")))).with_columns(
        ends=pl.coalesce("ended_at", pl.coalesce("started_at", "scheduled_at") + length)
    )


def session_plans(tables: Tables, pairs: pl.DataFrame) -> pl.DataFrame:
    """Sessions as they were known at a cutoff; facts that lay ahead are null."""
    known = versions(tables["sessions"], "sessions").rename({"planned_minutes": "session_minutes"})
    return (
        version_at(pairs, known.drop("received_at"), ("session_id",))
        .filter(pl.col("scheduled_at").is_not_null())
        .with_columns(
            pl.when(pl.col(fact) < pl.col("cutoff")).then(pl.col(fact)).alias(fact)
            for fact in ("started_at", "ended_at")
        )
    )


def _forecast(ready: Ready, listings: pl.DataFrame, planning: Planning) -> pl.DataFrame:
    rows = listings.select(*LISTING, cutoff=pl.min_horizontal("cutoff", "scheduled_at"))
    told = planning.serving.predictor.forecast(ready.features(rows))
    return told.drop("cutoff")


def _goods(at: datetime, site: Site) -> pl.DataFrame:
    """Of each listing on a list the goods that its session begins with, and the material in reserve."""
    listed = planned_before(site, at).select(*LISTING, *_ON_LIST, list_return_rate="return_rate")
    decided = decisions_at(Lake(site.made()).scan("decisions").collect(), at)
    return listed.join(decided, on=LISTING, how="left").select(
        *LISTING,
        "reserve_units",
        "list_return_rate",
        stock_units=pl.col("available_units") + pl.coalesce("approved_units", "recommended_units"),
    )
