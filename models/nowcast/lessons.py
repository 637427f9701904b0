"""What nowcasts are learnt from: finished listings at instants within their sessions, with what became of them."""

from typing import TYPE_CHECKING

import polars as pl

from models.dataset import LISTING, TRUTH
from models.grid import FORECAST
from models.nowcast.settings import Nowcasting
from models.nowcast.view import view

if TYPE_CHECKING:
    from features.contracts import Tables
    from features.settings import Sensing


def lessons(tables: "Tables", planned: pl.DataFrame, sensing: "Sensing", settings: Nowcasting) -> pl.DataFrame:
    """Every planned listing at the minutes of the settings, joined with how it ended.

    Args:
        tables: the landing tables, of which only what was known at each instant is used.
        planned: finished listings, each with the forecast that was made before its session by a predictor that had not
            seen it: session_id, product_id, `FORECAST` and `TRUTH`; of several forecasts of a listing the last counts.
        sensing: the settings of the market, features and labels.
        settings: of nowcasting.

    Returns:
        What `view` gives, and `TRUTH`; sorted by session and cutoff, the
        latest `max_rows` rows.
    """
    from features.moments import moments  # here: a predictor is checked in seconds without them
    from features.table import compute
    from models.nowcast.seen import SEEN

    plan = planned.sort("cutoff").unique(LISTING, keep="last", maintain_order=True)
    kept = _latest(moments(tables, plan.select(LISTING), settings.minutes, sensing), plan, settings.max_rows)
    seen = kept.hstack(compute(tables, kept, sensing, SEEN).drop(kept.columns))
    told = view(seen, plan.select(*LISTING, "hit_bar_units", *FORECAST))
    truth = plan.select(*LISTING, *(name for name in TRUTH if name not in told.columns))
    return told.join(truth, on=LISTING, how="left", maintain_order="left")


def _latest(rows: pl.DataFrame, plan: pl.DataFrame, most: int) -> pl.DataFrame:
    dated = rows.join(plan.select(*LISTING, "scheduled_at"), on=LISTING, how="left")
    order = ["scheduled_at", "session_id", "cutoff", "product_id"]
    return dated.sort(order).tail(most).drop("scheduled_at")
