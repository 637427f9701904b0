"""What became of a listing: sales, demand, hits and returns, as far as it was known."""

from datetime import datetime, timedelta

import polars as pl

from features.contracts import TABLES, Tables
from features.episodes import shown, spans
from features.known import facts, known_at, stock_known, versions
from features.outages import LISTING
from features.rebuild import rebuilt
from features.settings import LabelSettings, Sensing


def known_by(tables: Tables, as_of: datetime) -> dict[str, pl.DataFrame]:
    """The tables cut to the rows known strictly before an instant; facts that lie ahead of it are null."""
    cut = {
        name: tables[name].filter(known_at(name) < as_of if name != "stock" else stock_known(as_of)) for name in TABLES
    }
    cut["sessions"] = cut["sessions"].with_columns(
        pl.when(pl.col(fact) < as_of).then(pl.col(fact)).alias(fact) for fact in ("started_at", "ended_at")
    )
    return cut


def outcomes(tables: Tables, as_of: datetime, settings: Sensing) -> pl.DataFrame:
    """One row per listing whose session was over, and known to be, before `as_of`.

    Returns:
        session_id, product_id, scheduled_at, begins, over_known, sales_units (Int64), censored, available_share,
        demand_units (Float64, at least the sales), returned_units (Int64), return_matured: all from rows known
        before `as_of`.
    """
    cut = known_by(tables, as_of)
    settled = as_of - timedelta(minutes=settings.labels.settle_minutes)
    over = spans(cut, settings.features.default_session_minutes).filter(pl.col("over_known") < settled)
    plan = versions(cut["sessions"], "sessions").unique("session_id", keep="last", maintain_order=True)
    sales = facts(cut["orders"], "orders").group_by(LISTING).agg(pl.col("units").sum().alias("sales_units"))
    ripe = as_of - timedelta(days=settings.features.return_maturity_days)
    return (
        shown(cut, in_hindsight=True)
        .select(LISTING)
        .join(over, on="session_id")
        .join(plan.select("session_id", "scheduled_at"), on="session_id")
        .join(sales, on=LISTING, how="left")
        .with_columns(pl.col("sales_units").fill_null(0))
        .sort(LISTING)
        .pipe(rebuilt, cut, settings.labels)
        .join(_returned(cut), on=LISTING, how="left", maintain_order="left")
        .with_columns(pl.col("returned_units").fill_null(0), return_matured=pl.col("ends") < ripe)
        .drop("ends")
    )


def _returned(tables: Tables) -> pl.DataFrame:
    return (
        facts(tables["returns"], "returns")
        .select("order_id", "units")
        .join(facts(tables["orders"], "orders").select("order_id", *LISTING), on="order_id")
        .group_by(LISTING)
        .agg(pl.col("units").sum().alias("returned_units"))
    )


def hit_bars(finished: pl.DataFrame, cutoffs: pl.Series, settings: LabelSettings) -> pl.DataFrame:
    """For each cutoff the demand that a hit must exceed: `cutoff`, `hit_bar_units`.

    The bar is the (1 - hit_share) quantile of demand over the listings scheduled in the `hit_window_days` before it; no
    row where there were none.
    """
    window = timedelta(days=settings.hit_window_days)
    wanted = pl.DataFrame({"cutoff": cutoffs.unique().sort()})
    return (
        finished.select("scheduled_at", "demand_units")
        .join_where(
            wanted,
            pl.col("scheduled_at") < pl.col("cutoff"),
            pl.col("scheduled_at") >= pl.col("cutoff") - window,
        )
        .group_by("cutoff")
        .agg(hit_bar_units=pl.col("demand_units").quantile(1 - settings.hit_share, "linear"))
        .sort("cutoff")
    )


def hit_labels(finished: pl.DataFrame, rows: pl.DataFrame, settings: LabelSettings) -> pl.DataFrame:
    """Rows (`cutoff`, `demand_units`) with `hit_bar_units` and `hit`; null where there is nothing to compare with."""
    bars = hit_bars(finished, rows["cutoff"], settings)
    return rows.join(bars, on="cutoff", how="left", maintain_order="left").with_columns(
        hit=pl.col("demand_units") > pl.col("hit_bar_units")
    )
