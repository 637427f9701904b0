"""What was planned for the listings of sessions: the forecast before them, their goods, and what is in reserve."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.context import listings_known
from features.contracts import Tables
from features.known import at as version_at
from features.known import known_at, stock_at, versions
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
        at: what was known before it counts; the forecast is of that moment, where it is past of the planned start, and
            of a listing that was added later of when it was.
        planning: the predictor in service.

    Returns:
        session_id, product_id, `FORECAST`, `hit_bar_units`, and whatever is known of `stocking.acts.situation.LISTING`:
        `stock_units` are the goods assigned by the last list with what was ordered on it, else those on hand when the
        session was to begin; where they were counted only later, those on hand then.

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
    held = goods.pipe(_with_on_hand, tables["stock"], at)
    return (
        held.with_columns(stock_units=pl.coalesce("stock_units", "on_hand_units", "late_units"))
        .join(forecast, on=LISTING, maintain_order="left")
        .with_columns(
            hit_bar_units=pl.lit(planning.serving.predictor.bar_units, pl.Float64),
            plan_demand_p50=pl.col("demand_p50"),
            return_rate=pl.coalesce("return_rate", "list_return_rate"),
        )
        .drop("on_hand_units", "late_units", "list_return_rate")
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


def listings_now(plans: Tables, sessions: Sequence[str], at: datetime) -> pl.DataFrame:
    """The listings of some sessions that are known at an instant: `LISTING` and `scheduled_at`."""
    mine = pl.col("session_id").is_in(list(sessions))
    lineups = plans["lineups"].filter(mine)
    few = {
        **plans,
        "sessions": plans["sessions"].filter(mine),
        "lineups": lineups,
        "products": plans["products"].filter(pl.col("product_id").is_in(lineups["product_id"].unique().implode())),
    }
    pairs = pl.DataFrame({"session_id": sorted(sessions)}, schema={"session_id": pl.String})
    known = listings_known(few, pairs.with_columns(cutoff=pl.lit(at, pl.Datetime("us", "UTC"))))
    return known.select(*LISTING, "scheduled_at")


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
    first = [_first_known(ready.tables[name], name, keys) for name, keys in _LEARNT.items()]
    learnt = [pl.col(name) + _MINUTE for name in _LEARNT]
    rows = (
        listings.join(first[0], on="session_id", how="left", maintain_order="left")
        .join(first[1], on=LISTING, how="left", maintain_order="left")
        .select(*LISTING, cutoff=pl.min_horizontal("cutoff", pl.max_horizontal("scheduled_at", *learnt)))
    )
    return planning.serving.predictor.forecast(ready.features(rows)).drop("cutoff")


_LEARNT = {"sessions": ("session_id",), "lineups": LISTING}


def _first_known(frame: pl.DataFrame, table: str, keys: Sequence[str]) -> pl.DataFrame:
    """The minute in which each was first heard of, in a column of the table's name."""
    return frame.group_by(keys).agg(known_at(table).min().dt.truncate("1m").alias(table))


def _with_on_hand(listings: pl.DataFrame, stock: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Beside listings `on_hand_units` when their session was to begin, and `late_units`, counted until now."""
    dated = listings.with_columns(_begin=pl.min_horizontal("scheduled_at", pl.lit(at, listings.schema["scheduled_at"])))
    mine = stock.filter(pl.col("product_id").is_in(listings["product_id"].unique().implode()))
    begins = dated["_begin"].unique().sort()
    none = mine.select("product_id", "on_hand_units", _begin=pl.lit(at, begins.dtype)).clear()
    counts = [stock_at(mine, one).select("product_id", "on_hand_units", _begin=pl.lit(one, begins.dtype))
              for one in begins]  # fmt: skip
    late = stock_at(mine, at).select("product_id", late_units="on_hand_units")
    return (
        dated.join(pl.concat([none, *counts]), on=["product_id", "_begin"], how="left", maintain_order="left")
        .join(late, on="product_id", how="left", maintain_order="left")
        .drop("_begin")
    )


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
