"""Looking back at lists that were published: what simple forecasts would have said then, and what happened."""

from datetime import datetime, timedelta

import polars as pl

from features.catalog import CATALOG
from features.contracts import Tables
from features.labels import hit_labels, outcomes
from features.listings import ahead
from features.settings import Sensing
from features.table import compute
from models.baselines.naive import COVER, NAIVE, forecasts
from models.dataset import LISTING, ROW, Dataset
from models.settings import ModelSettings

FRESH, MATURE = "fresh", "mature"
TRIED = 8  # horizons before the first list, at which the errors of simple forecasts are learnt
KEPT = ("demand_mean", "demand_p10", "demand_p50", "demand_p90")
PLAN = ("anchor_id", "room_id", "is_new_product", "unit_cost", "salvage_value", "reserve_fee_rate")
READ = {"units_28d", "product_days_since", "lead_days"} | {
    name for names in NAIVE.values() for name in names if name != COVER
}
_FEATURES = tuple(feature for feature in CATALOG if feature.name in READ)


def due(finished: pl.DataFrame, as_of: datetime, sensing: Sensing) -> pl.DataFrame:
    """When each finished listing is to be judged, and as what.

    Args:
        finished: what `features.labels.outcomes` gives for the instant.
        as_of: the instant.
        sensing: whose midnights count, how long sales settle, and how long returns take.

    Returns:
        session_id, product_id, `stage` and `judged_at`: the first midnight of the market at which the session was over
        (`fresh`), and at which its returns were in (`mature`), or the instant where that comes first. Whoever looks
        later finds the same moments.
    """
    settle = timedelta(minutes=sensing.labels.settle_minutes)
    ripe = timedelta(days=sensing.features.return_maturity_days)
    matured = finished.filter("return_matured")
    parts = [
        finished.select(*LISTING, stage=pl.lit(FRESH), known=pl.col("over_known") + settle),
        matured.select(*LISTING, stage=pl.lit(MATURE), known=pl.col("over_known") + pl.max_horizontal(settle, ripe)),
    ]
    midnight = _midnight(pl.col("known"), sensing.market.timezone)
    latest = pl.lit(as_of).cast(finished.schema["over_known"])
    return (
        pl.concat(parts)
        .with_columns(judged_at=pl.min_horizontal(midnight, latest))
        .select(*LISTING, "stage", "judged_at")
        .sort("judged_at", *LISTING, "stage")
    )


def happened(tables: Tables, at: datetime, rows: pl.DataFrame, sensing: Sensing) -> pl.DataFrame:
    """What was known before an instant of what became of listings.

    Args:
        tables: all landing tables.
        at: the instant.
        rows: session_id, product_id, `cutoff` of their list, and `stage`.
        sensing: how labels are made.

    Returns:
        The rows whose session was known to be over (and, of those to be judged as `mature`, whose returns were in),
        with the columns of `features.labels.outcomes` and `hit_labels`.
    """
    finished = outcomes(tables, at, sensing)
    known = rows.select(*ROW, "stage").join(finished, on=LISTING, maintain_order="left")
    return hit_labels(finished, known.filter((pl.col("stage") == FRESH) | pl.col("return_matured")), sensing.labels)


def looked_up(tables: Tables, lines: pl.DataFrame, sensing: Sensing, settings: ModelSettings) -> pl.DataFrame:
    """Listings at the cutoffs of their lists, with what was known of them then and what simple forecasts say.

    Each simple forecast reads what was known strictly before the cutoff; how far such forecasts are usually off is
    learnt from listings that had ended by then, at cutoffs whole horizons apart.

    Args:
        tables: all landing tables.
        lines: session_id, product_id, cutoff and `scheduled_at`, as the lists told it.
        sensing: how features and labels are made.
        settings: `horizon_days`.

    Returns:
        The rows with `PLAN` and, for each name in `NAIVE`, NAME_mean, NAME_p10, NAME_p50 and NAME_p90 in units.
    """
    rows = lines.select(*ROW)
    reach = lines.select((pl.col("scheduled_at") - pl.col("cutoff")).max()).item() or timedelta()
    plan = ahead(tables, rows.select("cutoff").unique(), reach + timedelta(microseconds=1)).select(*ROW, *PLAN)
    features = compute(tables, rows, sensing, _FEATURES)
    said = _said(tables, features, sensing, timedelta(days=settings.horizon_days))
    return rows.join(plan, on=ROW, how="left", maintain_order="left").join(said, on=ROW, how="left")


def _said(tables: Tables, features: pl.DataFrame, sensing: Sensing, horizon: timedelta) -> pl.DataFrame:
    past = _past(tables, features, sensing, horizon)
    columns = {f"{name}_{column.removeprefix('demand_')}": pl.Float64 for name in NAIVE for column in KEPT}
    parts = [features.select(ROW).clear().with_columns(pl.lit(None, kind).alias(one) for one, kind in columns.items())]
    for cutoff, own in _by_cutoff(features):
        finished = outcomes(tables, cutoff, sensing)
        known = past.filter(pl.col("cutoff").is_in(_before(cutoff, horizon))).join(
            finished.drop("begins", "scheduled_at"), on=LISTING, maintain_order="left"
        )
        train = Dataset(hit_labels(finished, known, sensing.labels), cutoff, horizon)
        parts.append(_beside(own.select(ROW), dict(forecasts(train, own))))
    return pl.concat(parts)


def _beside(rows: pl.DataFrame, told: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows with the columns of each forecast, which has the same rows in the same order."""
    return rows.with_columns(
        frame[column].alias(f"{name}_{column.removeprefix('demand_')}")
        for name, frame in told.items()
        for column in KEPT
    )


def _by_cutoff(rows: pl.DataFrame) -> list[tuple[datetime, pl.DataFrame]]:
    return [(own["cutoff"][0], own) for own in rows.partition_by("cutoff", maintain_order=True)]


def _before(cutoff: datetime, horizon: timedelta) -> list[datetime]:
    """The cutoffs whole horizons before one: they hang on no other list, so that whoever looks when finds the same."""
    return [cutoff - horizon * back for back in range(1, TRIED + 1)]


def _past(tables: Tables, features: pl.DataFrame, sensing: Sensing, horizon: timedelta) -> pl.DataFrame:
    """Listings at all cutoffs whole horizons before those of the lists, with the features that forecasts read."""
    origins = sorted({one for cutoff, _ in _by_cutoff(features) for one in _before(cutoff, horizon)})
    seen = ahead(tables, pl.DataFrame({"cutoff": origins}, schema={"cutoff": pl.Datetime("us", "UTC")}), horizon)
    asked = seen.select(*ROW, "scheduled_at", "is_new_product")
    return asked.hstack(compute(tables, asked.select(ROW), sensing, _FEATURES).drop(ROW))


def _midnight(known: pl.Expr, timezone: str) -> pl.Expr:
    """The first midnight after an instant."""
    day = known.dt.convert_time_zone(timezone).dt.date() + pl.duration(days=1)
    local = day.cast(pl.Datetime("us")).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")
